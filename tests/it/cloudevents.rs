//! CloudEvents 1.0 are events: one or many in JSON, or one in binary mode.

use std::fmt::Display;

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::harness::{Host, entity, event_id, guest};

fn cloudevent(n: u64, data: &Value) -> Value {
    json!({
        "specversion": "1.0",
        "id": event_id(n),
        "type": "com.example.noted",
        "source": "/till/7",
        "subject": entity(1),
        "data": data,
    })
}

fn request(host: &Host, media_type: &str, body: impl Display) -> RequestBuilder {
    host.request("POST", "/shop/events").header("content-type", media_type).body(body.to_string())
}

/// The same as [`cloudevent`], with its attributes in headers.
fn binary(host: &Host, n: u64, body: &str) -> RequestBuilder {
    request(host, "application/json; charset=utf-8", body)
        .header("ce-specversion", "1.0")
        .header("Ce-Id", event_id(n))
        .header("ce-type", "com.example.noted")
        .header("ce-source", "/till/7")
        .header("ce-subject", entity(1))
}

#[tokio::test]
async fn one_or_many_come_in_json() {
    let host = Host::start(|_| {}).await;
    let mut one = cloudevent(1, &json!({"n": 1}));
    one["time"] = json!("1999-01-01T00:00:00Z");
    one["datacontenttype"] = json!("application/json");
    one["dataschema"] = json!("urn:noted");
    one["sampled"] = json!(true);
    one["tries"] = json!(3);
    let posted = host.send(request(&host, "application/cloudevents+json; charset=UTF-8", &one)).await;
    assert_eq!(posted.expect(201).json(), json!({"positions": [1]}));
    let event = host.get(&format!("/shop/{}/event", event_id(1))).await.expect(200).json();
    assert_eq!((&event["type"], &event["entity"]), (&json!("com.example.noted"), &json!(entity(1))));
    assert_eq!(event["data"], json!({"n": 1}));
    let metadata = json!({"source": "/till/7", "dataschema": "urn:noted", "sampled": "true", "tries": "3"});
    assert_eq!(event["metadata"], metadata);
    assert_eq!(event["occurred_at"], "2025-01-01T00:00:00.001000Z", "the id says when");

    let mut encoded = cloudevent(3, &json!(null));
    encoded.as_object_mut().unwrap().remove("data");
    encoded["data_base64"] = json!("eyJuIiA6M30=");
    let mut without = cloudevent(4, &json!(null));
    without.as_object_mut().unwrap().remove("data");
    let batch = json!([cloudevent(2, &json!(2)), encoded, one, without]);
    let posted = host.send(request(&host, "application/cloudevents-batch+json", &batch)).await.expect(201);
    assert_eq!(posted.json(), json!({"positions": [2, 3, 1, 4]}));
    let data: Vec<_> = host.events("shop").await.iter().map(|event| event["data"].clone()).collect();
    assert_eq!(data, [json!({"n": 1}), json!(2), json!({"n": 3}), json!(null)]);
    let again = host.send(request(&host, "application/cloudevents-batch+json", &batch)).await.expect(200);
    assert_eq!(again.json(), posted.json());
}

