//! Folding: by id, by position, for the whole context; whatever order events arrive in.

use serde_json::json;

use crate::harness::{Host, entity, event_id, event_ids, guest};

#[tokio::test]
async fn occurred_folds_by_id_and_refolds_for_late_events() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "ledger", guest("ledger")).await;
    let path = format!("/shop/ledger/{}/model", entity(1));
    for (n, sorted) in
        [(5, vec![5]), (7, vec![5, 7]), (2, vec![2, 5, 7]), (6, vec![2, 5, 6, 7]), (1, vec![1, 2, 5, 6, 7])]
    {
        host.post("noted", &entity(1), &event_id(n), &json!({"n": 1 << n})).await.expect(201);
        let sum: u64 = sorted.iter().map(|n| 1 << n).sum();
        let ids: Vec<_> = sorted.into_iter().map(event_id).collect();
        host.model_is(&path, &json!({"ids": ids, "sum": sum})).await;
    }
    let reducer = host.reducer("shop", "ledger").await.unwrap();
    assert_eq!(reducer.count("refolds"), 3, "{reducer:?}");
    assert_eq!(host.get(&path).await.header("everfold-position"), "5");
}

#[tokio::test]
async fn recorded_folds_by_position_and_knows_it() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "journal", guest("journal")).await;
    for (n, of) in [(5, 1), (3, 2), (1, 1), (4, 1)] {
        host.post("noted", &entity(of), &event_id(n), &json!({})).await.expect(201);
    }
    let expected = json!({"ids": event_ids([5, 1, 4]), "positions": [1, 3, 4]});
    host.model_is(&format!("/shop/journal/{}/model", entity(1)), &expected).await;
    assert_eq!(host.reducer("shop", "journal").await.unwrap().count("refolds"), 0);
}

#[tokio::test]
async fn whole_context_folds_one_model_by_position() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "roll", guest("roll")).await;
    host.deploy("other", "roll", guest("roll")).await;
    for n in [4, 2, 3] {
        host.post("noted", &entity(n), &event_id(n), &json!({})).await.expect(201);
        host.post("said", &entity(n), &event_id(10 + n), &json!({})).await.expect(201);
    }
    host.post_to("other", "noted", &entity(1), &event_id(1), "1").await.expect(201);
    host.model_is("/shop/roll/model", &json!({"ids": event_ids([4, 2, 3])})).await;
    host.model_is("/other/roll/model", &json!({"ids": [event_id(1)]})).await;
    let models = host.get("/shop/roll/models").await.expect(200).json();
    assert_eq!(models["models"][0]["entity"], json!(null));
    assert_eq!(models["models"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_domain_new_to_a_log_folds_all_history_first() {
    let host = Host::start(|config| config.limits.call_events = 7).await;
    let member = |n| json!({"id": event_id(n), "type": "noted", "entity": entity(n % 3), "data": {"n": 1}});
    // Backwards, and more than one page of what a call takes.
    let batch: Vec<_> = (1..=90).rev().map(member).collect();
    host.post_batch("shop", &json!(batch)).await.expect(201);
    for (domain, reducer) in [("ledger", "ledger"), ("journal", "journal"), ("roll", "roll")] {
        host.deploy("shop", domain, guest(reducer)).await;
    }
    let of_one: Vec<_> = (1..=90).filter(|n| n % 3 == 1).map(event_id).collect();
    host.model_is(&format!("/shop/ledger/{}/model", entity(1)), &json!({"ids": of_one, "sum": 30})).await;
    let backwards: Vec<_> = of_one.iter().rev().collect();
    host.model_that(&format!("/shop/journal/{}/model", entity(1)), |model| model["ids"] == json!(backwards))
        .await;
    let all: Vec<_> = (1..=90).rev().map(event_id).collect();
    host.model_is("/shop/roll/model", &json!({"ids": all})).await;
}

#[tokio::test]
async fn events_that_arrive_at_once_are_each_folded_once() {
    let host = Host::start(|_| {}).await;
    for domain in ["ledger", "journal", "roll"] {
        host.deploy("shop", domain, guest(domain)).await;
    }
    let mut order: Vec<u64> = (1..=400).collect();
    fastrand::Rng::with_seed(7).shuffle(&mut order);
    let posts = order.iter().map(|n| {
        let host = &host;
        async move { host.post("noted", &entity(n % 4), &event_id(*n), &json!({"n": n})).await.expect(201) }
    });
    futures_util::future::join_all(posts).await;
    for of in 0..4 {
        let numbers: Vec<u64> = (1..=400).filter(|n| n % 4 == of).collect();
        let (ids, sum): (Vec<_>, u64) =
            (numbers.iter().map(|n| event_id(*n)).collect(), numbers.iter().sum());
        host.model_is(&format!("/shop/ledger/{}/model", entity(of)), &json!({"ids": ids, "sum": sum})).await;
    }
    let by_position: Vec<_> = host.events("shop").await.iter().map(|event| event["id"].clone()).collect();
    host.model_is("/shop/roll/model", &json!({"ids": by_position})).await;
    for of in 0..4 {
        let all = host.events("shop").await;
        let own = all.iter().filter(|event| event["entity"] == json!(entity(of)));
        let (ids, positions): (Vec<_>, Vec<_>) = own.map(|event| (&event["id"], &event["position"])).unzip();
        let expected = json!({"ids": ids, "positions": positions});
        host.model_is(&format!("/shop/journal/{}/model", entity(of)), &expected).await;
    }
}
