//! What reducers emit otherwise than it was emitted before, one by one.

use serde_json::{Value, json};

use crate::harness::{Host, Reducer, entity, event_id, guest};

const LIST: &str = "/_/divergences";

impl Host {
    /// Puts a module in force and waits until so many divergences were found in its domain.
    async fn diverges(&self, domain: &str, name: &'static str, count: u64) {
        self.deploy("shop", domain, guest(name)).await;
        let diverges = |reducer: &Reducer| reducer.count("divergent") == count;
        self.reducer_that("diverge", "shop", domain, diverges).await;
    }

    async fn divergences(&self, query: &str) -> Vec<Value> {
        let page = self.get(&format!("{LIST}{query}")).await.expect(200).json();
        assert_eq!(page["next"], Value::Null);
        page["divergences"].as_array().unwrap().clone()
    }
}

/// Of these divergences: how, what, and what it would say now.
fn told(divergences: &[Value]) -> Vec<Value> {
    divergences.iter().map(|d| json!([d["domain"], d["difference"], d["id"], d["data"]])).collect()
}

#[tokio::test]
async fn each_is_told_with_its_entity_its_cause_and_what_differs() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "echo", guest("echo")).await;
    host.deploy("shop", "mute", guest("ledger")).await;
    assert_eq!(host.divergences("").await, [json!(null); 0]);
    host.post("said", &entity(1), &event_id(1), &json!({"n": 1})).await.expect(201);
    let emits = |reducer: &Reducer| reducer.count("emitted") == 1 && reducer.lag() == 0;
    host.reducer_that("emit", "shop", "echo", emits).await;
    host.reducer_that("fold", "shop", "mute", |reducer| reducer.lag() == 0).await;
    let echo = host.events("shop").await.remove(1);

    host.diverges("echo", "echo-v2", 1).await;
    let listed = host.divergences("").await;
    let entry = &listed[0];
    for (name, value) in [
        ("context", json!("shop")),
        ("domain", json!("echo")),
        ("entity", json!(entity(1))),
        ("id", echo["id"].clone()),
        ("type", json!("echoed")),
        ("cause", json!(event_id(1))),
        ("difference", json!("other")),
        ("data", json!(r#"{"n":1,"v":2}"#)),
    ] {
        assert_eq!(entry[name], value, "{name} of {entry}");
    }
    assert!(entry["at"].as_str().unwrap().ends_with('Z'), "{entry}");
    let reducer = host.reducer("shop", "echo").await.unwrap();
    assert_eq!(entry["message"], reducer.0["divergence"], "the newest is shown beside its domain");

    host.diverges("echo", "ledger", 2).await;
    host.diverges("mute", "echo", 1).await;
    let listed = host.divergences("").await;
    assert_eq!(listed.len(), 3, "{listed:?}");
    assert_eq!(
        told(&listed[1..]),
        [
            json!(["echo", "missing", echo["id"], null]),
            json!(["echo", "other", echo["id"], r#"{"n":1,"v":2}"#]),
        ],
        "the newest comes first"
    );
    assert_eq!(
        json!([listed[0]["domain"], listed[0]["difference"], listed[0]["data"]]),
        json!(["mute", "extra", r#"{"n":1}"#])
    );
    assert_ne!(listed[0]["id"], echo["id"], "another domain derives other ids");
    assert_eq!(host.divergences("?domain=echo&context=shop").await, listed[1..]);
    assert_eq!(host.divergences("?limit=1").await, listed[..1]);
    assert_eq!(host.divergences("?context=elsewhere").await.len(), 0);
    for bad in ["?context=Shop", "?limit=0", "?after=1"] {
        assert_eq!(host.get(&format!("{LIST}{bad}")).await.expect(400).problem(), "invalid-request", "{bad}");
    }
}

#[tokio::test]
async fn an_id_that_is_taken_is_told_and_only_the_newest_are_kept() {
    let first = Host::start(|_| {}).await;
    first.deploy("shop", "echo", guest("echo")).await;
    let said = json!({"times": 120, "what": "\u{e9}".repeat(2000)});
    first.post("said", &entity(1), &event_id(1), &said).await.expect(201);
    let emits = |reducer: &Reducer| reducer.count("emitted") == 120;
    first.reducer_that("emit", "shop", "echo", emits).await;
    let ids: Vec<Value> = first.events("shop").await[1..].iter().map(|event| event["id"].clone()).collect();

    let host = Host::start(|_| {}).await;
    host.deploy("shop", "echo", guest("echo")).await;
    let noted = |id: &Value| json!({"id": id, "type": "noted", "entity": entity(1), "data": "first come"});
    host.post_batch("shop", &json!(ids.iter().map(noted).collect::<Vec<_>>())).await.expect(201);
    host.post("said", &entity(1), &event_id(1), &said).await.expect(201);
    let diverges = |reducer: &Reducer| reducer.count("divergent") == 120;
    host.reducer_that("diverge", "shop", "echo", diverges).await;
    let listed = host.divergences("?limit=1000").await;
    assert_eq!(listed.len(), 100);
    for entry in &listed {
        assert_eq!(
            (&entry["difference"], &entry["cause"]),
            (&json!("taken"), &json!(event_id(1))),
            "{entry}"
        );
        assert_eq!(entry["data"].as_str().unwrap().chars().count(), 1000, "{entry}");
    }
    let mut kept: Vec<_> = listed.iter().map(|entry| entry["id"].clone()).collect();
    kept.reverse();
    assert_eq!(kept, ids[20..]);
}
