//! Reading events: one, an entity's by id, a context's and a domain's by position.

use serde_json::{Value, json};

use crate::harness::{Answer, Host, entity, event_id, event_ids, foreign_id, guest};

fn ids(answer: &Answer) -> Vec<String> {
    let page = answer.json();
    let events = page["events"].as_array().unwrap();
    events.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

/// The URL in the `Link` header, which must be that in the body.
fn next(answer: &Answer) -> String {
    let link = answer.header("link");
    let url = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\"")).unwrap();
    assert_eq!(answer.json()["next"], url);
    url.to_owned()
}

/// Five events at positions 1 to 5, whose ids are in the order 3, 1, 2, 5, 4; the fourth is another type.
async fn fed() -> Host {
    let host = Host::start(|config| config.contexts.push("other".to_owned())).await;
    for (n, event_type) in [(3, "noted"), (1, "noted"), (2, "noted"), (5, "said"), (4, "noted")] {
        host.post(event_type, &entity(n % 2), &event_id(n), &json!({"n": n})).await.expect(201);
    }
    host
}

#[tokio::test]
async fn an_event_is_immutable_and_cached_for_long() {
    let host = fed().await;
    let path = format!("/shop/{}/event", event_id(3));
    let read = host.get(&path).await.expect(200);
    let event = read.json();
    for (field, value) in [
        ("id", json!(event_id(3))),
        ("type", json!("noted")),
        ("entity", json!(entity(1))),
        ("context", json!("shop")),
        ("position", json!(1)),
        ("occurred_at", json!("2025-01-01T00:00:00.003000Z")),
        ("cause", Value::Null),
        ("metadata", json!({})),
        ("data", json!({"n": 3})),
    ] {
        assert_eq!(event[field], value, "{event}");
    }
    assert!(event["recorded_at"].as_str().unwrap().ends_with('Z'), "{event}");
    assert_eq!(read.header("content-type"), "application/json");
    assert!(read.header("cache-control").contains("immutable"));
    let tag = read.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.ends_with("-1\""), "{tag}");
    let again = host.send(host.request("GET", &path).header("if-none-match", &tag)).await.expect(304);
    assert!(again.body.is_empty());
    assert_eq!(again.header("etag"), tag);
    host.send(host.request("GET", &path).header("if-none-match", "\"other\"")).await.expect(200);
    let head = host.send(host.request("HEAD", &path)).await.expect(200);
    assert_eq!((head.header("etag"), head.body.len()), (tag.as_str(), 0));
    assert_eq!(head.header("content-length"), read.body.len().to_string());
}

#[tokio::test]
async fn an_entitys_events_come_by_id() {
    let host = fed().await;
    let path = format!("/shop/{}/events", entity(1));
    let all = host.get(&path).await.expect(200);
    assert_eq!(ids(&all), [event_id(1), event_id(3), event_id(5)]);
    assert_eq!(all.json()["next"], Value::Null);
    let first = host.get(&format!("{path}?limit=2")).await.expect(200);
    assert_eq!(ids(&first), [event_id(1), event_id(3)]);
    let second = host.get(&next(&first)).await.expect(200);
    assert_eq!(ids(&second), [event_id(5)]);
    // An id that no event has still says from where on.
    assert_eq!(ids(&host.get(&format!("{path}?after={}", event_id(2))).await), [event_id(3), event_id(5)]);
    let nobody = host.get(&format!("/shop/{}/events", entity(9))).await.expect(200);
    assert!(ids(&nobody).is_empty());
}

#[tokio::test]
async fn ids_of_one_instant_are_ordered_by_their_bytes() {
    let host = Host::start(|_| {}).await;
    for (n, maker) in [(1, 3), (1, 1), (2, 0), (1, 2)] {
        host.post("noted", &entity(1), &foreign_id(n, maker), &json!(maker)).await.expect(201);
    }
    let read = host.get(&format!("/shop/{}/events", entity(1))).await.expect(200);
    assert_eq!(ids(&read), [foreign_id(1, 1), foreign_id(1, 2), foreign_id(1, 3), foreign_id(2, 0)]);
}

