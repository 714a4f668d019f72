//! Ten minutes of load on three hosts that share a database, one of which is killed every twenty seconds and comes
//! back: nothing that was acknowledged is lost, nothing is there twice, every model is what its events fold to, and
//! no entity waits for long. Runs only when asked for (`tests/run --hosts`). How long they wait is printed, for
//! people; everything else is asserted.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::{
    sync::RwLock,
    time::{Instant, interval, sleep_until},
};

use crate::harness::{Answer, Host, Place, entity, event_id, foreign_id, guest, run_within, wait_until};

const NAMES: [&str; 3] = ["one", "two", "three"];
const LASTING: Duration = Duration::from_secs(600);
const KILLS_EVERY: Duration = Duration::from_secs(20);
/// For so long a host that was killed stays away: the others have to do without it.
const AWAY: Duration = Duration::from_secs(6);
/// Events in each second, ...
const RATE: u64 = 10_000;
/// ... so many in a request, ...
const BATCH: u64 = 50;
/// ... by so many clients, ...
const CLIENTS: u64 = 16;
/// ... to so many entities.
const ENTITIES: u64 = 10_000;
/// Clients that post one event after another and wait for each until it is folded, each to entities of its own.
const PROBES: u64 = 8;
const PROBED: u64 = 8;

/// The hosts, as far as they are there.
struct Hosts(Vec<RwLock<Option<Host>>>);

impl Hosts {
    /// Asks one host after another until one of them answers as wanted. Gives the answer, and how long it took.
    async fn ask(
        &self,
        first: u64,
        request: impl Fn(&Host) -> RequestBuilder,
        is_wanted: impl Fn(&Answer) -> bool,
    ) -> (Answer, Duration) {
        let began = Instant::now();
        for turn in first.. {
            let host = self.0[usize::try_from(turn).unwrap() % self.0.len()].read().await;
            if let Some(host) = &*host
                && let Ok(response) = request(host).timeout(Duration::from_secs(30)).send().await
                && let Ok(answer) = Answer::read(response).await
            {
                if is_wanted(&answer) {
                    return (answer, began.elapsed());
                }
                assert!(matches!(answer.status, 200 | 201 | 503), "{}", answer.text());
            }
            drop(host);
            // Whoever has nobody to ask need not ask all the time.
            sleep_until(Instant::now() + Duration::from_millis(10)).await;
        }
        unreachable!("there is always another turn")
    }

    /// Kills one host after another and starts each again.
    async fn kill(&self, until: Instant) -> usize {
        let began = Instant::now();
        for kills in 0.. {
            let next = began + KILLS_EVERY * u32::try_from(kills + 1).unwrap();
            if next > until {
                return kills;
            }
            sleep_until(next).await;
            let place = &self.0[kills % self.0.len()];
            // In the midst of requests: nobody is asked whether it suits.
            let id = place.read().await.as_ref().unwrap().process().id();
            let status = std::process::Command::new("kill").args(["-KILL", &id.to_string()]).status();
            assert!(status.unwrap().success());
            let mut place = place.write().await;
            let mut host = place.take().unwrap();
            host.process_mut().ended().await;
            drop(place);
            sleep_until(Instant::now() + AWAY).await;
            let host = host.start_again().await;
            *self.0[kills % self.0.len()].write().await = Some(host);
        }
        unreachable!("time ends")
    }
}

/// One event of a client.
fn item(n: u64) -> Value {
    json!({"sku": n.to_string(), "qty": 1, "price": n % 100})
}

/// Posts batches, as many as the rate asks for. Gives where each event is, and how long each batch took.
async fn post(
    hosts: &Hosts,
    client: u64,
    next: &AtomicU64,
    until: Instant,
) -> (Vec<(u64, u64)>, Vec<Duration>) {
    let mut ticks = interval(Duration::from_millis(1000 * CLIENTS * BATCH / RATE));
    let (mut there, mut took) = (Vec::new(), Vec::new());
    while Instant::now() < until {
        ticks.tick().await;
        let first = next.fetch_add(BATCH, Ordering::Relaxed);
        let event = |n: u64| json!({"id": event_id(n), "type": "added", "entity": entity(n * 7_919 % ENTITIES), "data": item(n)});
        let body = json!((first..first + BATCH).map(event).collect::<Vec<_>>()).to_string();
        let request = |host: &Host| {
            host.request("POST", "/shop/events").header("content-type", "application/json").body(body.clone())
        };
        let (answer, lasted) = hosts.ask(client + first / BATCH, request, |answer| answer.status < 300).await;
        let positions = answer.json()["positions"].as_array().unwrap().clone();
        assert_eq!(positions.len() as u64, BATCH);
        there.extend(positions.iter().map(|at| at.as_u64().unwrap()).zip(first..));
        took.push(lasted);
    }
    (there, took)
}

