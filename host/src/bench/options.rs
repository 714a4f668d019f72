//! What a run is told, and what follows from it.

use std::time::Duration;

use super::{BenchError, template::Template, workload::Workload};
use crate::{
    config::Secret,
    words::{ContextName, DomainName, EventType},
};

/// What a run may be told. `None` stands for the default of the workload.
#[derive(Debug, Clone)]
pub struct BenchOptions {
    /// The host's URL, such as `http://127.0.0.1:4580`.
    pub url: String,
    /// The token with which the host lets requests in, if it has any. It needs the scopes read, write and admin
    /// (to see how far the domains are).
    pub token: Option<Secret>,
    /// Whether the URL may lead to another machine.
    pub anywhere: bool,
    /// What is done.
    pub workload: Workload,
    /// Connections, each with one request under way (`sockets`: several; `fan-out`: websockets that follow): 1 to
    /// 10,000 (`fan-out`: 20,000).
    pub connections: Option<usize>,
    /// Appends under way on each connection (for `sockets`): 1 to 1,000.
    pub in_flight: Option<usize>,
    /// Threads that share the connections: 1 to 64.
    pub threads: usize,
    /// Entities: 1 to 1,000,000.
    pub entities: Option<usize>,
    /// Events (for `read`: requests) per second: an open loop. None: as fast as answers come (`live`: 1,000;
    /// `fan-out`: 1).
    pub rate: Option<f64>,
    /// How long to send. None: as long as `events` takes, or 10 s.
    pub duration: Option<Duration>,
    /// How many events (for `read`: requests) to send.
    pub events: Option<u64>,
    /// How long to send before anything is measured.
    pub warm_up: Duration,
    /// The context that is written to or read from.
    pub context: ContextName,
    /// The type of the events.
    pub event_type: EventType,
    /// The data of the events, with placeholders.
    pub data: String,
    /// Domains that must have folded everything. None named: every one that takes the events.
    pub domains: Vec<DomainName>,
    /// Events in a batch (for `batches`): 1 to 100,000.
    pub batch: Option<u64>,
    /// How many of the events are late (for `late`), in percent.
    pub late_percent: Option<u8>,
    /// How late they are (for `late`).
    pub late_by: Option<Duration>,
}

/// Options that were checked, with every default in its place.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) options: BenchOptions,
    pub(super) connections: usize,
    /// Connections that send. Where all follow one model, one is enough to change it.
    pub(super) lanes: usize,
    /// Requests under way on each of them.
    pub(super) in_flight: usize,
    pub(super) entities: usize,
    pub(super) rate: Option<f64>,
    /// Events in one request.
    pub(super) batch: u64,
    pub(super) late_percent: u8,
    /// In 100 ns ticks.
    pub(super) late_ticks: u64,
    pub(super) template: Template,
    pub(super) limit: Limit,
}

/// When a phase of a run ends: at whatever comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) duration: Option<Duration>,
    pub(super) events: Option<u64>,
}

const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

impl Plan {
    pub(super) fn new(options: BenchOptions) -> Result<Self, BenchError> {
        let workload = options.workload;
        belongs("--in-flight", options.in_flight.is_some(), workload, Workload::Sockets)?;
        belongs("--batch", options.batch.is_some(), workload, Workload::Batches)?;
        belongs("--late", options.late_percent.is_some(), workload, Workload::Late)?;
        belongs("--late-by", options.late_by.is_some(), workload, Workload::Late)?;
        let connections = options.connections.unwrap_or(workload.connections());
        let lanes = if workload == Workload::FanOut { 1 } else { connections };
        let in_flight = options.in_flight.unwrap_or(workload.in_flight());
        let entities = options.entities.unwrap_or(workload.entities(connections));
        let batch = options.batch.unwrap_or(if workload == Workload::Batches { 500 } else { 1 });
        let late_percent = options.late_percent.unwrap_or(if workload == Workload::Late { 10 } else { 0 });
        between("--connections", connections as u64, workload.most_connections())?;
        between("--in-flight", in_flight as u64, 1_000)?;
        between("--threads", options.threads as u64, 64)?;
        between("--entities", entities as u64, 1_000_000)?;
        between("--batch", batch, 100_000)?;
        between("--events", options.events.unwrap_or(1), u64::MAX)?;
        if late_percent > 100 {
            return Err(wrong("--late", "is a percentage: at most 100"));
        }
        if matches!(workload, Workload::Hot | Workload::FanOut) && entities != 1 {
            let why = format!("is 1 for --workload {}: choose append-fold for more", workload.name());
            return Err(BenchError::Option { option: "--entities", why });
        }
        let rate = options.rate.or(workload.rate());
        if rate.is_some_and(|rate| !(0.001..=10_000_000.0).contains(&rate)) {
            return Err(wrong("--rate", "is a number of events per second, from 0.001 to 10000000"));
        }
        let default = options.events.is_none().then_some(Duration::from_secs(10));
        let duration = options.duration.or(default);
        if duration.is_some_and(|duration| duration.is_zero() || duration > LONGEST) {
            return Err(wrong("--duration", "must be more than 0 and at most 86400 seconds"));
        }
        if options.warm_up > LONGEST {
            return Err(wrong("--warm-up", "must be at most 86400 seconds"));
        }
        let late_by = options.late_by.unwrap_or(Duration::from_secs(5));
        if late_by > LONGEST {
            return Err(wrong("--late-by", "must be at most 86400 seconds"));
        }
        let late_ticks = u64::try_from(late_by.as_nanos() / 100).unwrap_or(u64::MAX);
        let template =
            Template::parse(&options.data).map_err(|why| BenchError::Option { option: "--data", why })?;
        let limit = Limit { duration, events: options.events };
        Ok(Self {
            connections,
            lanes,
            in_flight,
            entities,
            rate,
            batch,
            late_percent,
            late_ticks,
            template,
            limit,
            options,
        })
    }
}

