//! Trouble with a database that hosts share: it is killed, replaced, or cannot be reached. Hosts say so, lose nothing,
//! and go on by themselves.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use everfold_test_postgres::Cluster;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Answer, Gate, Host, Place, Stream, entity, event_id, guest, verified, wait_until};

const ENTITIES: u64 = 12;
const CLIENTS: u64 = 4;

/// Posts one event after another until told to stop, each again and again until it is acknowledged. Gives where
/// each is, and how often the host said that it cannot now.
async fn post(host: &Host, next: &AtomicU64, stop: &AtomicBool) -> (BTreeMap<u64, u64>, u64) {
    let (mut there, mut refused) = (BTreeMap::new(), 0);
    while !stop.load(Ordering::Relaxed) {
        let n = next.fetch_add(1, Ordering::Relaxed);
        let answer = wait_until("an acknowledgement", async || {
            let answer = host.post("noted", &entity(n % ENTITIES), &event_id(n), &json!({"n": n})).await;
            if answer.status == 503 {
                refused += 1;
                assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0);
                return Err(answer.text());
            }
            assert!(matches!(answer.status, 200 | 201), "{}", answer.text());
            Ok(answer)
        })
        .await;
        there.insert(n, answer.json()["position"].as_u64().unwrap());
    }
    (there, refused)
}

/// The epoch of a store that has events.
async fn epoch(host: &Host) -> String {
    host.follow("/shop/events").await.frame("event").await.cursor().0
}

