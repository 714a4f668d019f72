//! Expectations: `If-Match` and `If-None-Match: *` against the tag of an entity's events.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Answer, Host, entity, event_id, guest, wait_until};

type Header = (&'static str, &'static str);

/// Posts the `n`th event of the first entity.
async fn post(host: &Host, n: u64, (header, value): Header) -> Answer {
    let request = host.request("POST", &format!("/shop/said/{}/{}", entity(1), event_id(n)));
    let request = request.header("content-type", "application/json").header(header, value);
    host.send(request.body(json!({"n": n}).to_string())).await
}

async fn batch(host: &Host, batch: &Value, (header, value): Header) -> Answer {
    let request = host.request("POST", "/shop/events").header("content-type", "application/json");
    host.send(request.header(header, value).body(batch.to_string())).await
}

fn member(n: u64, of: u64) -> Value {
    json!({"id": event_id(n), "type": "said", "entity": entity(of), "data": {"n": n}})
}

/// The tag of the first entity's events.
async fn tag(host: &Host) -> String {
    host.get(&format!("/shop/{}/events", entity(1))).await.expect(200).header("etag").to_owned()
}

const NEW: Header = ("if-none-match", "*");

#[tokio::test]
async fn the_tag_counts_what_came_from_outside() {
    let host = Host::start(|_| {}).await;
    assert_eq!(tag(&host).await, "\"0\"", "nothing was ever said of it");
    host.deploy("shop", "echo", guest("echo")).await;
    for n in 1..=2 {
        host.post("said", &entity(1), &event_id(n), &json!({"times": 3})).await.expect(201);
    }
    let path = format!("/shop/{}/events", entity(1));
    wait_until("six echoes", async || {
        let events = host.get(&path).await.json()["events"].as_array().unwrap().len();
        if events == 8 { Ok(()) } else { Err(events.to_string()) }
    })
    .await;
    assert_eq!(tag(&host).await, "\"2\"");
    host.post("said", &entity(2), &event_id(3), &json!({"times": 0})).await.expect(201);
    assert_eq!(host.get(&format!("{path}?limit=1")).await.header("etag"), "\"2\"", "on every page");
    let lines = host.request("GET", &path).header("accept", "application/x-ndjson");
    assert_eq!(host.send(lines).await.expect(200).header("etag"), "\"2\"", "in every form");
    for known in ["\"2\"", "*"] {
        let again = host.request("GET", &path).header("if-none-match", known);
        assert_eq!(host.send(again).await.expect(200).json()["events"].as_array().unwrap().len(), 8);
    }
    post(&host, 4, ("if-match", "\"2\"")).await.expect(201);
}

#[tokio::test]
async fn an_event_is_written_only_if_its_entity_is_as_expected() {
    let host = Host::start(|_| {}).await;
    for unmet in [("if-match", "*"), ("if-match", "\"1\""), ("if-match", "\"another\"")] {
        let refused = post(&host, 1, unmet).await.expect(412);
        assert_eq!(refused.problem(), "expectation-unmet");
        assert_eq!((refused.header("etag"), &refused.json()["etag"]), ("\"0\"", &json!("\"0\"")));
        assert_eq!(refused.json()["entity"], entity(1));
    }
    post(&host, 1, NEW).await.expect(201);
    let refused = post(&host, 2, NEW).await.expect(412);
    assert_eq!(refused.header("etag"), "\"1\"");
    assert!(refused.detail().contains("1 events from outside"), "{}", refused.detail());
    post(&host, 2, ("if-match", "\"1\"")).await.expect(201);
    post(&host, 3, ("if-match", "\"1\"")).await.expect(412);
    post(&host, 3, ("if-match", "\"1\", W/\"2\"")).await.expect(201);
    post(&host, 4, ("if-match", "*")).await.expect(201);
    assert_eq!(host.events("shop").await.len(), 4);
}

