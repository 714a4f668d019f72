//! A reducer can harm only itself: what fails parks one entity, is named, and waits to be mended.

use serde_json::{Value, json};

use crate::harness::{Host, Reducer, entity, event_id, event_ids, guest};

/// What the hostile guest can be made to do, and what the host says of it.
const WAYS: [(&str, &str, &str); 12] = [
    ("trap", "host.trap", "trapped"),
    ("spin", "host.fuel", "limits.fuel"),
    ("allocate", "host.memory", "limits.memory_bytes"),
    ("recurse", "host.stack", "limits.stack_bytes"),
    ("reject", "rejected", "not today"),
    ("bad-model", "host.model", "not JSON"),
    ("huge-model", "host.model-bytes", "limits.model_bytes"),
    ("bad-emit-type", "host.emitted-event", "no spaces allowed"),
    ("bad-emit-entity", "host.emitted-event", "not-a-uuid"),
    ("bad-emit-data", "host.emitted-event", "not JSON"),
    ("bad-cause", "host.emitted-event", "cause 99"),
    ("flood", "host.emitted-events", "limits.emitted_events"),
];

fn data(way: &str) -> Value {
    match way {
        "reject" => json!({"message": "not today"}),
        "flood" => json!({"count": 10_001}),
        _ => json!({}),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_to_fail_parks_one_entity_and_names_it() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "hostile", guest("hostile")).await;
    host.deploy("shop", "ledger", guest("ledger")).await;
    let ways = || (1..).zip(&WAYS);
    for (n, (way, ..)) in ways() {
        host.post("noted", &entity(n), &event_id(10 * n), &json!({})).await.expect(201);
        host.post(way, &entity(n), &event_id(10 * n + 1), &data(way)).await.expect(201);
        host.post("noted", &entity(n), &event_id(10 * n + 2), &json!({})).await.expect(201);
    }
    for (n, (way, code, words)) in ways() {
        let parked = host.parks("shop", "hostile", &entity(n)).await;
        assert_eq!(
            (&parked["event"], &parked["code"]),
            (&json!(event_id(10 * n + 1)), &json!(code)),
            "{way}: {parked}"
        );
        assert_eq!(parked["position"], 3 * n - 1, "{way}: {parked}");
        assert!(parked["message"].as_str().unwrap().contains(words), "{way}: {parked}");
        let path = format!("/shop/hostile/{}/model", entity(n));
        let before = host.get(&path).await.expect(200);
        assert_eq!(before.json(), json!({"count": 1}), "{way}: what was before it stays");
        assert_eq!(before.header("everfold-parked"), *code, "{way}");
        // Other reducers and other entities go on.
        let ids = [0, 1, 2].map(|offset| event_id(10 * n + offset));
        host.model_is(&format!("/shop/ledger/{}/model", entity(n)), &json!({"ids": ids, "sum": 0})).await;
        host.post("noted", &entity(100 + n), &event_id(10 * n), &json!({})).await.expect(409);
        host.post("noted", &entity(100 + n), &event_id(10 * n + 5), &json!({})).await.expect(201);
        host.model_is(&format!("/shop/hostile/{}/model", entity(100 + n)), &json!({"count": 1})).await;
    }
    let reducer = host.reducer("shop", "hostile").await.unwrap();
    assert_eq!(
        (reducer.count("parked"), reducer.state(), reducer.count("emitted")),
        (12, "active", 0),
        "{reducer:?}"
    );
    assert_eq!(host.reducer("shop", "ledger").await.unwrap().count("parked"), 0);
    let flooded = host.get("/shop/events?type=flooded").await.expect(200).json();
    assert_eq!(flooded["events"], json!([]), "nothing of a failed reduction exists");
}

#[tokio::test]
async fn a_flood_without_end_meets_a_limit_too() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "hostile", guest("hostile")).await;
    host.post("flood", &entity(1), &event_id(1), &json!({})).await.expect(201);
    let parked = host.parks("shop", "hostile", &entity(1)).await;
    assert!(parked["message"].as_str().unwrap().contains("(limits."), "{parked}");
    // What is large but allowed passes.
    host.post("flood", &entity(2), &event_id(2), &json!({"count": 1000})).await.expect(201);
    host.model_is(&format!("/shop/hostile/{}/model", entity(2)), &json!({"count": 1001})).await;
}

#[tokio::test]
async fn of_a_batch_all_before_the_failing_event_is_folded_and_nothing_behind_it() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "hostile", guest("hostile")).await;
    let types = ["noted", "noted", "trap", "noted", "reject"];
    let member = |(n, event_type): (u64, &&str)| json!({"id": event_id(n), "type": event_type, "entity": entity(1), "data": {}});
    let batch: Vec<_> = (1..).zip(&types).map(member).collect();
    host.post_batch("shop", &json!(batch)).await.expect(201);
    let parked = host.parks("shop", "hostile", &entity(1)).await;
    assert_eq!((&parked["event"], &parked["position"]), (&json!(event_id(3)), &json!(3)));
    let path = format!("/shop/hostile/{}/model", entity(1));
    let model = host.get(&path).await.expect(200);
    assert_eq!((model.json(), model.header("everfold-position")), (json!({"count": 2}), "2"));
}

