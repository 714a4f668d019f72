//! The outcome of a run: what was measured, and against what.

use std::{sync::Arc, time::Instant};

use serde::Serialize;

use super::{
    latency::Latency,
    options::Plan,
    status::Served,
    tally::{Tally, Trouble},
    updates::Seen,
    workload::Workload,
};

/// The outcome of a run. Its names, in JSON, are stable.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// What was done, by its name on the command line.
    pub workload: &'static str,
    /// Against which host.
    pub url: String,
    /// What the host calls itself, if it does.
    pub server: Option<String>,
    /// The version of Everfold that measured.
    pub version: &'static str,
    /// The context that was written to or read from.
    pub context: String,
    /// The type of the events.
    pub event_type: String,
    /// Connections. Under `fan-out` they are websockets that follow.
    pub connections: usize,
    /// Requests under way on each, at most.
    pub in_flight: usize,
    /// Threads of the load generator.
    pub threads: usize,
    /// Entities to choose from.
    pub entities: usize,
    /// Events in a request, at most.
    pub batch: u64,
    /// Events (for `read`: requests) that should have been sent per second; none in a closed loop.
    pub rate: Option<f64>,
    /// How many of the events were late, in percent.
    pub late_percent: u8,
    /// How long the host was loaded before anything was measured, in seconds.
    pub warm_up_s: f64,
    /// The domains that were waited for.
    pub domains: Vec<Served>,
    /// Whether it was ended early.
    pub stopped: bool,
    /// Requests that succeeded.
    pub requests: u64,
    /// Events that they appended.
    pub events: u64,
    /// Events (for `read`: requests) that were due by the end and not sent, because no connection was free.
    pub unsent: u64,
    /// Requests that were answered with 503.
    pub overloaded: u64,
    /// Everything that failed, by kind, those with 503 included.
    pub errors: Vec<Trouble>,
    /// The log's head before and after.
    pub log: Log,
    /// From the first request to the last answer, in seconds.
    pub answered_s: f64,
    /// From the first request until the domains had folded the last event, in seconds; none if no domain was
    /// waited for, or not long enough.
    pub folded_s: Option<f64>,
    /// Requests answered per second.
    pub requests_per_s: f64,
    /// Events appended per second.
    pub appended_per_s: f64,
    /// Events folded per second, from the first request until the last event was folded.
    pub folded_per_s: Option<f64>,
    /// How long requests took (`answered`) and updates (`live`: `updated`; `fan-out`: `first update`, `last update`).
    pub latencies: Vec<Latency>,
    /// What part of its time the busiest thread of the load generator was busy: near 1, it was the bottleneck.
    pub generator_busy: f64,
}

/// How far the log reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Log {
    /// Its head before the first request that was measured.
    pub before: u64,
    /// Its head at the end, if the host still answered. Between them are also events that reducers emitted
    /// and others posted.
    pub after: Option<u64>,
}

/// The host once all was sent.
#[derive(Debug)]
pub(super) struct After {
    /// When the last event was seen to be folded.
    pub(super) folded_at: Option<Instant>,
    /// The log's head.
    pub(super) head: u64,
    pub(super) served: Vec<Served>,
}

/// Everything that a report is made of.
pub(super) struct Measured {
    pub(super) plan: Arc<Plan>,
    pub(super) url: String,
    pub(super) server: Option<String>,
    /// The log's head before the first request.
    pub(super) before: u64,
    /// None if the host no longer answered.
    pub(super) after: Option<After>,
    pub(super) tally: Tally,
    pub(super) updated: Option<Seen>,
    pub(super) stopped: bool,
}