/// Posts single events and waits for each until it is folded. Gives how long each took.
async fn probe(hosts: &Hosts, of: u64, until: Instant) -> Vec<Duration> {
    let mut took = Vec::new();
    for n in 0.. {
        if Instant::now() >= until {
            break;
        }
        let entity = entity(ENTITIES + of * PROBED + n % PROBED);
        let id = foreign_id(n, u16::try_from(of).unwrap());
        let path = format!("/shop/added/{entity}/{id}?wait=tally&timeout=25");
        let request = |host: &Host| {
            host.request("POST", &path).header("content-type", "application/json").body(item(n).to_string())
        };
        let is_folded = |answer: &Answer| answer.status < 300 && answer.json()["folded"] == json!(true);
        took.push(hosts.ask(of + n, request, is_folded).await.1);
    }
    took
}

/// Prints how long something took.
fn show(what: &str, took: impl IntoIterator<Item = Vec<Duration>>) {
    let mut took: Vec<Duration> = took.into_iter().flatten().collect();
    took.sort_unstable();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    println!("{what}: {}, p50 {:.1} p99 {:.1} longest {:.0} ms", took.len(), at(50), at(99), at(100));
}

/// Waits until nothing is left to fold.
async fn settle(hosts: &Hosts) {
    for host in &hosts.0 {
        let host = host.read().await;
        wait_until("all to be folded", async || {
            let reducer = host.as_ref().unwrap().reducer("shop", "tally").await.unwrap();
            if reducer.lag() == 0 { Ok(()) } else { Err(format!("{reducer:?}")) }
        })
        .await;
    }
}

/// Holds the log against what was acknowledged, and what is folded against the log.
async fn check(place: &Place, there: &BTreeMap<u64, u64>, probes: u64) {
    let database = place.database().unwrap();
    let log = database.execute(
        "SELECT position, convert_from(data, 'UTF8')::json ->> 'sku' FROM events \
         WHERE entity < '00002710-0000-4000-8000-000000000000' ORDER BY position",
    );
    let mut count = 0;
    for (line, (position, n)) in log.lines().zip(there) {
        assert_eq!(line, format!("{position}|{n}"), "it was acknowledged there");
        count += 1;
    }
    assert_eq!((count, log.lines().count()), (there.len(), there.len()), "and nothing else is there");
    let all = there.len() as u64 + probes;
    let counted = "SELECT count(*), count(DISTINCT id), max(position) FROM events";
    assert_eq!(database.execute(counted), format!("{all}|{all}|{all}"));
    let folded =
        "SELECT sum(events), sum((convert_from(model, 'UTF8')::json ->> 'items')::bigint) FROM models";
    assert_eq!(database.execute(folded), format!("{all}|{all}"), "each is folded once");
    let (status, told, said) = run_within(LASTING, &["verify", "--store", &place.store()]).await;
    assert!(status.success() && told.contains(" 0 different"), "{told}{said}");
    println!("{}", told.trim());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "ten minutes on a quiet machine: tests/run --hosts"]
async fn hosts_that_are_killed_under_load_lose_nothing() {
    let place = Arc::new(Place::shared());
    let mut hosts = Vec::new();
    for name in NAMES {
        let folder = tempfile::tempdir().unwrap();
        hosts.push(RwLock::new(Some(Host::serve_by_process(folder, Arc::clone(&place), name).await)));
    }
    let hosts = Hosts(hosts);
    for host in &hosts.0 {
        let host = host.read().await;
        let host = host.as_ref().unwrap();
        host.deploy("shop", "tally", guest("tally")).await;
    }
    let (next, until) = (AtomicU64::new(0), Instant::now() + LASTING);
    let posts = join_all((0..CLIENTS).map(|client| post(&hosts, client, &next, until)));
    let probes = join_all((0..PROBES).map(|of| probe(&hosts, of, until)));
    let (posts, probes, kills) = tokio::join!(posts, probes, hosts.kill(until));
    settle(&hosts).await;
    let (there, took): (Vec<_>, Vec<_>) = posts.into_iter().unzip();
    let there: BTreeMap<u64, u64> = there.into_iter().flatten().collect();
    assert_eq!(there.len() as u64, next.load(Ordering::Relaxed), "each has a position of its own");
    println!("{kills} kills, {} events in {} s", there.len(), LASTING.as_secs());
    show("batches acknowledged", took);
    let probed = probes.iter().map(Vec::len).sum::<usize>() as u64;
    show("events acknowledged and folded", probes);
    check(&place, &there, probed).await;
}