#[tokio::test]
async fn parked_entities_stay_parked_over_a_restart() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "hostile", guest("hostile")).await;
    host.post("noted", &entity(1), &event_id(1), &json!({})).await.expect(201);
    host.post("trap", &entity(1), &event_id(2), &json!({})).await.expect(201);
    let before = host.parks("shop", "hostile", &entity(1)).await;
    let host = host.restart(|_| {}).await;
    host.serves("shop", "hostile", guest("hostile")).await;
    let after = host.parks("shop", "hostile", &entity(1)).await;
    assert_eq!(before, after);
    host.post("noted", &entity(1), &event_id(3), &json!({})).await.expect(201);
    host.post("noted", &entity(2), &event_id(4), &json!({})).await.expect(201);
    host.model_is(&format!("/shop/hostile/{}/model", entity(2)), &json!({"count": 1})).await;
    let path = format!("/shop/hostile/{}/model", entity(1));
    assert_eq!(host.get(&path).await.expect(200).json(), json!({"count": 1}));
    assert_eq!(host.reducer("shop", "hostile").await.unwrap().count("parked"), 1);
}

#[tokio::test]
async fn what_waited_is_folded_once_a_better_module_serves() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "hostile", guest("hostile")).await;
    for (n, event_type) in [(1, "noted"), (2, "trap"), (3, "noted"), (4, "noted")] {
        host.post(event_type, &entity(1), &event_id(n), &json!({"n": n})).await.expect(201);
    }
    host.parks("shop", "hostile", &entity(1)).await;
    host.deploy("shop", "hostile", guest("ledger")).await;
    let expected = json!({"ids": event_ids([1, 2, 3, 4]), "sum": 10});
    host.model_is(&format!("/shop/hostile/{}/model", entity(1)), &expected).await;
    let mended = |reducer: &Reducer| reducer.count("parked") == 0 && reducer.parked(&entity(1)).is_none();
    host.reducer_that("park nothing", "shop", "hostile", mended).await;
    let model = host.get(&format!("/shop/hostile/{}/model", entity(1))).await;
    assert!(!model.headers.contains_key("everfold-parked"));
}

#[tokio::test]
async fn an_event_that_sorts_before_the_failing_one_makes_it_try_again() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "door", guest("door")).await;
    let path = format!("/shop/door/{}/model", entity(1));
    host.post("opened", &entity(1), &event_id(5), &json!({})).await.expect(201);
    let parked = host.parks("shop", "door", &entity(1)).await;
    assert_eq!((&parked["code"], &parked["event"]), (&json!("locked"), &json!(event_id(5))));
    assert!(parked["message"].as_str().unwrap().starts_with("nobody unlocked the door before"), "{parked}");
    assert_eq!(host.get(&path).await.expect(404).problem(), "no-model");
    // Behind the failing event nothing mends it; another failing one before it does not either.
    host.post("unlocked", &entity(1), &event_id(6), &json!({})).await.expect(201);
    host.post("opened", &entity(1), &event_id(4), &json!({})).await.expect(201);
    let other =
        |reducer: &Reducer| reducer.parked(&entity(1)).is_some_and(|parked| parked["event"] == event_id(4));
    host.reducer_that("fail at the earlier event", "shop", "door", other).await;
    host.post("unlocked", &entity(1), &event_id(3), &json!({})).await.expect(201);
    host.model_is(&path, &json!({"unlocked": true, "opened": event_ids([4, 5])})).await;
    let reducer = host.reducer("shop", "door").await.unwrap();
    assert_eq!((reducer.count("parked"), reducer.parked(&entity(1))), (0, None), "{reducer:?}");
    host.post("opened", &entity(1), &event_id(7), &json!({})).await.expect(201);
    host.model_is(&path, &json!({"unlocked": true, "opened": event_ids([4, 5, 7])})).await;
}

#[tokio::test]
async fn a_domain_that_meets_a_bad_history_parks_only_there() {
    let host = Host::start(|_| {}).await;
    for (of, n, event_type) in
        [(1, 1, "noted"), (1, 2, "trap"), (1, 3, "noted"), (2, 4, "noted"), (2, 5, "noted")]
    {
        host.post(event_type, &entity(of), &event_id(n), &json!({})).await.expect(201);
    }
    host.deploy("shop", "hostile", guest("hostile")).await;
    host.model_is(&format!("/shop/hostile/{}/model", entity(2)), &json!({"count": 2})).await;
    let parked = host.parks("shop", "hostile", &entity(1)).await;
    assert_eq!(parked["event"], event_id(2));
    host.model_is(&format!("/shop/hostile/{}/model", entity(1)), &json!({"count": 1})).await;
}