#[tokio::test]
async fn a_contexts_events_come_by_position() {
    let host = fed().await;
    host.post_to("other", "noted", &entity(1), &event_id(1), "1").await.expect(201);
    host.post("noted", &entity(1), &event_id(6), &json!(6)).await.expect(201);
    let read = async |query: &str| ids(&host.get(&format!("/shop/events{query}")).await.expect(200));
    assert_eq!(read("").await, event_ids([3, 1, 2, 5, 4, 6]));
    assert_eq!(read("?after=3").await, event_ids([5, 4, 6]));
    assert_eq!(read("?following=3").await, event_ids([5, 4, 6]));
    assert_eq!(
        read(&format!("?after={}", event_id(2))).await,
        event_ids([5, 4, 6]),
        "an id means its position"
    );
    assert_eq!(read("?type=said").await, [event_id(5)]);
    assert_eq!(read("?type=said,noted&after=3&limit=2").await, event_ids([5, 4]));
    assert_eq!(read("?after=99").await, [""; 0]);
    assert_eq!(read("?since=1970-01-01T00:00:00Z").await.len(), 6);
    assert_eq!(read("?since=2999-01-01T00:00:00Z").await, [""; 0]);
    let recorded = host.events("shop").await[4]["recorded_at"].as_str().unwrap().to_owned();
    let since = read(&format!("?since={recorded}")).await;
    assert_eq!(since[since.len() - 2..], event_ids([4, 6]), "since is inclusive");
    let mut page = host.get("/shop/events?limit=2&type=noted").await.expect(200);
    let mut all = ids(&page);
    while !page.json()["next"].is_null() {
        page = host.get(&next(&page)).await.expect(200);
        all.extend(ids(&page));
    }
    assert_eq!(all, event_ids([3, 1, 2, 4, 6]));
    assert_eq!(host.get("/shop/events").await.header("vary"), "Accept, Accept-Encoding");
}

#[tokio::test]
async fn a_domains_events_are_those_that_it_folds() {
    let host = fed().await;
    host.deploy("shop", "roll", guest("roll")).await;
    host.deploy("shop", "ledger", guest("ledger")).await;
    let read = async |path: &str| ids(&host.get(path).await.expect(200));
    assert_eq!(read("/shop/roll/events").await, event_ids([3, 1, 2, 4]));
    assert_eq!(read("/shop/roll/events?after=2&limit=1").await, [event_id(2)]);
    assert_eq!(read("/shop/roll/events?type=said").await, [""; 0], "it does not take that type");
    assert_eq!(read("/shop/ledger/events").await, event_ids([3, 1, 2, 5, 4]));
}

#[tokio::test]
async fn pages_are_lines_on_request() {
    let host = fed().await;
    let lines = async |path: &str| {
        let request = host.request("GET", path).header("accept", "application/x-ndjson");
        let answer = host.send(request).await.expect(200);
        assert_eq!(answer.header("content-type"), "application/x-ndjson");
        let lines = answer
            .text()
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .collect::<Vec<_>>();
        (lines, answer.headers.contains_key("link"))
    };
    let (events, more) = lines("/shop/events?limit=3").await;
    assert!(more, "the Link header tells that there is more");
    assert_eq!(events, host.events("shop").await[..3]);
    let (events, more) = lines(&format!("/shop/{}/events", entity(1))).await;
    assert_eq!((events.len(), more), (3, false));
}

#[tokio::test]
async fn a_host_that_answers_is_live_and_one_that_has_compiled_is_ready() {
    let host = Host::start(|_| {}).await;
    assert_eq!(host.get("/_/live").await.expect(200).json(), json!({"status": "live"}));
    host.deploy("shop", "ledger", guest("ledger")).await;
    assert_eq!(host.get("/_/ready").await.expect(200).json(), json!({"status": "ready"}));
}
