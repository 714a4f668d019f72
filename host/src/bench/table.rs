//! The report for people: a table, and a plot of the latencies.

use std::fmt::Write as _;

use super::{
    latency::{Bucket, Latency},
    numbers::{count, many, percent, rate, span},
    report::Report,
    workload::Workload,
};

/// Columns of the longest bar.
const BAR: u64 = 40;

/// The report as text, with a line break at its end.
#[must_use]
pub fn table(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}", heading(report));
    for (name, value) in rows(report) {
        let _ = writeln!(text, "  {name:<12}{value}");
    }
    for error in &report.errors {
        let _ =
            writeln!(text, "  {:<12}{} × {}: {}", "failed", count(error.count), error.kind, error.example);
    }
    if !report.latencies.is_empty() {
        text += &percentiles(&report.latencies);
    }
    for latency in &report.latencies {
        let _ = write!(text, "\n  {} within\n{}", latency.of, plot(&latency.buckets));
    }
    text
}

fn heading(report: &Report) -> String {
    let Report { workload, url, context, .. } = report;
    let server = report.server.as_ref().map(|server| format!(" ({server})")).unwrap_or_default();
    let stopped = if report.stopped { ", ended early" } else { "" };
    format!("{workload} against {url}{server}, context {context}{stopped}")
}

fn rows(report: &Report) -> Vec<(&'static str, String)> {
    let mut rows = vec![("load", load(report))];
    let (answered_s, requests) = (report.answered_s, count(report.requests));
    if report.appends() {
        let appended = rate(report.appended_per_s);
        rows.push((
            "appended",
            format!("{} events in {answered_s:.2} s, {appended}/s", count(report.events)),
        ));
        rows.push(("folded", folded(report)));
        for served in &report.domains {
            let module = served.module.get(..12).unwrap_or(&served.module);
            rows.push(("domain", format!("{} by module {module}…, {}", served.domain, served.state)));
            if served.parked > 0 {
                let parked = count(served.parked);
                let why = "what is sent to those is not folded (GET /_/parked)";
                rows.push(("parked", format!("{parked} entities of {}: {why}", served.domain)));
            }
        }
        rows.push(("log", log(report)));
    } else {
        rows.push((
            "read",
            format!("{requests} models in {answered_s:.2} s, {}/s", rate(report.requests_per_s)),
        ));
    }
    if report.unsent > 0 {
        let why = "were due and not sent: the host did not keep up, or there are too few connections";
        rows.push(("unsent", format!("{} {why}", count(report.unsent))));
    }
    if report.overloaded > 0 {
        rows.push(("overloaded", format!("{} requests answered with 503", count(report.overloaded))));
    }
    let failed: u64 = report.errors.iter().map(|error| error.count).sum();
    if failed == 0 {
        rows.push(("failed", "nothing".to_owned()));
    }
    let note = if report.generator_busy > 0.9 { ": it may be the bottleneck (--threads)" } else { "" };
    let busy = format!("{:.0} % of a core on its busiest thread{note}", report.generator_busy * 100.0);
    rows.push(("generator", busy));
    rows
}

fn load(report: &Report) -> String {
    let Report { connections, threads, entities, .. } = report;
    let pace = report.rate.map_or_else(
        || "closed loop (with --rate, stalls count in full)".to_owned(),
        |wanted| format!("{}/s wanted (open loop)", rate(wanted)),
    );
    let (is_fan_out, is_sockets) =
        (report.workload == Workload::FanOut.name(), report.workload == Workload::Sockets.name());
    let what = if is_fan_out || is_sockets { "websocket" } else { "connection" };
    let under_way =
        if is_sockets { format!(" {} under way on each,", report.in_flight) } else { String::new() };
    let batch =
        if report.batch > 1 { format!(" {} events per request,", report.batch) } else { String::new() };
    let late =
        if report.late_percent > 0 { format!(" {} % late,", report.late_percent) } else { String::new() };
    let (connections, threads) = (many(*connections, what), many(*threads, "thread"));
    let entities = count(*entities as u64);
    format!("{connections} on {threads}, entities: {entities},{under_way}{batch}{late} {pace}")
}

fn log(report: &Report) -> String {
    let before = report.log.before;
    let Some(after) = report.log.after else {
        return format!("from position {} to who knows: the host no longer answers", count(before));
    };
    let others = match after.saturating_sub(before).saturating_sub(report.events) {
        0 => String::new(),
        others => format!(", {} of them emitted by reducers or posted by others", count(others)),
    };
    format!("from position {} to {}{others}", count(before), count(after))
}

