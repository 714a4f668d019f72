//! Each hostile way in a loop for a minute, beside a reducer that behaves: it must not notice. Takes half an
//! hour, so it runs only when asked for (`tests/run --soak`). Latencies are printed, for people to compare on a
//! quiet machine; everything else is asserted.

use std::{fs, io, time::Duration};

use serde_json::{Value, json};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::harness::{Host, Reducer, Stream, entity, event_id, guest, wait_until};

const WAYS: [&str; 12] = [
    "spin",
    "chatter",
    "trap",
    "allocate",
    "recurse",
    "boast",
    "remember",
    "reject",
    "huge-model",
    "flood",
    "bad-emit-text",
    "bad-emit-entity",
];
/// How long a way goes on, and then nothing, ...
const SLICE: Duration = Duration::from_secs(10);
/// ... and how often: so that both are measured on the same machine, whatever else it is doing.
const SLICES: usize = 6;
/// Time between two hostile events: enough of them to keep half of the workers busy with the slow ones.
const PERIOD: Duration = Duration::from_millis(50);

/// What the runtime calls its threads. Of those that wait for files some come and go.
const OF_THE_RUNTIME: &str = "tokio-";

/// What a process takes of the machine.
#[derive(Debug, Clone, Copy)]
struct Taken {
    resident_kib: u64,
    /// Without the runtime's.
    threads: usize,
}

fn taken(host: &Host) -> Taken {
    let process = format!("/proc/{}", host.process().id());
    let resident_kib = host.process().resident_kib();
    let threads = fs::read_dir(format!("{process}/task")).unwrap();
    // One that has ended since the list was made has no name any more.
    let name =
        |thread: io::Result<fs::DirEntry>| fs::read_to_string(thread.unwrap().path().join("comm")).ok();
    let named = threads.filter_map(name).filter(|name| !name.starts_with(OF_THE_RUNTIME));
    Taken { resident_kib, threads: named.count() }
}

/// From a post to the frame that shows its model, over and over, until `until`.
async fn latencies(host: &Host, n: &mut u64, until: Instant) -> Vec<Duration> {
    let path = format!("/good/float/{}/model", entity(1));
    let mut all = Vec::new();
    let mut frames: Option<Stream> = None;
    while Instant::now() < until {
        *n += 1;
        let began = Instant::now();
        // Another number each time, or the model would come to rest and no frame would come.
        let data = json!({"n": *n}).to_string();
        host.post_to("good", "noted", &entity(1), &event_id(*n), &data).await.expect(201);
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
    all
}

/// In milliseconds: what so many of a hundred took at most.
fn at(percent: usize, sorted: &[Duration]) -> f64 {
    sorted[(sorted.len() - 1) * percent / 100].as_secs_f64() * 1e3
}

/// Prints what it is like beside a hostile way, and what it is like without.
fn show(way: &str, mut beside: Vec<Duration>, mut quiet: Vec<Duration>) {
    beside.sort_unstable();
    quiet.sort_unstable();
    let of = |sorted: &[Duration]| {
        let [p50, p99, max] = [50, 99, 100].map(|percent| at(percent, sorted));
        format!("p50 {p50:5.2} p99 {p99:5.2} max {max:6.1} ms of {:5}", sorted.len())
    };
    let ratio = at(99, &beside) / at(99, &quiet);
    println!("{way:16} {}; quiet {}; p99 {ratio:4.2}x", of(&beside), of(&quiet));
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
#[ignore = "half an hour on a quiet machine: tests/run --soak"]
async fn nobody_notices_a_hostile_reducer() {
    let host = Host::start_process().await;
    host.deploy("good", "float", guest("float")).await;
    host.deploy("bad", "hostile", guest("hostile")).await;
    let (mut n, mut hostile) = (0, 10_000_000);
    fill_caches(&host).await;
    // Once around, so that what is allocated for good is there.
    for way in WAYS {
        let until = Instant::now() + Duration::from_secs(1);
        hostile += attack(&host, way, hostile, until).await;
    }
    caught_up(&host).await;
    latencies(&host, &mut n, Instant::now() + SLICE).await;
    let before = taken(&host);
    println!("{before:?}");
    for way in WAYS {
        let (mut beside, mut quiet, first) = (Vec::new(), Vec::new(), hostile);
        for _ in 0..SLICES {
            quiet.extend(latencies(&host, &mut n, Instant::now() + SLICE).await);
            let until = Instant::now() + SLICE;
            let (seen, count) =
                tokio::join!(latencies(&host, &mut n, until), attack(&host, way, hostile, until));
            beside.extend(seen);
            hostile += count;
            caught_up(&host).await;
        }
        show(way, beside, quiet);
        let after = taken(&host);
        println!("{:16} {after:?}, {} attacks", "", hostile - first);
        assert_eq!(after.threads, before.threads, "{way}: no thread is lost, none is added");
        assert!(after.resident_kib * 10 <= before.resident_kib * 11, "{way}: {before:?} became {after:?}");
        let good = host.reducer("good", "float").await.unwrap();
        assert_eq!((good.count("parked"), good.state()), (0, "active"), "{way}: {good:?}");
    }
}

/// Makes a store that is larger than what is kept of it in memory, so that this does not grow any more.
async fn fill_caches(host: &Host) {
    for batch in 0..100 {
        let member = |n: u64| json!({"id": event_id(n), "type": "noted", "entity": entity(2 + n % 5_000), "data": {"n": n}});
        let first = 5_000_000 + batch * 5_000;
        let events: Vec<Value> = (first..first + 5_000).map(member).collect();
        host.post_batch("good", &json!(events)).await.expect(201);
    }
    // Four readers at once: each connection to the store keeps pages of its own.
    let read = async |part: u64| {
        for page in 0..125 {
            let after = part * 125_000 + page * 1_000;
            host.get(&format!("/good/events?limit=1000&after={after}")).await.expect(200);
        }
    };
    tokio::join!(read(0), read(1), read(2), read(3));
    let folded = |reducer: &Reducer| reducer.lag() == 0;
    host.reducer_that("fold what fills the caches", "good", "float", folded).await;
}

/// Waits until the hostile reducer has nothing left to do.
async fn caught_up(host: &Host) {
    wait_until("the hostile reducer to catch up", async || {
        let reducer: Reducer = host.reducer("bad", "hostile").await.unwrap();
        if reducer.lag() == 0 { Ok(()) } else { Err(format!("{reducer:?}")) }
    })
    .await;
}
