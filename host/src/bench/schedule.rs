//! When requests should be sent.

use std::time::Duration;

/// The intended times of an open loop's requests, evenly apart. They are fixed beforehand: a request that
/// cannot be sent in time, because every connection waits for an answer, has waited since it was due.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    /// Seconds from the start to the first.
    first: f64,
    /// Seconds from one to the next.
    step: f64,
    taken: u32,
    /// Full rounds of `taken`, so that no time is computed from a number too large for a float to hold.
    base: Duration,
}

/// After so many steps the schedule counts from there.
const ROUND: u32 = 1_000_000;

impl Schedule {
    /// The `share`th of `shares` interleaved schedules that together come to `rate` events per second, with
    /// so many events in each request.
    pub(super) fn new(rate: f64, per_request: u64, share: usize, shares: usize) -> Self {
        let [per_request, share, shares] = [per_request, share as u64, shares as u64]
            .map(|n| f64::from(u32::try_from(n).unwrap_or(u32::MAX)));
        let step = per_request / rate;
        Self { first: step * share, step: step * shares, taken: 0, base: Duration::ZERO }
    }

    /// When the next request is due, counted from the start.
    pub(super) fn due(&self) -> Duration {
        self.base + Duration::from_secs_f64(self.first + self.step * f64::from(self.taken))
    }

    /// Goes on to the request behind it.
    pub(super) fn advance(&mut self) {
        self.taken += 1;
        if self.taken == ROUND {
            self.base += Duration::from_secs_f64(self.step * f64::from(ROUND));
            self.taken = 0;
        }
    }

    /// How many requests are due before `end` and were not taken.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count, which is neither negative nor beyond 2^64"
    )]
    pub(super) fn left_before(&self, end: Duration) -> u64 {
        let steps = end.saturating_sub(self.due()).as_secs_f64() / self.step;
        let nearest = steps.round();
        // A whole number of steps is not to be counted up because of its last bit.
        if (steps - nearest).abs() < 1e-6 { nearest as u64 } else { steps.ceil() as u64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(mut schedule: Schedule, count: usize) -> Vec<Duration> {
        let mut next = || {
            let due = schedule.due();
            schedule.advance();
            due
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn requests_are_due_evenly_apart() {
        let ms = Duration::from_millis;
        assert_eq!(times(Schedule::new(1_000.0, 1, 0, 1), 3), [ms(0), ms(1), ms(2)]);
        assert_eq!(times(Schedule::new(1_000.0, 500, 0, 1), 3), [ms(0), ms(500), ms(1_000)]);
    }

    #[test]
    fn shares_interleave_to_the_whole_rate() {
        let mut all: Vec<_> = (0..4).flat_map(|share| times(Schedule::new(400.0, 1, share, 4), 25)).collect();
        all.sort();
        assert_eq!(all, times(Schedule::new(400.0, 1, 0, 1), 100));
    }

    #[test]
    fn a_long_run_drifts_by_less_than_a_step() {
        let mut schedule = Schedule::new(30_000.0, 1, 0, 1);
        for _ in 0..3_000_000 {
            schedule.advance();
        }
        let off = schedule.due().abs_diff(Duration::from_secs(100));
        assert!(off < Duration::from_micros(1), "{off:?}");
    }

    #[test]
    fn what_was_due_and_not_taken_is_counted() {
        let mut schedule = Schedule::new(1_000.0, 1, 0, 1);
        assert_eq!(schedule.left_before(Duration::from_millis(10)), 10);
        schedule.advance();
        assert_eq!(schedule.left_before(Duration::from_millis(10)), 9);
        assert_eq!(schedule.left_before(Duration::from_micros(9_001)), 9, "the last is due at 9 ms");
        assert_eq!(schedule.left_before(Duration::ZERO), 0);
        let uneven = Schedule::new(30_000.0, 1, 0, 1);
        assert_eq!(uneven.left_before(Duration::from_secs(10)), 300_000);
    }
}
