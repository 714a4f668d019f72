//! `everfold bench`: what it reports is what the host holds.

use std::collections::BTreeSet;

use everfold::bench::{self, BenchOptions, Report, Workload};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::harness::{Host, guest, patiently, run, wait_until};

/// Runs the program against a host, without a warm-up, and gives its report.
async fn bench(host: &Host, arguments: &[&str]) -> Value {
    let arguments = [&["bench", host.base(), "--warm-up", "0", "--json"], arguments].concat();
    let (status, told, said) = run(&arguments, &[]).await;
    assert!(status.success(), "{arguments:?}: {told}{said}");
    serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told}"))
}

/// The program with arguments that it must refuse, and what it says.
async fn refused(arguments: &[&str]) -> String {
    let (status, told, said) = run(&[&["bench"], arguments].concat(), &[]).await;
    assert!(!status.success(), "{arguments:?}: {told}");
    assert!(told.is_empty(), "{told}");
    said
}

/// The ids that all models of the ledger hold, of each model in its order.
async fn folded(host: &Host) -> Vec<Vec<String>> {
    let page = host.get("/shop/ledger/models?limit=1000").await.expect(200).json();
    let ids = |one: &Value| serde_json::from_value(one["model"]["ids"].clone()).unwrap();
    page["models"].as_array().unwrap().iter().map(ids).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_that_is_reported_is_in_the_log_and_folded() {
    let host = Host::with_ledger().await;
    let mut sent = 0;
    for (arguments, events, requests) in [
        (&["--entities", "10"][..], 203, 203),
        (&["--workload", "batches", "--batch", "50"], 120, 3),
        (&["--workload", "hot", "--threads", "2"], 50, 50),
        (&["--workload", "late", "--late", "30", "--entities", "5"], 100, 100),
        (&["--rate", "20000", "--domain", "ledger", "--data", r#"{"n":{{number}}}"#], 50, 50),
        (&["--workload", "sockets", "--in-flight", "7"], 300, 300),
        (&["--workload", "sockets", "--rate", "20000", "--threads", "2"], 50, 50),
    ] {
        let count = events.to_string();
        let report = bench(&host, &[&["--connections", "4", "--events", &count], arguments].concat()).await;
        assert_eq!((&report["events"], &report["requests"]), (&events.into(), &requests.into()), "{report}");
        assert_eq!((&report["errors"], &report["overloaded"]), (&Value::Array(vec![]), &0.into()));
        assert_eq!(report["log"]["before"], sent, "{report}");
        sent += events;
        assert_eq!(report["log"]["after"], sent, "{report}");
        assert_eq!(report["domains"][0]["module"], guest("ledger").hash);
        assert_eq!(report["domains"][0]["position"], sent, "waited until all is folded: {report}");
        let (appended, folded) = (&report["appended_per_s"], &report["folded_per_s"]);
        assert!(folded.as_f64().unwrap() > 0.0 && folded.as_f64() <= appended.as_f64(), "{report}");
        let latency = &report["latencies"][0];
        assert_eq!((&latency["of"], &latency["count"]), (&"answered".into(), &requests.into()));
        let all: BTreeSet<_> = self::folded(&host).await.into_iter().flatten().collect();
        assert_eq!(all.len(), sent, "each id is one of its own");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_unless_told_otherwise_is_an_item_for_a_cart() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "tally", guest("tally")).await;
    host.deploy("shop", "turnover", guest("turnover")).await;
    bench(&host, &["--events", "20", "--entities", "5"]).await;
    let page = host.get("/shop/tally/models?limit=1000").await.expect(200).json();
    let of = |name: &str| {
        let models = page["models"].as_array().unwrap().iter();
        models.map(|one| one["model"][name].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!((of("items"), of("value")), (20, 20 * 1999));
    let has_all = |all: &Value| (&all["items"], &all["value"]) == (&json!(20), &json!(20 * 1999));
    host.model_that("/shop/turnover/model", has_all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_event_sorts_before_events_that_were_posted_earlier() {
    let host = Host::with_ledger().await;
    // From one connection events come in the order of their ids, but for those that are late.
    let late = ["--workload", "late", "--connections", "1", "--entities", "1", "--late", "50"];
    bench(&host, &[&late[..], &["--events", "40"]].concat()).await;
    let by_position: Vec<_> = host.events("shop").await.iter().map(|event| event["id"].to_string()).collect();
    let by_id = folded(&host).await.concat();
    assert_eq!(by_id.len(), 40);
    assert_ne!(by_position, by_id.iter().map(|id| format!("{id:?}")).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_follows_sees_every_event() {
    let host = Host::with_ledger().await;
    let report = bench(
        &host,
        &["--workload", "live", "--rate", "500", "--events", "100", "--entities", "4", "--connections", "4"],
    )
    .await;
    assert_eq!(report["errors"], Value::Array(vec![]), "{report}");
    let latencies: Vec<_> =
        report["latencies"].as_array().unwrap().iter().map(|one| (&one["of"], &one["count"])).collect();
    assert_eq!(latencies, [(&"answered".into(), &100.into()), (&"updated".into(), &100.into())]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_is_seen_on_every_socket() {
    let host = Host::with_ledger().await;
    let fan_out = ["--workload", "fan-out", "--rate", "100", "--events", "20"];
    let report = bench(&host, &[&fan_out[..], &["--connections", "50", "--threads", "2"]].concat()).await;
    assert_eq!(report["errors"], Value::Array(vec![]), "{report}");
    assert_eq!((&report["connections"], &report["log"]["after"]), (&50.into(), &20.into()), "{report}");
    let latencies = report["latencies"].as_array().unwrap();
    let of: Vec<_> = latencies.iter().map(|one| (one["of"].as_str().unwrap(), &one["count"])).collect();
    let all = &json!(20);
    assert_eq!(of, [("answered", all), ("first update", all), ("last update", all)]);
    assert_eq!(folded(&host).await.len(), 1, "all of them are of one entity");
    let host = host.restart(|config| config.limits.streams = 5).await;
    host.serves("shop", "ledger", guest("ledger")).await;
    let said = refused(&[&[host.base()], &fan_out[..]].concat()).await;
    assert!(said.contains("/model cannot be opened") && said.contains("limits.streams"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_over_a_socket_is_counted_by_its_problem() {
    let host = Host::start(|config| config.limits.event_bytes = 500).await;
    let long = format!(r#"{{"note":"{}"}}"#, "x".repeat(1_000));
    let arguments = ["bench", host.base(), "--warm-up", "0", "--json", "--workload", "sockets"];
    let many = ["--events", "30", "--connections", "2", "--in-flight", "5", "--data", &long];
    let (status, told, said) = run(&[&arguments[..], &many].concat(), &[]).await;
    assert!(!status.success() && said.contains("no request succeeded"), "{said}");
    let report: Value = serde_json::from_str(&told).unwrap();
    let error = &report["errors"][0];
    assert_eq!((&error["kind"], &error["count"]), (&"413 too-large".into(), &30.into()), "{report}");
    assert_eq!((&report["requests"], &report["overloaded"]), (&0.into(), &0.into()), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_are_read_once_there_are_some() {
    let host = Host::with_ledger().await;
    let read = ["--workload", "read", "--events", "30", "--warm-up", "0"];
    let said = refused(&[&[host.base()], &read[..]].concat()).await;
    assert!(said.contains("--workload append-fold"), "{said}");
    bench(&host, &["--events", "20", "--entities", "5"]).await;
    let report = bench(&host, &read[..4]).await;
    assert_eq!((&report["requests"], &report["events"]), (&30.into(), &0.into()), "{report}");
    assert_eq!(report["errors"], Value::Array(vec![]));
    assert_eq!(report["log"]["after"], 20, "reading writes nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_table_is_for_people_and_a_warm_up_is_not_measured() {
    let host = Host::with_ledger().await;
    let arguments = ["bench", host.base(), "--warm-up", "0.2", "--events", "25", "--connections", "2"];
    let (status, told, said) = run(&arguments, &[]).await;
    assert!(status.success(), "{said}");
    let head = host.events("shop").await.len();
    assert!(head > 25, "the warm-up writes as well");
    for words in ["append-fold against http://127.0.0.1:", "25 events in", "p99.9", "answered within", "█"]
    {
        assert!(told.contains(words), "{words:?} is not in {told}");
    }
    assert!(said.contains("warming up for 0.2 s"), "{said}");
}

#[tokio::test]
async fn another_machine_is_loaded_only_if_told_so() {
    let said = refused(&["http://192.0.2.1:4580"]).await;
    assert!(said.contains("192.0.2.1:4580") && said.contains("--anywhere"), "{said}");
}

#[tokio::test]
async fn what_cannot_be_measured_is_refused_with_the_way_out() {
    let host = Host::with_ledger().await;
    for (arguments, words) in [
        (&["--context", "elsewhere"][..], &["elsewhere", "name it in the config"][..]),
        (&["--domain", "nothing"], &["--domain nothing", "there are ledger"]),
        (&["--batch", "5"], &["--batch", "--workload batches"]),
        (&["--in-flight", "5"], &["--in-flight", "--workload sockets"]),
        (&["--data", "{{who}}"], &["--data", "{{who}}", "{{entity}}"]),
        (&["--duration", "soon"], &["--duration", "number of seconds"]),
        (&["--workload", "everything"], &["append-fold", "batches", "sockets", "live", "fan-out", "read"]),
    ] {
        let said = refused(&[&[host.base()], arguments].concat()).await;
        assert!(words.iter().all(|word| said.contains(word)), "{words:?}: {said}");
    }
    let base = host.base().to_owned();
    assert_eq!(host.events("shop").await.len(), 0, "nothing was written");
    host.stop().await;
    let said = refused(&[&base]).await;
    assert!(said.contains("everfold serve"), "{said}");
}

/// A run that goes on until it is stopped, once it has written something.
async fn under_way(
    host: &Host,
    workload: Workload,
) -> (JoinHandle<Result<Report, bench::BenchError>>, CancellationToken) {
    let options = BenchOptions {
        url: host.base().to_owned(),
        token: None,
        anywhere: false,
        workload,
        connections: Some(2),
        in_flight: None,
        threads: 1,
        entities: None,
        rate: None,
        duration: Some(std::time::Duration::from_secs(3_600)),
        events: None,
        warm_up: std::time::Duration::ZERO,
        context: "shop".parse().unwrap(),
        event_type: "item_added".parse().unwrap(),
        data: "{}".to_owned(),
        domains: vec![],
        batch: None,
        late_percent: None,
        late_by: None,
    };
    let stop = CancellationToken::new();
    let run = tokio::spawn(bench::run(options, stop.clone(), |_| {}));
    wait_until("the run to write", async || match host.events("shop").await.len() {
        20.. => Ok(()),
        few => Err(format!("{few} events")),
    })
    .await;
    (run, stop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_stopped_tells_what_it_has_measured() {
    for workload in [Workload::AppendFold, Workload::Sockets] {
        let host = Host::with_ledger().await;
        let (run, stop) = under_way(&host, workload).await;
        stop.cancel();
        let report = patiently("the report", run).await.unwrap().unwrap();
        assert!(report.stopped && report.events >= 20 && report.errors.is_empty(), "{report:?}");
        assert_eq!(report.log.after, Some(report.events), "what was under way is answered and counted");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_goes_away_is_named_beside_what_was_measured() {
    for (workload, kind) in
        [(Workload::AppendFold, "the host is gone"), (Workload::Sockets, "the connection broke")]
    {
        let host = Host::with_ledger().await;
        let (run, stop) = under_way(&host, workload).await;
        host.stop().await;
        stop.cancel();
        let report = patiently("the report", run).await.unwrap().unwrap();
        assert!(report.events >= 20 && report.log.after.is_none(), "{report:?}");
        assert!(report.errors.iter().any(|error| error.kind == kind), "{report:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_goes_on_over_new_sockets_once_the_host_is_back() {
    let host = Host::with_ledger().await;
    let (run, stop) = under_way(&host, Workload::Sockets).await;
    let address = host.base().trim_start_matches("http://").to_owned();
    let host = host.restart(|config| config.listen = address).await;
    let head = async || host.get("/_/reducers").await.expect(200).json()["head"].as_u64().unwrap();
    let before = head().await;
    wait_until("the run to go on", async || match head().await {
        now if now > before => Ok(()),
        now => Err(format!("{now} events")),
    })
    .await;
    stop.cancel();
    let report = patiently("the report", run).await.unwrap().unwrap();
    let kinds: Vec<_> = report.errors.iter().map(|error| error.kind.as_str()).collect();
    assert!(kinds.contains(&"the connection broke"), "{report:?}");
    assert!(report.events >= 20 && report.log.after > Some(before), "{report:?}");
}