fn folded(report: &Report) -> String {
    match (report.folded_s.zip(report.folded_per_s), report.domains.is_empty()) {
        (Some((seconds, per_second)), _) => {
            format!("all of them {seconds:.2} s after the first request, {}/s", rate(per_second))
        }
        _ if report.log.after.is_none() => "not known".to_owned(),
        (None, true) => "no domain takes these events: only appends were measured".to_owned(),
        (None, false) if report.stopped => "not waited for".to_owned(),
        (None, false) if report.events == 0 => "nothing to fold".to_owned(),
        (None, false) => {
            "not all: a domain stood still for 30 s (GET /_/reducers says what it is doing)".to_owned()
        }
    }
}

fn percentiles(latencies: &[Latency]) -> String {
    let mut text = format!("\n  {:<12}", "latency");
    for name in ["p50", "p90", "p99", "p99.9", "max"] {
        let _ = write!(text, "{name:>10}");
    }
    for latency in latencies {
        let _ = write!(text, "\n  {:<12}", latency.of);
        for us in [latency.p50_us, latency.p90_us, latency.p99_us, latency.p99_9_us, latency.max_us] {
            let _ = write!(text, "{:>10}", span(us));
        }
    }
    text + "\n"
}

/// A bar for each step, with its part of all and that of all up to it.
fn plot(buckets: &[Bucket]) -> String {
    let most = buckets.iter().map(|bucket| bucket.count).max().unwrap_or_default().max(1);
    let all: u64 = buckets.iter().map(|bucket| bucket.count).sum();
    let mut text = String::new();
    let mut so_far = 0;
    for Bucket { up_to_us, count } in buckets {
        so_far += count;
        let columns = (count * BAR).div_ceil(most);
        let bar = "█".repeat(usize::try_from(columns).unwrap_or_default());
        let width = usize::try_from(BAR).unwrap_or_default();
        let up_to = span(*up_to_us);
        let (part, sum) = (percent(*count, all), percent(so_far, all));
        let _ = writeln!(text, "  {up_to:>10}  {bar:<width$}  {part:>9}  {sum:>9}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{report::tests::report, status::Served, tally::Trouble};

    #[test]
    fn the_plot_shows_where_most_are_and_the_few_that_are_not() {
        let bucket = |(up_to_us, count)| Bucket { up_to_us, count };
        let plotted = plot(&[(500, 1), (1_000, 800), (2_000, 0), (5_000, 199)].map(bucket));
        let lines: Vec<_> = plotted.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
        let bar = |columns| "█".repeat(columns);
        assert_eq!(lines[0], ["500", "µs", &bar(1), "0.100", "%", "0.100", "%"]);
        assert_eq!(lines[1], ["1", "ms", &bar(40), "80.000", "%", "80.100", "%"]);
        assert_eq!(lines[2], ["2", "ms", "0.000", "%", "80.100", "%"]);
        assert_eq!(lines[3], ["5", "ms", &bar(10), "19.900", "%", "100.000", "%"]);
    }

    #[test]
    fn a_report_names_what_was_measured_and_what_went_wrong() {
        let mut run = report(Workload::AppendFold, 1_000, None);
        let text = table(&run);
        for words in [
            "append-fold against http://127.0.0.1:4580, context shop\n",
            "4 connections on 2 threads, entities: 1,000, closed loop",
            "1,000 events in 2.00 s, 500/s",
            "all of them 4.00 s after the first request, 250/s",
            "cart by module 0123456789ab…, active",
            "from position 10 to 1,010",
            "failed      nothing",
            "50 % of a core",
            "answered       1.49 ms   1.89 ms",
        ] {
            assert!(text.contains(words), "{words:?} is not in\n{text}");
        }
        assert!(!text.contains("emitted"));
        let error = Trouble { kind: "503 closing".to_owned(), count: 3, example: "later".to_owned() };
        (run.overloaded, run.errors, run.unsent, run.folded_s) = (3, vec![error], 7, None);
        run.log.after = Some(2_000);
        run.domains[0] = Served { parked: 2, ..run.domains[0].clone() };
        let text = table(&run);
        for words in [
            "3 requests answered with 503",
            "3 × 503 closing: later",
            "7 were due and not sent",
            "2 entities of cart",
            "a domain stood still",
            "from position 10 to 2,000, 990 of them emitted",
        ] {
            assert!(text.contains(words), "{words:?} is not in\n{text}");
        }
        assert!(!text.contains("nothing"));
    }

    #[test]
    fn websockets_are_called_so() {
        let load = |workload| table(&report(workload, 1, None));
        assert!(
            load(Workload::Sockets)
                .contains("4 websockets on 2 threads, entities: 1,000, 40 under way on each,")
        );
        assert!(load(Workload::FanOut).contains("4 websockets on 2 threads, entities: 1, 1.00/s wanted"));
    }
}
