//! `everfold bench`: how much does a host take?

use everfold::{
    bench::{self, BenchOptions},
    config,
};
use tokio_util::sync::CancellationToken;

use super::{Outcome, signals};
use crate::cli::BenchArgs;

pub(crate) async fn run(mut arguments: BenchArgs) -> Outcome {
    if arguments.token.is_none() {
        arguments.token = config::client_token()?;
    }
    let stop = CancellationToken::new();
    signals::cancel(stop.clone())?;
    let json = arguments.json;
    // The report alone goes to stdout, so that it can be kept.
    let tell = |line: &str| eprintln!("{line}");
    let report = Box::pin(bench::run(options(arguments), stop, tell)).await?;
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", bench::table(&report));
    }
    if report.requests == 0 && !report.stopped {
        return Err("no request succeeded: the report says why".into());
    }
    Ok(())
}

fn options(arguments: BenchArgs) -> BenchOptions {
    BenchOptions {
        url: arguments.url,
        token: arguments.token,
        anywhere: arguments.anywhere,
        workload: arguments.workload,
        connections: arguments.connections,
        in_flight: arguments.in_flight,
        threads: arguments.threads,
        entities: arguments.entities,
        rate: arguments.rate,
        duration: arguments.duration,
        events: arguments.events,
        warm_up: arguments.warm_up,
        context: arguments.context,
        event_type: arguments.event_type,
        data: arguments.data,
        domains: arguments.domain,
        batch: arguments.batch,
        late_percent: arguments.late,
        late_by: arguments.late_by,
    }
}
