//! Reading models: one, a page of them, their keys; what the headers tell.

use serde_json::{Value, json};

use crate::harness::{Host, entities, entity, event_id, guest};

#[tokio::test]
async fn a_model_names_its_version_position_and_module() {
    let host = Host::with_ledger().await;
    let path = format!("/shop/ledger/{}/model", entity(1));
    host.post("noted", &entity(1), &event_id(1), &json!({"n": 4})).await.expect(201);
    host.model_is(&path, &json!({"ids": [event_id(1)], "sum": 4})).await;
    let first = host.get(&path).await.expect(200);
    assert_eq!(first.text(), format!(r#"{{"ids":["{}"],"sum":4}}"#, event_id(1)), "byte for byte");
    assert_eq!(first.header("content-type"), "application/json");
    assert_eq!(first.header("everfold-position"), "1");
    assert_eq!(first.header("everfold-module"), guest("ledger").hash, "the SHA-256 of the file");
    assert_eq!(
        (first.header("vary"), first.header("cache-control")),
        ("Accept, Accept-Encoding", "no-cache")
    );
    let tag = first.header("etag").to_owned();
    let known = || host.request("GET", &path).header("if-none-match", &tag);
    let same = host.send(known()).await.expect(304);
    assert_eq!((same.body.len(), same.header("etag")), (0, tag.as_str()));
    let head = host.send(host.request("HEAD", &path)).await.expect(200);
    assert_eq!((head.body.len(), head.header("etag")), (0, tag.as_str()));

    host.post("noted", &entity(2), &event_id(2), &json!({"n": 1})).await.expect(201);
    host.post("noted", &entity(1), &event_id(3), &json!({"n": 5})).await.expect(201);
    host.model_is(&path, &json!({"ids": [event_id(1), event_id(3)], "sum": 9})).await;
    let second = host.send(known()).await.expect(200);
    assert_eq!(second.header("everfold-position"), "3");
    let version = |tag: &str| {
        let (epoch, version) = tag.trim_matches('"').rsplit_once('-').unwrap();
        (epoch.to_owned(), version.parse::<u64>().unwrap())
    };
    let ((epoch, before), (same_epoch, after)) = (version(&tag), version(second.header("etag")));
    assert_eq!(epoch, same_epoch);
    assert!(after > before, "versions rise: {before}, {after}");
}

#[tokio::test]
async fn what_a_reducer_did_not_take_leaves_no_model() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "door", guest("door")).await;
    host.post("noted", &entity(1), &event_id(1), &json!(1)).await.expect(201);
    host.post("unlocked", &entity(2), &event_id(2), &json!(1)).await.expect(201);
    host.model_is(&format!("/shop/door/{}/model", entity(2)), &json!({"unlocked": true, "opened": []})).await;
    let none = host.get(&format!("/shop/door/{}/model", entity(1))).await.expect(404);
    assert_eq!(none.problem(), "no-model");
}

#[tokio::test]
async fn models_and_keys_come_in_pages_by_entity() {
    let host = Host::with_ledger().await;
    for n in [5, 2, 4, 1, 3] {
        host.post("noted", &entity(n), &event_id(n), &json!({"n": n})).await.expect(201);
    }
    for n in 1..=5 {
        host.model_that(&format!("/shop/ledger/{}/model", entity(n)), |model| model["sum"] == n).await;
    }
    let mut seen = vec![];
    let mut url = json!("/shop/ledger/models?limit=2");
    while let Some(path) = url.as_str() {
        let page = host.get(path).await.expect(200);
        for one in page.json()["models"].as_array().unwrap() {
            let alone = host.get(&format!("/shop/ledger/{}/model", one["entity"].as_str().unwrap())).await;
            assert_eq!(one["model"], alone.json());
            assert_eq!(one["position"].to_string(), alone.header("everfold-position"));
            assert_eq!(one["module"], alone.header("everfold-module"));
            assert!(alone.header("etag").ends_with(&format!("-{}\"", one["version"])));
            seen.push(one["entity"].clone());
        }
        url = page.json()["next"].clone();
    }
    assert_eq!(seen, entities([1, 2, 3, 4, 5]));
    let keys = host.get("/shop/ledger/keys?limit=3").await.expect(200).json();
    assert_eq!(keys["keys"], json!(entities([1, 2, 3])));
    let rest = host.get(keys["next"].as_str().unwrap()).await.expect(200).json();
    assert_eq!(rest, json!({"keys": entities([4, 5]), "next": null}));
    let lines = host.request("GET", "/shop/ledger/keys").header("accept", "application/x-ndjson");
    assert_eq!(host.send(lines).await.expect(200).text().lines().count(), 5);
}

#[tokio::test]
async fn a_contexts_keys_are_its_domains() {
    let host = Host::with_ledger().await;
    host.deploy("shop", "roll", guest("roll")).await;
    host.deploy("other", "journal", guest("journal")).await;
    assert_eq!(
        host.get("/shop/keys").await.expect(200).json(),
        json!({"keys": ["ledger", "roll"], "next": null})
    );
    let page = host.get("/shop/keys?limit=1").await.expect(200).json();
    assert_eq!(page["keys"], json!(["ledger"]));
    let rest = host.get(page["next"].as_str().unwrap()).await.expect(200).json();
    assert_eq!(rest["keys"], json!(["roll"]));
}

#[tokio::test]
async fn reducers_are_listed_with_what_they_say_about_themselves() {
    let host = Host::with_ledger().await;
    host.deploy("shop", "roll", guest("roll")).await;
    host.post("noted", &entity(1), &event_id(1), &json!({"n": 1})).await.expect(201);
    let done = |reducer: &crate::harness::Reducer| reducer.count("models") == 1 && reducer.0["lag"] == 0;
    let ledger = host.reducer_that("fold", "shop", "ledger", done).await;
    assert_eq!(ledger.module(), guest("ledger").hash);
    assert_eq!(ledger.0["descriptor"]["fold"], json!({"entity": "occurred"}));
    assert_eq!(ledger.0["descriptor"]["upgrade"], "rebuild");
    assert_eq!((ledger.count("reductions"), ledger.count("folded"), ledger.count("parked")), (1, 1, 0));
    let roll = host.reducer_that("fold", "shop", "roll", done).await;
    assert_eq!(roll.0["descriptor"]["fold"], "whole-context");
    assert_eq!(roll.0["descriptor"]["event_types"], json!(["noted"]));
    assert_eq!(roll.0["refused"], Value::Null);
}