impl Report {
    pub(super) fn new(measured: Measured) -> Self {
        let Measured { plan, url, server, before, after, tally, updated, stopped } = measured;
        let options = &plan.options;
        let since_first = |end: Option<Instant>| {
            let (first, end) = tally.first.zip(end)?;
            Some(end.saturating_duration_since(first).as_secs_f64()).filter(|seconds| *seconds > 0.0)
        };
        let folded_at = after.as_ref().and_then(|after| after.folded_at);
        let (answered_s, folded_s) = (since_first(tally.last), since_first(folded_at));
        let log = Log { before, after: after.as_ref().map(|after| after.head) };
        let answered = Latency::of("answered", &tally.answered);
        let updated = updated.map(|seen| updates(options.workload, &seen)).unwrap_or_default();
        Self {
            workload: options.workload.name(),
            url,
            server,
            version: env!("CARGO_PKG_VERSION"),
            context: options.context.to_string(),
            event_type: options.event_type.to_string(),
            connections: plan.connections,
            in_flight: plan.in_flight,
            threads: options.threads.min(plan.connections),
            entities: plan.entities,
            batch: plan.batch,
            rate: plan.rate,
            late_percent: plan.late_percent,
            warm_up_s: options.warm_up.as_secs_f64(),
            domains: after.map(|after| after.served).unwrap_or_default(),
            stopped,
            requests: tally.requests,
            events: tally.events,
            unsent: tally.unsent,
            overloaded: tally.overloaded,
            log,
            answered_s: answered_s.unwrap_or_default(),
            folded_s,
            requests_per_s: per_second(tally.requests, answered_s).unwrap_or_default(),
            appended_per_s: per_second(tally.events, answered_s).unwrap_or_default(),
            folded_per_s: per_second(tally.events, folded_s),
            latencies: answered.into_iter().chain(updated).collect(),
            generator_busy: tally.busy.iter().copied().fold(0.0, f64::max),
            errors: tally.troubles.into_values().collect(),
        }
    }

    /// Whether it writes events.
    pub(super) fn appends(&self) -> bool {
        self.workload != Workload::Read.name()
    }
}

/// How long updates took. Where one model has one follower, the first is the last.
fn updates(workload: Workload, seen: &Seen) -> Vec<Latency> {
    let of = match workload {
        Workload::FanOut => &[("first update", &seen.first), ("last update", &seen.last)][..],
        _ => &[("updated", &seen.last)],
    };
    of.iter().filter_map(|(of, latencies)| Latency::of(of, latencies)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a rate is not read to sixteen digits")]
fn per_second(count: u64, seconds: Option<f64>) -> Option<f64> {
    seconds.map(|seconds| count as f64 / seconds)
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bench::{BenchOptions, options::tests::options, tally::latencies};

    /// What a run of so many events would report, all of them appended within 2 s and folded within 4.
    pub(crate) fn report(workload: Workload, events: u64, updated: Option<Seen>) -> Report {
        let options = BenchOptions { threads: 2, ..options(workload) };
        let mut tally = Tally::new().unwrap();
        let first = Instant::now();
        (tally.first, tally.last) = (Some(first), Some(first + Duration::from_secs(2)));
        (tally.requests, tally.events, tally.position) = (events, events, events + 10);
        tally.busy = vec![0.25, 0.5];
        for n in 0..events {
            tally.answered.saturating_record(1_000 + n);
        }
        let served = Served {
            domain: "cart".to_owned(),
            module: "0123456789abcdef".repeat(4),
            state: "active".to_owned(),
            position: events + 10,
            parked: 0,
        };
        Report::new(Measured {
            plan: Arc::new(Plan::new(options).unwrap()),
            url: "http://127.0.0.1:4580".to_owned(),
            server: None,
            before: 10,
            after: Some(After {
                folded_at: Some(first + Duration::from_secs(4)),
                head: events + 10,
                served: vec![served],
            }),
            tally,
            updated,
            stopped: false,
        })
    }

    #[test]
    fn a_rate_counts_to_the_last_answer_and_to_the_last_fold() {
        let report = report(Workload::AppendFold, 1_000, None);
        assert_eq!((report.appended_per_s, report.folded_per_s), (500.0, Some(250.0)));
        assert_eq!((report.answered_s, report.folded_s), (2.0, Some(4.0)));
        assert_eq!((report.generator_busy, report.threads), (0.5, 2));
    }

    #[test]
    fn nothing_measured_is_no_rate() {
        let report = report(Workload::AppendFold, 0, None);
        assert_eq!((report.appended_per_s, report.latencies), (0.0, vec![]));
    }

    #[test]
    fn of_many_followers_the_first_and_the_last_are_told() {
        let of = |us| {
            let mut latencies = latencies().unwrap();
            latencies.record(us).unwrap();
            latencies
        };
        let names = |workload| {
            let report = report(workload, 1, Some(Seen { first: of(100), last: of(900) }));
            report.latencies.iter().skip(1).map(|one| (one.of, one.max_us)).collect::<Vec<_>>()
        };
        assert_eq!(names(Workload::FanOut), [("first update", 100), ("last update", 900)]);
        assert_eq!(names(Workload::Live), [("updated", 900)]);
    }
}
