//! Deploying is a file: create, overwrite, delete, come back, without a restart and without a dropped
//! request.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::harness::{Host, Reducer, entity, event_id, event_ids, guest, wait_until};

async fn fed(domain: &str, entities: u64) -> Host {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", domain, guest(domain)).await;
    let member =
        |n| json!({"id": event_id(n), "type": "noted", "entity": entity(n % entities), "data": {"n": 1}});
    let batch: Vec<_> = (0..2 * entities).map(member).collect();
    host.post_batch("shop", &json!(batch)).await.expect(201);
    for of in 0..entities {
        host.model_that(&format!("/shop/{domain}/{}/model", entity(of)), |m| {
            m["ids"].as_array().unwrap().len() == 2
        })
        .await;
    }
    host
}

#[tokio::test]
async fn a_new_file_deploys_and_its_folder_names_a_context() {
    let host = Host::start(|_| {}).await;
    host.post_to("garden", "noted", &entity(1), &event_id(1), "{}").await.expect(404);
    host.deploy("garden", "ledger", guest("ledger")).await;
    host.post_to("garden", "noted", &entity(1), &event_id(1), "{}").await.expect(201);
    host.model_is(&format!("/garden/ledger/{}/model", entity(1)), &json!({"ids": [event_id(1)], "sum": 0}))
        .await;
}

#[tokio::test]
async fn only_what_changed_is_reloaded() {
    let host = fed("ledger", 1).await;
    let before = host.reducer("shop", "ledger").await.unwrap();
    host.deploy("shop", "roll", guest("roll")).await;
    host.put_file("shop", "ledger", &guest("ledger").bytes);
    host.deploy("shop", "roll", guest("roll")).await;
    // The same bytes again are no change; what was seen after them shows that they were looked at.
    host.deploy("shop", "journal", guest("journal")).await;
    let after = host.reducer("shop", "ledger").await.unwrap();
    assert_eq!(
        (&after.0["activation"], after.count("refolds")),
        (&before.0["activation"], before.count("refolds"))
    );
}

#[tokio::test]
async fn of_many_changes_the_last_one_counts() {
    let host = fed("ledger", 100).await;
    for name in ["ledger-v2", "ledger", "journal", "ledger-v2", "ledger", "ledger-v2"] {
        host.put_file("shop", "ledger", &guest(name).bytes);
        host.get("/_/reducers").await.expect(200);
    }
    host.serves("shop", "ledger", guest("ledger-v2")).await;
    for of in 0..100 {
        host.model_is(&format!("/shop/ledger/{}/model", entity(of)), &json!({"count": 2, "last": "noted"}))
            .await;
    }
    // Each of them while the one before is still rebuilding.
    for name in ["journal", "ledger", "ledger-v2", "ledger"] {
        host.put_file("shop", "ledger", &guest(name).bytes);
        let taken = |reducer: &Reducer| reducer.module() == guest(name).hash;
        host.reducer_that("take the file", "shop", "ledger", taken).await;
    }
    host.serves("shop", "ledger", guest("ledger")).await;
    for of in 0..100 {
        let expected = json!({"ids": event_ids([of, of + 100]), "sum": 2});
        host.model_is(&format!("/shop/ledger/{}/model", entity(of)), &expected).await;
    }
}

#[tokio::test]
async fn a_rebuild_goes_on_after_a_restart() {
    let host = fed("ledger", 300).await;
    host.put_file("shop", "ledger", &guest("ledger-v2").bytes);
    let taken = |reducer: &Reducer| reducer.module() == guest("ledger-v2").hash;
    host.reducer_that("take the file", "shop", "ledger", taken).await;
    let host = host.restart(|_| {}).await;
    host.serves("shop", "ledger", guest("ledger-v2")).await;
    for of in 0..300 {
        let model = host.get(&format!("/shop/ledger/{}/model", entity(of))).await.expect(200);
        assert_eq!(
            model.header("everfold-module"),
            guest("ledger-v2").hash,
            "active means that all are visited"
        );
        assert_eq!(model.json(), json!({"count": 2, "last": "noted"}));
    }
}

#[tokio::test]
async fn an_overwritten_file_rebuilds_every_model_while_the_old_ones_answer() {
    let host = fed("ledger", 200).await;
    let (old, new) = (guest("ledger"), guest("ledger-v2"));
    host.put_file("shop", "ledger", &new.bytes);
    let mut of = 0;
    wait_until("all models under the new module", async || {
        // Whatever is read meanwhile is whole, and says whose it is.
        let model = host.get(&format!("/shop/ledger/{}/model", entity(of % 200))).await.expect(200);
        let expected = if model.header("everfold-module") == old.hash {
            json!({"ids": [event_id(of % 200), event_id(of % 200 + 200)], "sum": 2})
        } else {
            assert_eq!(model.header("everfold-module"), new.hash);
            json!({"count": 2, "last": "noted"})
        };
        assert_eq!(model.json(), expected);
        of += 1;
        let models = host.get("/shop/ledger/models?limit=1000").await.expect(200).json();
        let models = models["models"].as_array().unwrap().clone();
        assert_eq!(models.len(), 200);
        let left = models.iter().filter(|model| model["module"] != new.hash.as_str()).count();
        if left == 0 { Ok(()) } else { Err(format!("{left} left")) }
    })
    .await;
    let reducer = host.serves("shop", "ledger", new).await;
    assert_eq!((reducer.count("models"), reducer.count("refolds")), (200, 200), "{reducer:?}");
}