#[tokio::test]
async fn a_retry_of_what_was_accepted_is_answered_as_before() {
    let host = Host::start(|_| {}).await;
    post(&host, 1, NEW).await.expect(201);
    post(&host, 2, ("if-match", "\"1\"")).await.expect(201);
    assert_eq!(post(&host, 1, NEW).await.expect(200).position(), 1);
    assert_eq!(post(&host, 2, ("if-match", "\"1\"")).await.expect(200).position(), 2);
    let request = host.request("POST", &format!("/shop/said/{}/{}", entity(1), event_id(1)));
    let other = request.header("content-type", "application/json").header("if-none-match", "*").body("2");
    assert_eq!(host.send(other).await.expect(409).problem(), "conflict", "that is no retry");
}

#[tokio::test]
async fn a_batch_expects_something_of_one_entity() {
    let host = Host::start(|_| {}).await;
    let two = json!([member(1, 1), member(2, 1)]);
    batch(&host, &two, ("if-match", "\"2\"")).await.expect(412);
    assert_eq!(batch(&host, &two, NEW).await.expect(201).json(), json!({"positions": [1, 2]}));
    assert_eq!(batch(&host, &two, NEW).await.expect(200).json(), json!({"positions": [1, 2]}));
    let more = json!([member(2, 1), member(3, 1)]);
    assert_eq!(batch(&host, &more, NEW).await.expect(412).header("etag"), "\"2\"");
    assert_eq!(
        batch(&host, &more, ("if-match", "\"2\"")).await.expect(201).json(),
        json!({"positions": [2, 3]})
    );
    let refused = batch(&host, &json!([member(4, 1), member(5, 2)]), ("if-match", "\"3\"")).await.expect(400);
    assert_eq!(refused.problem(), "invalid-request");
    for named in [entity(1), entity(2)] {
        assert!(refused.detail().contains(&named), "{}", refused.detail());
    }
    let cloudevent =
        json!({"specversion": "1.0", "id": event_id(6), "type": "said", "source": "x", "subject": entity(1)});
    let send = async |tag: &str| {
        let request =
            host.request("POST", "/shop/events").header("content-type", "application/cloudevents+json");
        host.send(request.header("if-match", tag).body(cloudevent.to_string())).await
    };
    send("\"2\"").await.expect(412);
    send("\"3\"").await.expect(201);
    assert_eq!(host.events("shop").await.len(), 4);
}

#[tokio::test]
async fn headers_that_mean_nothing_are_refused() {
    let host = Host::start(|_| {}).await;
    for (header, words) in [
        (("if-match", "12"), "If-Match"),
        (("if-match", ""), "If-Match"),
        (("if-match", "\"1\" \"2\""), "If-Match"),
        (("if-none-match", "\"1\""), "only *"),
    ] {
        for refused in [post(&host, 1, header).await, batch(&host, &json!([member(1, 1)]), header).await] {
            assert_eq!(refused.status, 400, "{header:?}");
            assert_eq!(refused.problem(), "invalid-request", "{header:?}");
            assert!(refused.detail().contains(words), "{}", refused.detail());
        }
    }
    assert!(host.events("shop").await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_writers_that_saw_the_same_one_wins_and_its_retry_survives_kill_9() {
    let mut host = Host::start_process().await;
    post(&host, 1, NEW).await.expect(201);
    let seen = ("if-match", "\"1\"");
    let answers = join_all((10..26).map(|n| post(&host, n, seen))).await;
    let winners: Vec<u64> = (10..26).zip(&answers).filter(|(_, a)| a.status == 201).map(|(n, _)| n).collect();
    let [winner] = winners[..] else { panic!("{winners:?}") };
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 412).collect();
    assert_eq!(refused.len(), 15);
    assert!(refused.iter().all(|answer| answer.header("etag") == "\"2\""));
    host.process_mut().kill().await;
    let host = host.start_again().await;
    for n in 10..26 {
        let answer = post(&host, n, seen).await;
        assert_eq!(answer.status, if n == winner { 200 } else { 412 }, "{}", answer.text());
    }
    assert_eq!((host.events("shop").await.len(), tag(&host).await.as_str()), (2, "\"2\""));
}
