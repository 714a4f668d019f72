//! Each hostile way in a loop for a minute, beside a reducer that behaves: it must not notice. Takes a
//! quarter of an hour, so it runs only when asked for (`tests/run --soak`). Latencies are printed, for people
//! to compare on a quiet machine; everything else is asserted.

use std::{fs, time::Duration};

use serde_json::{Value, json};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::harness::{Host, Reducer, Stream, entity, event_id, guest, wait_until};

const WAYS: [&str; 16] = [
    "trap",
    "spin",
    "allocate",
    "probe",
    "recurse",
    "chatter",
    "boast",
    "remember",
    "reject",
    "bad-model",
    "huge-model",
    "flood",
    "bad-emit-text",
    "bad-emit-type",
    "bad-emit-entity",
    "log-then-trap",
];
/// How long each way goes on.
const LASTING: Duration = Duration::from_secs(60);
/// Time between two hostile events: enough of them to keep half of the workers busy with the slow ones.
const PERIOD: Duration = Duration::from_millis(50);

/// What a process takes of the machine.
#[derive(Debug, Clone, Copy)]
struct Taken {
    resident_kib: u64,
    threads: u64,
}

fn taken(host: &Host) -> Taken {
    let status = fs::read_to_string(format!("/proc/{}/status", host.process().id())).unwrap();
    let number = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    };
    Taken { resident_kib: number("VmRSS:"), threads: number("Threads:") }
}

/// From a post to the frame that shows its model, over and over, until `until`. Sorted.
async fn latencies(host: &Host, n: &mut u64, until: Instant) -> Vec<Duration> {
    let path = format!("/good/float/{}/model", entity(1));
    let mut all = Vec::new();
    let mut frames: Option<Stream> = None;
    while Instant::now() < until {
        *n += 1;
        let began = Instant::now();
        host.post_to("good", "noted", &entity(1), &event_id(*n), r#"{"n":1.5}"#).await.expect(201);
        let seen = match &mut frames {
            Some(frames) => frames.next().await.unwrap(),
            None => {
                // The first event makes the model that is followed from then on.
                host.model_that(&path, Value::is_object).await;
                frames.insert(host.follow(&path).await).next().await.unwrap()
            }
        };
        assert_eq!(seen.kind, "model", "{seen:?}");
        all.push(began.elapsed());
    }
    all.sort_unstable();
    all
}

fn shown(all: &[Duration]) -> String {
    let at = |percent: usize| all[(all.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    format!("p50 {:6.2} ms, p99 {:6.2} ms, max {:6.1} ms of {}", at(50), at(99), at(100), all.len())
}

/// Hostile events, each for an entity of its own, until `until`; how many.
async fn attack(host: &Host, way: &str, first: u64, until: Instant) -> u64 {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut n = first;
    while Instant::now() < until {
        ticks.tick().await;
        n += 1;
        let data = json!({"message": "no", "count": 1_000_000}).to_string();
        host.post_to("bad", way, &entity(n), &event_id(n), &data).await.expect(201);
    }
    n - first
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a quarter of an hour on a quiet machine: tests/run --soak"]
async fn nobody_notices_a_hostile_reducer() {
    let host = Host::start_process().await;
    host.deploy("good", "float", guest("float")).await;
    host.deploy("bad", "hostile", guest("hostile")).await;
    let (mut n, mut hostile) = (0, 1_000_000);
    // Once around, so that what is allocated for good is there.
    for way in WAYS {
        let until = Instant::now() + Duration::from_secs(1);
        hostile += attack(&host, way, hostile, until).await;
    }
    caught_up(&host).await;
    let quiet = latencies(&host, &mut n, Instant::now() + LASTING).await;
    let before = taken(&host);
    println!("{:16} {} {before:?}", "quiet", shown(&quiet));
    for way in WAYS {
        let until = Instant::now() + LASTING;
        let (seen, count) = tokio::join!(latencies(&host, &mut n, until), attack(&host, way, hostile, until));
        hostile += count;
        caught_up(&host).await;
        let after = taken(&host);
        println!("{way:16} {} {after:?}, {count} attacks", shown(&seen));
        assert_eq!(after.threads, before.threads, "{way}: no thread is lost, none is added");
        assert!(after.resident_kib * 10 <= before.resident_kib * 11, "{way}: {before:?} became {after:?}");
        let good = host.reducer("good", "float").await.unwrap();
        assert_eq!((good.count("parked"), good.state()), (0, "active"), "{way}: {good:?}");
    }
}

/// Waits until the hostile reducer has nothing left to do.
async fn caught_up(host: &Host) {
    wait_until("the hostile reducer to catch up", async || {
        let reducer: Reducer = host.reducer("bad", "hostile").await.unwrap();
        if reducer.lag() == 0 { Ok(()) } else { Err(format!("{reducer:?}")) }
    })
    .await;
}
