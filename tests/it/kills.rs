//! Kills the real program at random moments, over and over, while clients post and reducers emit: what was
//! acknowledged is there, and nothing is folded twice or skipped.
//!
//! Ten kills in every run; two hundred when asked for (`tests/run --kills`).

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Host, Log, entity, event_id, foreign_id, guest, run, wait_until};

const CLIENTS: u64 = 6;
/// Entities of one round. Each round has its own, so that models stay small; some of its events happen to those
/// of the round before.
const ENTITIES: u64 = 12;
const DOMAINS: [&str; 3] = ["ledger", "journal", "echo"];

/// What was acknowledged: positions and contents by id.
type Acknowledged = Mutex<BTreeMap<String, (u64, Value)>>;

/// One event, as a member of a batch. Ids sort anyhow, so that many events are late.
fn member(round: u64, client: u64, n: u64) -> Value {
    let home = if n.is_multiple_of(8) { round.saturating_sub(1) } else { round };
    let of = home * ENTITIES + fastrand::u64(0..ENTITIES);
    let id = foreign_id(round * 100_000 + n.wrapping_mul(7_919) % 100_000, u16::try_from(client).unwrap());
    // Some echoes go to another entity.
    let data =
        if n.is_multiple_of(5) { json!({"n": n, "to": entity(round * ENTITIES)}) } else { json!({"n": n}) };
    json!({"id": id, "type": "said", "entity": entity(of), "data": data})
}

/// Posts, one by one and in batches, until the host is gone.
async fn feed(host: &Host, round: u64, client: u64, next: &AtomicU64, acknowledged: &Acknowledged) {
    loop {
        let size = if client.is_multiple_of(2) { 1 } else { fastrand::u64(2..20) };
        let first = next.fetch_add(size, Ordering::Relaxed);
        let events: Vec<Value> = (first..first + size).map(|n| member(round, client, n)).collect();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (path, body) = match events.as_slice() {
            [one] => {
                let path = format!("/shop/said/{}/{}", text(&one["entity"]), text(&one["id"]));
                (path, one["data"].to_string())
            }
            many => ("/shop/events".to_owned(), json!(many).to_string()),
        };
        let request = host.request("POST", &path).header("content-type", "application/json").body(body);
        let Ok(response) = request.send().await else { return };
        let status = response.status().as_u16();
        let Ok(body) = response.bytes().await else { return };
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(&body));
        let answer: Value = serde_json::from_slice(&body).unwrap();
        let positions: Vec<u64> = match &answer["positions"] {
            Value::Array(positions) => positions.iter().map(|position| position.as_u64().unwrap()).collect(),
            _ => vec![answer["position"].as_u64().unwrap()],
        };
        assert_eq!(positions.len(), events.len(), "{answer}");
        let pairs = events.into_iter().zip(positions);
        acknowledged.lock().unwrap().extend(pairs.map(|(event, at)| (text(&event["id"]), (at, event))));
    }
}

/// Posts until the program is killed, at a moment that nobody chose.
async fn round(host: &mut Host, round: u64) -> BTreeMap<String, (u64, Value)> {
    let (acknowledged, next) = (Acknowledged::default(), AtomicU64::new(0));
    let feeds = (0..CLIENTS).map(|client| feed(host, round, client, &next, &acknowledged));
    let lasting = Duration::from_millis(fastrand::u64(30..400));
    assert!(tokio::time::timeout(lasting, join_all(feeds)).await.is_err(), "the host went away by itself");
    host.process_mut().kill().await;
    acknowledged.into_inner().unwrap()
}

/// Holds the log, as far as this round wrote it, and the models of its entities against what was acknowledged.
async fn check(host: &Host, round: u64, acknowledged: &BTreeMap<String, (u64, Value)>, log: &mut Log) {
    for domain in DOMAINS {
        host.serves("shop", domain, guest(domain)).await;
    }
    // What one domain emits, the others have to fold as well: nothing may come while all are looked at.
    wait_until("nothing to wait", async || {
        let head = log.read_on(host).await;
        for domain in DOMAINS {
            let reducer = host.reducer("shop", domain).await.unwrap();
            if reducer.lag() > 0 || log.read_on(host).await != head {
                return Err(format!("{reducer:?}"));
            }
        }
        Ok(())
    })
    .await;
    for (id, (position, event)) in acknowledged {
        let there = log.at(*position);
        for member in ["id", "type", "entity", "data"] {
            assert_eq!(there[member], event[member], "{id} was acknowledged at {position}: {there}");
        }
    }
    for of in round.saturating_sub(1) * ENTITIES..(round + 1) * ENTITIES {
        log.models_are_its_folds(host, &entity(of)).await;
    }
}

async fn kills(count: u64) {
    let mut host = Host::start_process().await;
    for domain in DOMAINS {
        host.deploy("shop", domain, guest(domain)).await;
    }
    let (mut log, mut all) = (Log::default(), 0);
    for number in 0..count {
        let acknowledged = round(&mut host, number).await;
        host = host.start_again().await;
        check(&host, number, &acknowledged, &mut log).await;
        all += acknowledged.len();
    }
    assert!(all as u64 >= 10 * count, "only {all} events were acknowledged in {count} rounds");
    host.post("said", &entity(0), &event_id(0), &json!({"n": 0})).await.expect(201);
    let store = host.place().store();
    host.process_mut().kill().await;
    let (status, told, said) = run(&["verify", "--store", &store], &[]).await;
    assert!(status.success() && told.contains(" 0 different"), "{told}{said}");
    println!("{count} kills, {all} events acknowledged; {}", told.trim());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_kills_lose_nothing_that_was_acknowledged() {
    kills(10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes: tests/run --kills"]
async fn two_hundred_kills_lose_nothing_that_was_acknowledged() {
    // Stores that a build without optimizations verifies while a test is patient.
    for _ in 0..4 {
        kills(50).await;
    }
}