#[tokio::test]
async fn resume_goes_on_from_the_models_that_are_there() {
    let host = fed("journal", 2).await;
    let path = format!("/shop/journal/{}/model", entity(1));
    host.deploy("shop", "journal", guest("journal-v2")).await;
    let old = host.get(&path).await.expect(200);
    assert_eq!(
        old.json(),
        json!({"ids": [event_id(1), event_id(3)], "positions": [2, 4]}),
        "nothing was refolded"
    );
    assert_eq!(old.header("everfold-module"), guest("journal").hash);
    host.post("noted", &entity(1), &event_id(0x100), &json!({})).await.expect(201);
    let ids = event_ids([1, 3, 0x100]);
    host.model_is(&path, &json!({"ids": ids, "positions": [2, 4, 5], "v": 2})).await;
    assert_eq!(host.get(&path).await.header("everfold-module"), guest("journal-v2").hash);
    assert_eq!(host.reducer("shop", "journal").await.unwrap().count("refolds"), 0);
}

#[tokio::test]
async fn a_deleted_file_retires_its_domain_and_may_come_back() {
    let host = fed("ledger", 1).await;
    let path = format!("/shop/ledger/{}/model", entity(0));
    assert!(!host.get(&path).await.headers.contains_key("everfold-retired"));
    fs::remove_file(host.file("shop", "ledger")).unwrap();
    host.reducer_that("retire", "shop", "ledger", |reducer| reducer.state() == "retired").await;
    let model = host.get(&path).await.expect(200);
    assert_eq!(model.header("everfold-retired"), "true");
    assert_eq!(model.json()["sum"], 2);
    host.deploy("shop", "witness", guest("ledger")).await;
    host.post("noted", &entity(0), &event_id(9), &json!({"n": 7})).await.expect(201);
    host.model_that(&format!("/shop/witness/{}/model", entity(0)), |model| model["sum"] == 9).await;
    assert_eq!(host.get(&path).await.expect(200).json(), model.json(), "nothing folds it any more");
    assert_eq!(
        host.get("/shop/ledger/events").await.expect(200).json()["events"].as_array().unwrap().len(),
        3
    );
    host.deploy("shop", "ledger", guest("ledger")).await;
    host.model_that(&path, |model| model["sum"] == 9).await;
    assert!(!host.get(&path).await.headers.contains_key("everfold-retired"));
}

#[tokio::test]
async fn models_that_nothing_is_left_of_are_deleted_by_a_rebuild() {
    let host = fed("ledger", 3).await;
    host.post("said", &entity(1), &event_id(100), &json!({})).await.expect(201);
    // It takes `said` alone.
    host.deploy("shop", "ledger", guest("echo-silent")).await;
    host.model_is(&format!("/shop/ledger/{}/model", entity(1)), &json!({"said": 1})).await;
    for of in [0, 2] {
        let gone = host.get(&format!("/shop/ledger/{}/model", entity(of))).await.expect(404);
        assert_eq!(gone.problem(), "no-model");
    }
    assert_eq!(host.get("/shop/ledger/keys").await.json()["keys"], json!([entity(1)]));
    let one = |reducer: &Reducer| reducer.count("models") == 1;
    host.reducer_that("count one model", "shop", "ledger", one).await;
}

#[tokio::test]
async fn events_that_come_during_a_rebuild_are_folded_once() {
    let host = fed("ledger", 100).await;
    host.put_file("shop", "ledger", &guest("ledger-v2").bytes);
    let posts = (0..300).map(|n| {
        let host = &host;
        async move { host.post("said", &entity(n % 100), &event_id(1000 + n), &json!({})).await.expect(201) }
    });
    futures_util::future::join_all(posts).await;
    host.serves("shop", "ledger", guest("ledger-v2")).await;
    for of in 0..100 {
        host.model_is(&format!("/shop/ledger/{}/model", entity(of)), &json!({"count": 5, "last": "said"}))
            .await;
    }
}

/// How soon after saving a module must show, also on a busy machine.
const SOON: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upgrade_under_load_fails_no_post_and_shows_soon() {
    let host = fed("ledger", 50).await;
    // The shape of a model only changes where the new module has folded it.
    let path = format!("/shop/ledger/{}/model", entity(7));
    let done = AtomicBool::new(false);
    let load = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(5));
        let mut posted = 0;
        while !done.load(Relaxed) {
            ticks.tick().await;
            host.post("said", &entity(posted % 50), &event_id(10_000 + posted), &json!({})).await.expect(201);
            posted += 1;
        }
        posted
    };
    let upgrade = async {
        let saved = Instant::now();
        host.put_file("shop", "ledger", &guest("ledger-v2").bytes);
        host.model_that(&path, |model| model.get("count").is_some_and(Value::is_u64)).await;
        let took = saved.elapsed();
        host.serves("shop", "ledger", guest("ledger-v2")).await;
        done.store(true, Relaxed);
        took
    };
    let (posted, took) = tokio::join!(load, upgrade);
    assert!(took < SOON, "the new module showed after {took:?}");
    for of in 0..50 {
        let later = (0..posted).filter(|n| n % 50 == of).count();
        host.model_that(&format!("/shop/ledger/{}/model", entity(of)), |m| m["count"] == 2 + later).await;
    }
}