#[tokio::test]
async fn one_comes_in_binary_mode() {
    let host = Host::start(|_| {}).await;
    let sent = binary(&host, 1, r#"{"n": 1.0}"#)
        .header("ce-time", "1999-01-01T00:00:00Z")
        .header("ce-by", "%C3%A4nn%20%22b%22")
        .header("ce-quoted", r#""a \"b\"""#);
    assert_eq!(host.send(sent).await.expect(201).json(), json!({"positions": [1]}));
    let read = host.get(&format!("/shop/{}/event", event_id(1))).await.expect(200);
    assert!(read.text().ends_with(r#""data":{"n":1.0}}"#), "{}", read.text());
    let metadata = json!({"source": "/till/7", "by": "änn \"b\"", "quoted": "a \"b\""});
    assert_eq!(read.json()["metadata"], metadata);
    host.send(binary(&host, 2, "")).await.expect(201);
    assert_eq!(host.events("shop").await[1]["data"], json!(null), "no data is null");
}

#[tokio::test]
async fn all_ways_lead_to_the_same_event() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "ledger", guest("ledger")).await;
    host.post("com.example.noted", &entity(1), &event_id(1), &json!({"n": 1})).await.expect(201);
    let same = cloudevent(1, &json!({"n": 1}));
    host.send(request(&host, "application/cloudevents+json", &same)).await.expect(200);
    host.send(request(&host, "application/cloudevents-batch+json", json!([same]))).await.expect(200);
    host.send(binary(&host, 1, r#"{"n": 1}"#)).await.expect(200);
    let other = host.send(binary(&host, 1, r#"{"n": 2}"#)).await.expect(409);
    assert_eq!((other.problem().as_str(), other.position()), ("conflict", 1));
    let model = host.model_that(&format!("/shop/ledger/{}/model", entity(1)), |_| true).await;
    assert_eq!(model["ids"], json!([event_id(1)]));
}

#[tokio::test]
async fn what_is_not_taken_is_named_and_nothing_is_written() {
    let host = Host::start(|config| config.limits.metadata_bytes = 64).await;
    let changed = |name: &str, value: Value| {
        let mut changed = cloudevent(1, &json!(1));
        changed[name] = value;
        changed
    };
    let structured = "application/cloudevents+json";
    let batch = json!([cloudevent(1, &json!(1)), changed("subject", json!("nobody"))]);
    let ours = json!([{"id": event_id(1), "type": "noted", "entity": entity(1), "data": 1}]);
    for (sent, (status, kind, words)) in [
        (request(&host, structured, "{"), (400, "not-json", "the CloudEvent")),
        (request(&host, structured, ""), (400, "empty", "empty")),
        (request(&host, structured, "[]"), (400, "invalid-request", "a CloudEvent (a JSON object)")),
        (request(&host, structured, changed("specversion", json!("0.3"))), (400, "invalid-request", "0.3")),
        (request(&host, structured, changed("id", json!("1234"))), (400, "invalid-id", "1234")),
        (request(&host, structured, changed("subject", json!(null))), (400, "invalid-request", "subject")),
        (request(&host, structured, changed("type", json!("no type"))), (400, "invalid-name", "no type")),
        (
            request(&host, structured, changed("datacontenttype", json!("text/plain"))),
            (400, "invalid-request", "text/plain"),
        ),
        (
            request(&host, structured, changed("note", json!("x".repeat(64)))),
            (413, "too-large", "metadata_bytes"),
        ),
        (
            request(&host, structured, changed("data_base64", json!("MQ=="))),
            (400, "invalid-request", "data_base64"),
        ),
        (
            request(&host, "application/cloudevents-batch+json", &batch),
            (400, "invalid-id", "event 1 of the batch"),
        ),
        (request(&host, "application/cloudevents-batch+json", "[]"), (400, "empty", "the batch is empty")),
        (request(&host, "application/cloudevents+avro", "x"), (415, "unsupported-media-type", "avro")),
        (
            request(&host, "text/plain", "x").header("ce-id", event_id(1)),
            (415, "unsupported-media-type", "text/plain"),
        ),
        (
            request(&host, "application/json", &ours).header("ce-id", event_id(1)),
            (400, "invalid-request", "specversion"),
        ),
        (binary(&host, 1, "{"), (400, "not-json", "the event's data")),
        (binary(&host, 1, "1").header("ce-x", "%ff"), (400, "invalid-request", "ce-x")),
        (binary(&host, 1, "1").header("ce-id", "2"), (400, "invalid-request", "ce-id was sent twice")),
        (binary(&host, 1, "1").header("everfold-meta-a", "2"), (400, "invalid-request", "everfold-meta-a")),
    ] {
        let answer = host.send(sent).await.expect(status);
        assert_eq!(answer.problem(), kind, "{}", answer.text());
        assert!(answer.detail().contains(words), "{words:?} is not in {:?}", answer.detail());
        assert!(host.events("shop").await.is_empty(), "{words}");
    }
    let mut encoded = changed("data_base64", json!("/w=="));
    encoded.as_object_mut().unwrap().remove("data");
    let refused = host.send(request(&host, structured, &encoded)).await.expect(400);
    assert_eq!(refused.problem(), "not-json", "{}", refused.text());
}
