//! Durable before acknowledged: what was answered with 2xx survives `kill -9`, and every model equals a
//! fold of its events.

use std::{collections::BTreeMap, sync::Mutex};

use serde_json::{Value, json};

use crate::harness::{Host, entity, event_id, foreign_id, guest, left_out, run, wait_until};

const CLIENTS: u64 = 8;
const ENTITIES: u64 = 20;

/// Posts until the host is gone, and notes what was acknowledged: ids and positions.
async fn feed(
    host: &Host,
    client: u64,
    acknowledged: &Mutex<BTreeMap<String, u64>>,
    enough: &tokio::sync::Notify,
) {
    for n in 0.. {
        // Every fourth event is late.
        let id = foreign_id(if n % 4 == 3 { 1_000 - n } else { 1_000 + n }, u16::try_from(client).unwrap());
        let path = format!("/shop/said/{}/{id}", entity((n + client) % ENTITIES));
        let request = host.request("POST", &path).header("content-type", "application/json");
        let Ok(response) = request.body(json!({"n": n}).to_string()).send().await else { return };
        let status = response.status().as_u16();
        let Ok(body) = response.bytes().await else { return };
        assert_eq!(status, 201);
        let body: Value = serde_json::from_slice(&body).unwrap();
        let mut acknowledged = acknowledged.lock().unwrap();
        acknowledged.insert(id, body["position"].as_u64().unwrap());
        if acknowledged.len() == 500 {
            enough.notify_one();
        }
    }
}

async fn all_events(host: &Host) -> Vec<Value> {
    let mut events = vec![];
    let mut next = json!("/shop/events?limit=1000");
    while let Some(path) = next.as_str() {
        let page = host.get(path).await.expect(200).json();
        events.extend(page["events"].as_array().unwrap().iter().cloned());
        next = page["next"].clone();
    }
    events
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kill_9_and_models_equal_their_events() {
    let mut host = Host::start_process().await;
    host.deploy("shop", "ledger", guest("ledger")).await;
    host.deploy("shop", "journal", guest("journal")).await;
    host.deploy("shop", "echo", guest("echo")).await;
    let acknowledged = Mutex::new(BTreeMap::new());
    let enough = tokio::sync::Notify::new();
    let feeds = futures_util::future::join_all((0..CLIENTS).map(|c| feed(&host, c, &acknowledged, &enough)));
    let killed = async {
        enough.notified().await;
        host.process().signal("KILL");
    };
    tokio::join!(feeds, killed);
    host.process_mut().ended().await;
    let host = host.start_again().await;

    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() >= 500);
    for domain in ["ledger", "journal", "echo"] {
        host.serves("shop", domain, guest(domain)).await;
    }
    // One more event for each entity: once it is folded, all before it are.
    for of in 0..ENTITIES {
        host.post("said", &entity(of), &event_id(100_000 + of), &json!({"n": 0})).await.expect(201);
    }
    // The echo answers each of the posted events once: then nothing more is to come.
    let posted = |events: &[Value]| events.iter().filter(|event| event["type"] == "said").count();
    let events = wait_until("every echo", async || {
        let events = all_events(&host).await;
        let said = posted(&events);
        if events.len() == 2 * said {
            Ok(events)
        } else {
            Err(format!("{said} said, {} in all", events.len()))
        }
    })
    .await;
    let positions: Vec<u64> = events.iter().map(|event| event["position"].as_u64().unwrap()).collect();
    assert!(positions.iter().copied().eq(1..=events.len() as u64), "no gap, no double");
    let known: BTreeMap<_, _> =
        events.iter().map(|event| (event["id"].as_str().unwrap(), &event["position"])).collect();
    for (id, position) in &acknowledged {
        assert_eq!(known.get(id.as_str()), Some(&&json!(position)), "{id}");
    }
    for of in 0..ENTITIES {
        let of = entity(of);
        let by_id = host.get(&format!("/shop/{of}/events?limit=1000")).await.expect(200).json();
        let ids: Vec<_> =
            by_id["events"].as_array().unwrap().iter().map(|event| event["id"].clone()).collect();
        host.model_that(&format!("/shop/ledger/{of}/model"), |model| model["ids"] == json!(ids)).await;
        let by_position: Vec<_> = events.iter().filter(|event| event["entity"] == of.as_str()).collect();
        let (ids, positions): (Vec<_>, Vec<_>) =
            by_position.iter().map(|e| (&e["id"], &e["position"])).unzip();
        host.model_is(&format!("/shop/journal/{of}/model"), &json!({"ids": ids, "positions": positions}))
            .await;
        let said = by_position.iter().filter(|event| event["type"] == "said").count();
        host.model_is(&format!("/shop/echo/{of}/model"), &json!({"said": said})).await;
    }
}

#[tokio::test]
async fn a_second_host_on_one_file_is_refused_and_told_who_holds_it() {
    if left_out("a file, which one host holds; many share a database") {
        return;
    }
    let mut host = Host::start_process().await;
    let (store, reducers) = (host.config().store.clone(), host.folder().join("others"));
    let process = host.process().id();
    let arguments =
        ["serve", "--listen", "127.0.0.1:0", "--store", &store, "--reducers", reducers.to_str().unwrap()];
    let (status, _, said) = run(&arguments, &[]).await;
    assert!(!status.success());
    for words in ["in use", &format!("process {process}"), "everfold.db"] {
        assert!(said.contains(words), "{words:?} is not in {said}");
    }
    host.post("noted", &entity(1), &event_id(1), &json!({})).await.expect(201);
    host.process_mut().kill().await;
    let host = host.start_again().await;
    assert_eq!(host.events("shop").await.len(), 1, "a dead host holds nothing");
}

#[tokio::test]
async fn an_epoch_belongs_to_a_store_and_lasts() {
    let host = Host::start(|_| {}).await;
    let path = format!("/shop/{}/event", event_id(1));
    host.post("noted", &entity(1), &event_id(1), &json!({})).await.expect(201);
    let tag = host.get(&path).await.header("etag").to_owned();
    let host = host.restart(|_| {}).await;
    assert_eq!(host.get(&path).await.header("etag"), tag);
    let other = Host::start(|config| config.store = "sqlite::memory:".to_owned()).await;
    other.post("noted", &entity(1), &event_id(1), &json!({})).await.expect(201);
    assert_ne!(other.get(&path).await.header("etag"), tag);
}