/// What a host says once it answers.
async fn answers(host: &Host, path: &str) -> Answer {
    wait_until(&format!("an answer to {path}"), async || {
        let answer = host.get(path).await;
        if answer.status == 200 { Ok(answer) } else { Err(answer.text()) }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_killed_loses_nothing_that_was_acknowledged() {
    let mut cluster = Cluster::new();
    let host = Host::start(|config| config.store = cluster.url()).await;
    host.deploy("shop", "ledger", guest("ledger")).await;
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let posts = join_all((0..CLIENTS).map(|_| post(&host, &next, &stop)));
    let kills = async {
        for _ in 0..3 {
            let some = next.load(Ordering::Relaxed) + 100;
            wait_until("some to be posted", async || {
                let now = next.load(Ordering::Relaxed);
                if now > some { Ok(()) } else { Err(now.to_string()) }
            })
            .await;
            cluster.crash();
            // Nobody goes on before a host has said that it cannot.
            wait_until("it to be missed", async || {
                let answer = host.get(&ledger(0)).await;
                if answer.status == 503 { Ok(()) } else { Err(answer.text()) }
            })
            .await;
            cluster.start();
        }
        let last = next.load(Ordering::Relaxed) + 100;
        wait_until("it to go on", async || {
            let now = next.load(Ordering::Relaxed);
            if now > last { Ok(()) } else { Err(now.to_string()) }
        })
        .await;
        stop.store(true, Ordering::Relaxed);
    };
    let (posts, ()) = tokio::join!(posts, kills);
    assert!(posts.iter().map(|(_, refused)| refused).sum::<u64>() > 0, "somebody was told");
    let there: BTreeMap<u64, u64> = posts.into_iter().flat_map(|(there, _)| there).collect();
    host.settles().await;
    let log = cluster.execute("SELECT convert_from(data, 'UTF8')::json ->> 'n', position FROM events");
    let kept: BTreeMap<u64, u64> = log
        .lines()
        .map(|line| line.split_once('|').unwrap())
        .map(|(n, position)| (n.parse().unwrap(), position.parse().unwrap()))
        .collect();
    assert_eq!(kept, there);
    assert_eq!(
        cluster.execute("SELECT count(*), max(position) FROM events"),
        format!("{0}|{0}", there.len())
    );
    verified(&cluster.url()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_takes_over_without_the_newest_begins_another_epoch() {
    let mut cluster = Cluster::new();
    let host = Host::start(|config| config.store = cluster.url()).await;
    host.deploy("shop", "ledger", guest("ledger")).await;
    let note = async |n: u64| {
        let path = format!("/shop/noted/{}/{}?wait=ledger&timeout=30", entity(n % 2), event_id(n));
        let request = host.request("POST", &path).header("content-type", "application/json");
        host.send(request.body(json!({"n": n}).to_string())).await
    };
    for n in 1..=4 {
        note(n).await.expect(201);
    }
    let before = epoch(&host).await;
    cluster.copy();
    // The replica has never heard of these.
    note(5).await.expect(201);
    let lost = note(6).await.expect(201).json();
    assert_eq!(lost["position"], 6);
    let mut events = host.follow("/shop/events").await;
    let mut cursor = String::new();
    for position in 1..=6 {
        let frame = events.frame("event").await;
        assert_eq!(frame.cursor().1, position);
        cursor = frame.id;
    }
    cluster.crash();
    cluster.promote();
    // By itself: nobody starts it again.
    let after = wait_until("another epoch", async || {
        let answer = host.get("/shop/events").await;
        if answer.status != 200 || answer.json()["events"].as_array().unwrap().len() != 4 {
            return Err(answer.text());
        }
        let now = epoch(&host).await;
        if now == before { Err(now) } else { Ok(now) }
    })
    .await;
    host.serves("shop", "ledger", guest("ledger")).await;
    // Who was further on than the replica is told to forget it, and gets everything from the start.
    let request = host.request("GET", "/shop/events").header("last-event-id", cursor);
    let mut events = Stream::open(request).await;
    let reset = events.frame("reset").await;
    assert_eq!(reset.data["epoch"], after);
    for position in 1..=4 {
        assert_eq!(events.frame("event").await.cursor().1, position);
    }
    let again = note(6).await.expect(201).json();
    assert_eq!((&again["position"], &again["folded"]), (&json!(5), &json!(true)), "{again}");
    assert_eq!(answers(&host, &ledger(0)).await.json()["sum"], 2 + 4 + 6);
    assert_eq!(answers(&host, &ledger(1)).await.json()["sum"], 1 + 3);
    verified(&cluster.url()).await;
}

fn ledger(of: u64) -> String {
    format!("/shop/ledger/{}/model", entity(of))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_is_cut_off_is_not_waited_for_and_comes_back() {
    let place = Arc::new(Place::shared());
    let gate = Gate::to(place.database().unwrap());
    let one = Host::start_sharing(&place, "one", |_| {}).await;
    one.deploy("shop", "ledger", guest("ledger")).await;
    let store = gate.url(place.database().unwrap());
    let cut_off = Host::start_sharing(&place, "cut-off", |config| config.store = store).await;
    cut_off.serves("shop", "ledger", guest("ledger")).await;
    let note = async |host: &Host, n: u64| -> Value {
        let path = format!("/shop/noted/{}/{}?wait=ledger&timeout=30", entity(n % ENTITIES), event_id(n));
        let request = host.request("POST", &path).header("content-type", "application/json");
        let answer = host.send(request.body(json!({"n": n}).to_string())).await;
        assert!(matches!(answer.status, 200 | 201), "{}", answer.text());
        answer.json()
    };
    for n in 0..ENTITIES {
        note(&cut_off, n).await;
    }
    gate.shut();
    // It has to wait with this one, and does not fail.
    let waiting = note(&cut_off, 1_000);
    let others = async {
        for n in 2 * ENTITIES..3 * ENTITIES {
            assert_eq!(note(&one, n).await["folded"], true);
        }
        gate.open();
    };
    let (waited, ()) = tokio::join!(waiting, others);
    assert_eq!(waited["folded"], true, "{waited}");
    for n in 3 * ENTITIES..4 * ENTITIES {
        assert_eq!(note(&cut_off, n).await["folded"], true);
    }
    for of in 0..ENTITIES {
        let model = one.get(&ledger(of)).await.expect(200).json();
        assert_eq!(model, cut_off.get(&ledger(of)).await.expect(200).json());
        let late = if of == 1_000 % ENTITIES { 1_000 } else { 0 };
        assert_eq!(model["sum"], 3 * of + 5 * ENTITIES + late);
    }
    verified(&place.store()).await;
}
