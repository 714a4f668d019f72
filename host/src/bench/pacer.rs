//! Whose turn it is to send, and until when.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::{options::Plan, schedule::Schedule, timer::Timer};

/// Lets connections send: at once in a closed loop, when the next request is due in an open one.
pub(super) struct Pacer {
    start: Instant,
    end: Option<Instant>,
    per_request: u64,
    /// Events that may still be sent, by all threads together.
    left: Arc<AtomicU64>,
    /// Connections that are free line up here, so that only one waits for the timer.
    open_loop: Option<Mutex<(Schedule, Timer)>>,
    stop: CancellationToken,
}

/// A turn to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    /// When the request is due; its latency counts from here.
    pub(super) due: Instant,
    /// How many events it should hold.
    pub(super) events: u64,
}

impl Pacer {
    /// The pacer of one of `shares` threads. All start at about the same time.
    pub(super) fn new(
        plan: &Plan,
        duration: Option<Duration>,
        left: Arc<AtomicU64>,
        (share, shares): (usize, usize),
        stop: CancellationToken,
    ) -> io::Result<Self> {
        let schedule = plan.rate.map(|rate| Schedule::new(rate, plan.batch, share, shares));
        let open_loop = match schedule {
            Some(schedule) => Some(Mutex::new((schedule, Timer::new()?))),
            None => None,
        };
        let start = Instant::now();
        let end = duration.and_then(|duration| start.checked_add(duration));
        Ok(Self { start, end, per_request: plan.batch, left, open_loop, stop })
    }

    /// The next turn; none once the phase is over.
    pub(super) async fn next(&self) -> io::Result<Option<Turn>> {
        let due = match &self.open_loop {
            Some(open_loop) => self.when_due(open_loop).await?,
            None => Some(Instant::now()).filter(|now| !self.is_over(*now)),
        };
        let Some(due) = due else { return Ok(None) };
        let take = |left: u64| (left > 0).then(|| left.saturating_sub(self.per_request));
        let taken = self.left.fetch_update(Relaxed, Relaxed, take);
        Ok(taken.ok().map(|left| Turn { due, events: left.min(self.per_request) }))
    }

    async fn when_due(&self, open_loop: &Mutex<(Schedule, Timer)>) -> io::Result<Option<Instant>> {
        let mut open_loop = open_loop.lock().await;
        let (schedule, timer) = &mut *open_loop;
        let due = self.start + schedule.due();
        // A phase ends by the clock, also for requests that should have been sent before.
        if self.is_over(due.max(Instant::now())) || self.left.load(Relaxed) == 0 {
            return Ok(None);
        }
        tokio::select! {
            waited = timer.until(due) => waited?,
            () = self.stop.cancelled() => return Ok(None),
        }
        schedule.advance();
        Ok(Some(due))
    }

    fn is_over(&self, now: Instant) -> bool {
        self.end.is_some_and(|end| now >= end) || self.stop.is_cancelled()
    }

    /// Events that were due before the phase ended and were never sent, because no connection was free.
    pub(super) async fn unsent(&self) -> u64 {
        let Some(open_loop) = &self.open_loop else { return 0 };
        if self.left.load(Relaxed) == 0 {
            return 0;
        }
        let now = Instant::now();
        let end = self.end.unwrap_or(now).min(now);
        let due = open_loop.lock().await.0.left_before(end.duration_since(self.start));
        due.saturating_mul(self.per_request)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;
    use crate::bench::{BenchOptions, Workload, options::tests::options};

    fn pacer(change: impl FnOnce(&mut BenchOptions), events: u64, duration: Option<Duration>) -> Pacer {
        let mut options = options(Workload::Batches);
        change(&mut options);
        let plan = Plan::new(options).unwrap();
        let left = Arc::new(AtomicU64::new(events));
        Pacer::new(&plan, duration, left, (0, 1), CancellationToken::new()).unwrap()
    }

    #[tokio::test]
    async fn the_last_batch_holds_what_is_left() {
        let pacer = pacer(|_| {}, 1_001, None);
        for events in [500, 500, 1] {
            assert_eq!(pacer.next().await.unwrap().map(|turn| turn.events), Some(events));
        }
        assert_eq!(pacer.next().await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_late_request_counts_from_when_it_was_due() {
        // The second and third are due within a microsecond: nobody can send them in time.
        let pacer = pacer(|options| (options.rate, options.batch) = (Some(1e7), Some(1)), 3, None);
        for n in 0..3 {
            let turn = pacer.next().await.unwrap().unwrap();
            assert_eq!(turn.due, pacer.start + Duration::from_nanos(100 * n));
        }
        assert_eq!(pacer.next().await.unwrap(), None);
        assert_eq!(pacer.unsent().await, 0, "all that was asked for was sent");
    }

    #[tokio::test]
    async fn what_was_not_sent_by_the_end_is_counted() {
        let rate = |options: &mut BenchOptions| (options.rate, options.batch) = (Some(1e6), Some(2));
        let pacer = pacer(rate, u64::MAX, Some(Duration::from_micros(100)));
        // However slow this is, the schedule knows how many were due: 50 requests of two events.
        let mut sent = 0;
        while let Some(turn) = pacer.next().await.unwrap() {
            sent += turn.events;
        }
        assert_eq!(sent + pacer.unsent().await, 100);
    }

    #[tokio::test]
    async fn whoever_waits_for_a_turn_hears_the_end() {
        let pacer = pacer(|options| options.rate = Some(0.001), u64::MAX, None);
        assert!(pacer.next().await.unwrap().is_some(), "the first is due at once");
        let stopping = async { pacer.stop.cancel() };
        let both = async { tokio::join!(biased; pacer.next(), stopping) };
        let (turn, ()) = timeout(Duration::from_secs(60), both).await.expect("the next is due in 1000 s");
        assert_eq!(turn.unwrap(), None);
    }
}
