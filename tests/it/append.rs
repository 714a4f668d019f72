//! Appending: durable, numbered, idempotent, kept byte for byte.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Host, entity, event_id};

#[tokio::test]
async fn a_posted_event_is_created_located_and_numbered() {
    let host = Host::start(|_| {}).await;
    for n in 1..=3 {
        let posted = host.post("noted", &entity(1), &event_id(n), &json!({"n": n})).await.expect(201);
        assert_eq!(posted.json(), json!({"position": n}));
        assert_eq!(posted.header("location"), format!("/shop/{}/event", event_id(n)));
        assert_eq!(host.get(posted.header("location")).await.expect(200).json()["data"], json!({"n": n}));
    }
}

#[tokio::test]
async fn the_same_content_again_is_answered_with_the_first_position() {
    let host = Host::start(|_| {}).await;
    host.post("noted", &entity(1), &event_id(1), &json!({"n": 1})).await.expect(201);
    host.post("noted", &entity(1), &event_id(2), &json!({"n": 2})).await.expect(201);
    let again = host.post("noted", &entity(1), &event_id(1), &json!({"n": 1})).await.expect(200);
    assert_eq!(again.position(), 1);
    let upper = event_id(1).to_uppercase();
    let spaced = host.post_to("shop", "noted", &entity(1), &upper, " {\n\"n\" : 1 } ").await.expect(200);
    assert_eq!(spaced.position(), 1, "white space and the case of an id are not content");
    let request = host.request("POST", &format!("/shop/noted/{}/{}", entity(1), event_id(1)));
    let request = request.header("content-type", "application/json").header("everfold-meta-by", "ann");
    assert_eq!(host.send(request.body(r#"{"n":1}"#)).await.expect(200).position(), 1, "nor is metadata");
    assert_eq!(host.events("shop").await.len(), 2);
}

#[tokio::test]
async fn the_same_id_with_other_content_is_a_conflict() {
    let host = Host::start(|_| {}).await;
    host.post("noted", &entity(1), &event_id(1), &json!({"n": 1})).await.expect(201);
    for (event_type, of, data) in [
        ("noted", entity(1), json!({"n": 2})),
        ("other", entity(1), json!({"n": 1})),
        ("noted", entity(2), json!({"n": 1})),
    ] {
        let refused = host.post(event_type, &of, &event_id(1), &data).await.expect(409);
        assert_eq!(refused.problem(), "conflict");
        assert_eq!(refused.position(), 1, "it tells where the other event is");
        assert!(refused.detail().contains(&event_id(1)), "{}", refused.detail());
    }
    assert_eq!(host.events("shop").await.len(), 1);
    assert_eq!(host.post("noted", &entity(1), &event_id(2), &json!(1)).await.expect(201).position(), 2);
}

#[tokio::test]
async fn only_insignificant_white_space_goes() {
    let host = Host::start(|_| {}).await;
    let body = " {\t\"b\" : 1.0 , \"a b\":\r\n[ 1e2, -0.10, \"x \\u00e9 \\\" y\" ], \"b\": 12345678901234567890123 } ";
    host.post_to("shop", "noted", &entity(1), &event_id(1), body).await.expect(201);
    let read = host.get(&format!("/shop/{}/event", event_id(1))).await.expect(200).text();
    let kept = r#""data":{"b":1.0,"a b":[1e2,-0.10,"x \u00e9 \" y"],"b":12345678901234567890123}}"#;
    assert!(read.ends_with(kept), "{read}");
}

#[tokio::test]
async fn headers_with_the_prefix_become_metadata() {
    let host = Host::start(|_| {}).await;
    let request = host.request("POST", &format!("/shop/noted/{}/{}", entity(1), event_id(1)));
    let request = request.header("content-type", "application/vnd.shop.v1+json; charset=utf-8");
    let request = request
        .header("Everfold-Meta-User", "ann \"b\"")
        .header("everfold-meta-trace", "1")
        .header("x-other", "2");
    host.send(request.body("null")).await.expect(201);
    let event = host.get(&format!("/shop/{}/event", event_id(1))).await.json();
    assert_eq!(event["metadata"], json!({"user": "ann \"b\"", "trace": "1"}));
}

fn member(n: u64, data: &Value) -> Value {
    json!({"id": event_id(n), "type": "noted", "entity": entity(n), "data": data})
}

#[tokio::test]
async fn a_batch_is_an_array_or_lines() {
    let host = Host::start(|_| {}).await;
    let mut with_metadata = member(2, &json!({"a": 1.50}));
    with_metadata["metadata"] = json!({"user": "ann"});
    let posted = host.post_batch("shop", &json!([member(1, &json!(1)), with_metadata])).await.expect(201);
    assert_eq!(posted.json(), json!({"positions": [1, 2]}));
    let lines = format!("{}\r\n\n{}\n", member(3, &json!(3)), member(1, &json!(1)));
    let request = host.request("POST", "/shop/events").header("content-type", "application/x-ndjson");
    let posted = host.send(request.body(lines)).await.expect(201);
    assert_eq!(posted.json(), json!({"positions": [3, 1]}), "one of them was there already");
    let again =
        host.post_batch("shop", &json!([member(1, &json!(1)), member(3, &json!(3))])).await.expect(200);
    assert_eq!(again.json(), json!({"positions": [1, 3]}));
    let events = host.events("shop").await;
    assert_eq!(events.len(), 3);
    assert_eq!(events[1]["metadata"], json!({"user": "ann"}));
}

#[tokio::test]
async fn a_batch_is_all_or_nothing() {
    let host = Host::start(|_| {}).await;
    let mut bad = member(2, &json!(2));
    bad["entity"] = json!("nobody");
    let batch = json!([member(1, &json!(1)), bad, member(3, &json!(3))]);
    let refused = host.post_batch("shop", &batch).await.expect(400);
    assert_eq!((refused.problem().as_str(), &refused.json()["index"]), ("invalid-id", &json!(1)));
    assert!(host.events("shop").await.is_empty());
    let lines = format!("{}\n{{\"id\":\n{}", member(1, &json!(1)), member(3, &json!(3)));
    let request = host.request("POST", "/shop/events").header("content-type", "application/x-ndjson");
    let refused = host.send(request.body(lines)).await.expect(400);
    assert!(refused.detail().contains("line 2"), "{}", refused.detail());
    assert!(host.events("shop").await.is_empty());

    host.post_batch("shop", &json!([member(2, &json!("other"))])).await.expect(201);
    let conflict =
        host.post_batch("shop", &json!([member(1, &json!(1)), member(2, &json!(2))])).await.expect(409);
    assert_eq!(conflict.problem(), "conflict");
    let twice = json!([member(5, &json!(1)), member(5, &json!(2))]);
    assert_eq!(host.post_batch("shop", &twice).await.expect(409).problem(), "conflict");
    assert_eq!(host.events("shop").await.len(), 1);
    let next =
        host.post_batch("shop", &json!([member(4, &json!(4)), member(4, &json!(4))])).await.expect(201);
    assert_eq!(next.json(), json!({"positions": [2, 2]}), "the same twice in one batch is one event");
}

#[tokio::test]
async fn positions_have_no_gaps_whatever_is_refused_between_them() {
    let host = Host::start(|config| config.contexts.push("other".to_owned())).await;
    let posts = (0..300).map(|n| {
        let host = &host;
        async move {
            // Every third id is posted twice with the same content, every fifth with another.
            let context = if n % 2 == 0 { "shop" } else { "other" };
            let post =
                async |data: &str| host.post_to(context, "noted", &entity(n % 7), &event_id(n), data).await;
            let first = post("1").await.expect(201).position();
            if n % 3 == 0 {
                assert_eq!(post("1").await.expect(200).position(), first);
            }
            if n % 5 == 0 {
                post("2").await.expect(409);
            }
            first
        }
    });
    let positions: BTreeSet<u64> = futures_util::future::join_all(posts).await.into_iter().collect();
    assert!(positions.into_iter().eq(1..=300));
}

#[tokio::test]
async fn a_context_must_be_named_unless_any_is_accepted() {
    let host = Host::start(|_| {}).await;
    let refused = host.post_to("elsewhere", "noted", &entity(1), &event_id(1), "1").await.expect(404);
    assert_eq!(
        (refused.problem().as_str(), &refused.json()["context"]),
        ("unknown-context", &json!("elsewhere"))
    );
    assert!(refused.detail().contains("auto_create_contexts"), "{}", refused.detail());
    assert_eq!(
        host.post_batch("elsewhere", &json!([member(1, &json!(1))])).await.expect(404).problem(),
        "unknown-context"
    );
    host.get("/elsewhere/events").await.expect(404);
    let host = host.restart(|config| config.auto_create_contexts = true).await;
    host.post_to("elsewhere", "noted", &entity(1), &event_id(1), "1").await.expect(201);
    assert_eq!(host.events("elsewhere").await.len(), 1);
    let host = host.restart(|config| config.auto_create_contexts = false).await;
    host.post_to("elsewhere", "noted", &entity(1), &event_id(2), "1").await.expect(201);
}

#[tokio::test]
async fn contexts_are_realms_of_their_own() {
    let host = Host::start(|config| config.contexts.push("other".to_owned())).await;
    host.post_to("shop", "noted", &entity(1), &event_id(1), "1").await.expect(201);
    let other = host.post_to("other", "noted", &entity(1), &event_id(1), "2").await.expect(201);
    assert_eq!(other.position(), 2, "an id is unique in its context; positions are the store's");
    assert_eq!(host.post_to("shop", "noted", &entity(1), &event_id(2), "3").await.position(), 3);
    let positions: Vec<_> = host.events("shop").await.iter().map(|event| event["position"].clone()).collect();
    assert_eq!(positions, [1, 3]);
}
