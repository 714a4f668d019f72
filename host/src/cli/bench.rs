//! The options of `everfold bench`.

use std::time::Duration;

use clap::Args;
use everfold::{
    bench::Workload,
    config::Secret,
    words::{ContextName, DomainName, EventType},
};

/// The events are real ones and stay in the host's store: load a store that can be thrown away.
#[derive(Debug, Args)]
#[command(after_help = "Example, against a host with the shop's cart:
  everfold bench http://127.0.0.1:4580 --duration 30
  everfold bench http://127.0.0.1:4580 --rate 5000 --json > result.json

A rate counts events from the first request to the last answer (appended) and until the domains have folded
the last of them (folded). Without --rate each connection sends again once it is answered (a closed loop);
with it, requests are due at fixed times, and latency counts from then, sent or not (an open loop).
A run ends early with ctrl-c and shows what was measured so far.")]
pub(crate) struct BenchArgs {
    /// The URL of the host, as `everfold serve` prints it
    pub(crate) url: String,
    /// What to do
    #[arg(long, value_name = "NAME", value_enum, default_value_t = Workload::AppendFold)]
    pub(crate) workload: Workload,
    /// Connections, each with one request under way (1 to 10000); fan-out: websockets that follow (1 to 20000)
    /// [default: 64; fan-out: 1000]
    #[arg(long, value_name = "N")]
    pub(crate) connections: Option<usize>,
    /// sockets: appends under way on each connection (1 to 1000) [default: 40]
    #[arg(long, value_name = "N")]
    pub(crate) in_flight: Option<usize>,
    /// Threads that share the connections (1 to 64): more if the report says that one is not enough
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) threads: usize,
    /// Entities that events are about, or models that are read (1 to 1000000; hot, fan-out: 1) [default: 1000; live: as
    /// many as connections, each followed over a websocket]. The same ones in every run. If there are fewer than
    /// connections, some get events from two, which come out of order
    #[arg(long, value_name = "N")]
    pub(crate) entities: Option<usize>,
    /// Events (read: requests) per second, by all connections together [default: as fast as answers come;
    /// live: 1000; fan-out: 1]
    #[arg(long, value_name = "PER_SECOND")]
    pub(crate) rate: Option<f64>,
    /// How long to send and measure, in seconds, such as 30 or 0.5 [default: 10, or as long as --events takes]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) duration: Option<Duration>,
    /// How many events (read: requests) to send; with --duration, whatever is met first
    #[arg(long, value_name = "N")]
    pub(crate) events: Option<u64>,
    /// How long to send before anything is measured, in seconds; 0 for not at all
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "2")]
    pub(crate) warm_up: Duration,
    /// The context that is written to or read from
    #[arg(long, value_name = "NAME", default_value = "shop")]
    pub(crate) context: ContextName,
    /// The type of the events
    #[arg(long, value_name = "TYPE", default_value = "item_added")]
    pub(crate) event_type: EventType,
    /// The data of each event: JSON, in which {{number}} becomes the number of the event on its connection,
    /// {{random}} a whole number below 1000000, and {{entity}} the entity's id
    #[arg(long, value_name = "JSON", default_value = r#"{"sku":"abc","qty":1,"price":1999}"#)]
    pub(crate) data: String,
    /// A domain that must have folded everything (live, fan-out: whose models are followed; read: are read); may be
    /// given several times [default: every domain of the context that takes the events]
    #[arg(long, value_name = "NAME")]
    pub(crate) domain: Vec<DomainName>,
    /// batches: events in one request (1 to 100000, and at most the host's limits.batch_events) [default: 500]
    #[arg(long, value_name = "N")]
    pub(crate) batch: Option<u64>,
    /// late: how many of the events are late, in percent (0 to 100) [default: 10]
    #[arg(long, value_name = "PERCENT")]
    pub(crate) late: Option<u8>,
    /// late: how late they are, in seconds [default: 5]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) late_by: Option<Duration>,
    /// The token with which the host lets requests in (also `EVERFOLD_TOKEN`, which other users of this machine do
    /// not see); it needs the scopes read, write and admin
    #[arg(long, value_name = "TOKEN")]
    pub(crate) token: Option<Secret>,
    /// Load a host that is not on this machine
    #[arg(long)]
    pub(crate) anywhere: bool,
    /// Print the report as one JSON document (latencies in microseconds, times in seconds)
    #[arg(long)]
    pub(crate) json: bool,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| "it must be a number of seconds, such as 30 or 0.5".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_may_have_a_fraction_but_no_sign() {
        assert_eq!(seconds("30"), Ok(Duration::from_secs(30)));
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        for bad in ["", "-1", "10s", "NaN", "inf", "1e300"] {
            assert!(seconds(bad).unwrap_err().contains("number of seconds"), "{bad}");
        }
    }
}