fn wrong(option: &'static str, why: &str) -> BenchError {
    BenchError::Option { option, why: why.to_owned() }
}

/// Fails for an option that would say nothing about this workload.
fn belongs(option: &'static str, given: bool, actual: Workload, its: Workload) -> Result<(), BenchError> {
    if given && actual != its {
        let (its, actual) = (its.name(), actual.name());
        let why = format!("goes with --workload {its}, not {actual}: leave it out, or choose {its}");
        return Err(BenchError::Option { option, why });
    }
    Ok(())
}

fn between(option: &'static str, value: u64, most: u64) -> Result<(), BenchError> {
    if value == 0 || value > most {
        let why = format!("is {value}: it must be from 1 to {most}");
        return Err(BenchError::Option { option, why });
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn options(workload: Workload) -> BenchOptions {
        BenchOptions {
            url: "http://127.0.0.1:4580".to_owned(),
            token: None,
            anywhere: false,
            workload,
            connections: Some(4),
            in_flight: None,
            threads: 1,
            entities: None,
            rate: None,
            duration: None,
            events: None,
            warm_up: Duration::ZERO,
            context: "shop".parse().unwrap(),
            event_type: "item_added".parse().unwrap(),
            data: "{}".to_owned(),
            domains: Vec::new(),
            batch: None,
            late_percent: None,
            late_by: None,
        }
    }

    fn refused(workload: Workload, change: impl FnOnce(&mut BenchOptions)) -> String {
        let mut options = options(workload);
        change(&mut options);
        Plan::new(options).unwrap_err().to_string()
    }

    #[test]
    fn defaults_follow_from_the_workload() {
        let plan = |workload| Plan::new(options(workload)).unwrap();
        let limit = Limit { duration: Some(Duration::from_secs(10)), events: None };
        assert_eq!(plan(Workload::AppendFold).limit, limit);
        assert_eq!((plan(Workload::AppendFold).entities, plan(Workload::AppendFold).rate), (1_000, None));
        assert_eq!((plan(Workload::Hot).entities, plan(Workload::Batches).batch), (1, 500));
        assert_eq!((plan(Workload::Late).late_percent, plan(Workload::Late).late_ticks), (10, 50_000_000));
        assert_eq!((plan(Workload::Live).rate, plan(Workload::Live).entities), (Some(1_000.0), 4));
        let sockets = Plan::new(BenchOptions { connections: None, ..options(Workload::Sockets) }).unwrap();
        assert_eq!((sockets.connections, sockets.lanes, sockets.in_flight), (64, 64, 40));
        let fan_out = Plan::new(BenchOptions { connections: None, ..options(Workload::FanOut) }).unwrap();
        assert_eq!((fan_out.connections, fan_out.lanes, fan_out.in_flight), (1_000, 1, 1));
        assert_eq!((fan_out.entities, fan_out.rate), (1, Some(1.0)));
        let counted = Plan::new(BenchOptions { events: Some(9), ..options(Workload::Read) }).unwrap();
        assert_eq!(counted.limit, Limit { duration: None, events: Some(9) });
    }

    #[test]
    fn an_option_that_means_nothing_is_refused_with_the_way_out() {
        let said = refused(Workload::AppendFold, |options| options.batch = Some(5));
        assert_eq!(
            said,
            "--batch goes with --workload batches, not append-fold: leave it out, or choose batches"
        );
        assert!(refused(Workload::Hot, |o| o.late_percent = Some(5)).starts_with("--late goes with"));
        assert!(refused(Workload::Read, |o| o.late_by = Some(LONGEST)).starts_with("--late-by goes with"));
        assert!(refused(Workload::Live, |o| o.in_flight = Some(5)).starts_with("--in-flight goes with"));
        assert!(refused(Workload::Hot, |o| o.entities = Some(2)).starts_with("--entities is 1 for"));
        assert!(refused(Workload::FanOut, |o| o.entities = Some(2)).starts_with("--entities is 1 for"));
    }

    #[test]
    fn numbers_out_of_range_are_refused_by_name() {
        for (said, option) in [
            (
                refused(Workload::Hot, |o| o.connections = Some(0)),
                "--connections is 0: it must be from 1 to 10000",
            ),
            (
                refused(Workload::FanOut, |o| o.connections = Some(20_001)),
                "--connections is 20001: it must be from 1 to 20000",
            ),
            (
                refused(Workload::Sockets, |o| o.in_flight = Some(1_001)),
                "--in-flight is 1001: it must be from 1 to 1000",
            ),
            (refused(Workload::Hot, |o| o.threads = 65), "--threads is 65: it must be from 1 to 64"),
            (refused(Workload::Read, |o| o.entities = Some(0)), "--entities is 0: it must be"),
            (refused(Workload::Batches, |o| o.batch = Some(0)), "--batch is 0: it must be"),
            (refused(Workload::Read, |o| o.events = Some(0)), "--events is 0: it must be"),
            (refused(Workload::Late, |o| o.late_percent = Some(101)), "--late is a percentage"),
            (refused(Workload::Hot, |o| o.rate = Some(0.0)), "--rate is a number"),
            (refused(Workload::Hot, |o| o.rate = Some(f64::NAN)), "--rate is a number"),
            (refused(Workload::Hot, |o| o.duration = Some(Duration::ZERO)), "--duration must be"),
            (refused(Workload::Hot, |o| o.data = "{".to_owned()), "--data "),
        ] {
            assert!(said.starts_with(option), "{said}");
        }
    }
}
