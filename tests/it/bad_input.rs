//! Bad input gets a clear problem+json, and nothing is lost or half done.

use reqwest::RequestBuilder;
use serde_json::json;

use crate::harness::{Host, entity, event_id, guest};

/// A status, a kind of problem, and words of the sentence.
type Expected = (u16, &'static str, &'static str);

const AHEAD: &str = "fb5e1000-8000-11ff-8000-000000000001";
const V4: &str = "7d444840-9dc0-41d1-b245-5ffdce74fad2";
const V1: &str = "c232ab00-9414-11ec-b3c8-9f6bdeced846";

fn json_body(request: RequestBuilder, body: impl Into<reqwest::Body>) -> RequestBuilder {
    request.header("content-type", "application/json").body(body)
}

async fn small() -> Host {
    Host::start(|config| {
        config.limits.event_bytes = 1024;
        config.limits.metadata_bytes = 64;
        config.limits.batch_bytes = 4096;
        config.limits.batch_events = 3;
    })
    .await
}

/// Sends a request, checks the answer, and that nothing was written.
async fn refused(host: &Host, request: RequestBuilder, (status, kind, words): Expected) {
    let shown = format!("{request:?}");
    let answer = host.send(request).await;
    assert_eq!(answer.status, status, "{shown}: {}", answer.text());
    assert_eq!(answer.problem(), kind, "{shown}: {}", answer.text());
    assert!(answer.detail().contains(words), "{shown}: {words:?} is not in {:?}", answer.detail());
    assert!(host.events("shop").await.is_empty(), "{shown}");
}

#[tokio::test]
async fn names_and_ids_in_a_url() {
    let host = small().await;
    let (e, id) = (entity(1), event_id(1));
    let long = "a".repeat(129);
    for (path, expected) in [
        (format!("/shop/noted/{e}/{V4}"), (400, "invalid-id", V4)),
        (format!("/shop/noted/{V1}/{id}"), (400, "invalid-id", V1)),
        (format!("/shop/noted/{e}/7"), (400, "invalid-id", "event id \"7\" is not a UUID")),
        (format!("/shop/noted/cart/{id}"), (400, "invalid-id", "entity \"cart\" is not a UUID")),
        (format!("/shop/noted/{e}/{AHEAD}"), (400, "id-from-the-future", "max_clock_ahead_ms")),
        (format!("/Shop/noted/{e}/{id}"), (400, "invalid-name", "context \"Shop\"")),
        (format!("/shop/1st/{e}/{id}"), (400, "invalid-name", "event type \"1st\"")),
        (format!("/shop/so%20far/{e}/{id}"), (400, "invalid-name", "event type \"so far\"")),
        (format!("/shop/a%2Fb/{e}/{id}"), (400, "invalid-name", "event type \"a/b\"")),
        (format!("/shop/{long}/{e}/{id}"), (400, "invalid-name", "event type")),
        (format!("/elsewhere/noted/{e}/{id}"), (404, "unknown-context", "elsewhere")),
        (format!("/shop/noted/{e}/{id}?wait=ledgers"), (404, "unknown-domain", "ledgers")),
    ] {
        refused(&host, json_body(host.request("POST", &path), "{}"), expected).await;
    }
}

#[tokio::test]
async fn bodies() {
    let host = small().await;
    let path = format!("/shop/noted/{}/{}", entity(1), event_id(1));
    let post = || host.request("POST", &path);
    let huge = format!("\"{}\"", "x".repeat(1024));
    for (body, expected) in [
        ("", (400, "empty", "empty")),
        (" \n", (400, "not-json", "the event's data")),
        ("{\"a\":", (400, "not-json", "the event's data")),
        ("{} {}", (400, "not-json", "the event's data")),
        ("nothing", (400, "not-json", "the event's data")),
        ("{'a':1}", (400, "not-json", "the event's data")),
        ("\u{feff}{}", (400, "not-json", "the event's data")),
        (huge.as_str(), (413, "too-large", "1024 bytes, the limit (event_bytes)")),
    ] {
        refused(&host, json_body(post(), body.to_owned()), expected).await;
    }
    refused(&host, json_body(post(), &b"\"\xff\""[..]), (400, "not-json", "the event's data")).await;
    let chunks = futures_util::stream::iter((0..3).map(|_| Ok::<_, std::io::Error>(" ".repeat(600))));
    let streamed = json_body(post(), reqwest::Body::wrap_stream(chunks));
    refused(&host, streamed, (413, "too-large", "event_bytes")).await;
    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/x-ndjson",
        "application/cloudevents+json",
    ] {
        let request = post().header("content-type", media_type).body("{}");
        refused(&host, request, (415, "unsupported-media-type", media_type)).await;
    }
    refused(&host, post().body(&b"{}"[..]), (415, "unsupported-media-type", "no Content-Type")).await;
    let packed = json_body(post(), "{}").header("content-encoding", "gzip");
    refused(&host, packed, (415, "unsupported-media-type", "gzip")).await;
    let much = json_body(post(), "{}").header("everfold-meta-a", "x".repeat(64));
    refused(&host, much, (413, "too-large", "metadata_bytes")).await;
    let twice = json_body(post(), "{}").header("everfold-meta-a", "1").header("everfold-meta-a", "2");
    refused(&host, twice, (400, "invalid-request", "Everfold-Meta-a")).await;
}

#[tokio::test]
async fn batches() {
    let host = small().await;
    let member = |n| json!({"id": event_id(n), "type": "noted", "entity": entity(1), "data": 1});
    let one = member(1);
    let mut extra = member(1);
    extra["position"] = json!(7);
    let mut ahead = member(2);
    ahead["id"] = json!(AHEAD);
    let mut large = member(2);
    large["data"] = json!("x".repeat(1024));
    for (body, expected) in [
        (json!([]), (400, "empty", "the batch is empty")),
        (one.clone(), (400, "invalid-request", "the batch")),
        (json!([one, {"id": event_id(2)}]), (400, "invalid-request", "missing field")),
        (json!([extra]), (400, "invalid-request", "position")),
        (json!([one, 7]), (400, "invalid-request", "the batch")),
        (json!([one, ahead]), (400, "id-from-the-future", "event 1 of the batch")),
        (json!([one, large]), (413, "too-large", "event 1 of the batch")),
        (json!([one, one, one, one]), (413, "too-large", "batch_events")),
        (json!(["x".repeat(4096)]), (413, "too-large", "batch_bytes")),
    ] {
        refused(&host, json_body(host.request("POST", "/shop/events"), body.to_string()), expected).await;
    }
    let lines = |body: &str| {
        host.request("POST", "/shop/events")
            .header("content-type", "application/x-ndjson")
            .body(body.to_owned())
    };
    refused(&host, lines("\n"), (400, "empty", "the batch is empty")).await;
    refused(&host, lines(&format!("{one}\n[]")), (400, "invalid-request", "line 2")).await;
    let csv = host.request("POST", "/shop/events").header("content-type", "text/csv").body("a,b");
    refused(&host, csv, (415, "unsupported-media-type", "text/csv")).await;
    let metadata = json_body(host.request("POST", "/shop/events"), json!([one]).to_string());
    refused(&host, metadata.header("everfold-meta-a", "1"), (400, "invalid-request", "everfold-meta-a"))
        .await;
}

#[tokio::test]
async fn questions() {
    let host = small().await;
    host.deploy("shop", "ledger", guest("ledger")).await;
    host.deploy("shop", "roll", guest("roll")).await;
    let (e, id) = (entity(1), event_id(1));
    for (path, expected) in [
        ("/".to_owned(), (404, "not-found", "/")),
        ("/favicon.ico".to_owned(), (404, "not-found", "/favicon.ico")),
        ("/shop".to_owned(), (404, "not-found", "/shop")),
        (format!("/shop/ledger/{e}/models"), (405, "method-not-allowed", "GET")),
        ("/_/everything".to_owned(), (404, "not-found", "/_/everything")),
        ("/_/events".to_owned(), (400, "invalid-name", "context \"_\"")),
        ("/elsewhere/events".to_owned(), (404, "unknown-context", "elsewhere")),
        (format!("/elsewhere/{e}/events"), (404, "unknown-context", "elsewhere")),
        ("/elsewhere/keys".to_owned(), (404, "unknown-context", "elsewhere")),
        (format!("/elsewhere/{id}/event"), (404, "unknown-context", "elsewhere")),
        (format!("/shop/{id}/event"), (404, "unknown-event", &*id.clone().leak())),
        (format!("/shop/{e}/event"), (400, "invalid-id", "version 1")),
        (format!("/shop/nothing/{e}/model"), (404, "unknown-domain", "nothing")),
        ("/shop/nothing/model".to_owned(), (404, "unknown-domain", "nothing")),
        ("/shop/nothing/models".to_owned(), (404, "unknown-domain", "nothing")),
        ("/shop/nothing/keys".to_owned(), (404, "unknown-domain", "nothing")),
        ("/shop/nothing/events".to_owned(), (404, "unknown-domain", "nothing")),
        ("/shop/No/models".to_owned(), (400, "invalid-name", "domain \"No\"")),
        (format!("/shop/ledger/{e}/model"), (404, "no-model", &*e.clone().leak())),
        ("/shop/ledger/7/model".to_owned(), (400, "invalid-id", "entity \"7\"")),
        ("/shop/ledger/model".to_owned(), (404, "other-fold", "shop/ledger")),
        (format!("/shop/roll/{e}/model"), (404, "other-fold", "shop/roll")),
        (format!("/shop/{id}/events"), (400, "invalid-id", "version 4")),
        ("/shop/events?limit=0".to_owned(), (400, "invalid-request", "limit")),
        ("/shop/events?limit=1001".to_owned(), (400, "invalid-request", "limits.page")),
        ("/shop/events?limit=many".to_owned(), (400, "invalid-request", "many")),
        ("/shop/events?limit=1&limit=2".to_owned(), (400, "invalid-request", "limit")),
        ("/shop/events?after=-1".to_owned(), (400, "invalid-request", "after")),
        ("/shop/events?after=1&following=1".to_owned(), (400, "invalid-request", "following")),
        (format!("/shop/events?after={id}"), (404, "unknown-event", "no event")),
        ("/shop/events?since=yesterday".to_owned(), (400, "invalid-request", "yesterday")),
        ("/shop/events?type=1st".to_owned(), (400, "invalid-request", "1st")),
        ("/shop/events?color=red".to_owned(), (400, "invalid-request", "color")),
        (format!("/shop/{e}/events?after=3"), (400, "invalid-request", "after")),
        (format!("/shop/{e}/events?type=noted"), (400, "invalid-request", "type")),
        ("/shop/ledger/models?after=x".to_owned(), (400, "invalid-request", "after")),
        (format!("/shop/ledger/{e}/model?color=red"), (400, "invalid-request", "color")),
        ("/_/reducers?color=red".to_owned(), (400, "invalid-request", "color")),
    ] {
        refused(&host, host.request("GET", &path), expected).await;
    }
}

#[tokio::test]
async fn methods_are_named_in_allow() {
    let host = small().await;
    let event = format!("/shop/noted/{}/{}", entity(1), event_id(1));
    for (method, path, allowed) in [
        ("GET", event.as_str(), "POST"),
        ("PUT", &event, "POST"),
        ("DELETE", "/shop/events", "POST"),
        ("DELETE", "/shop/events", "GET"),
        ("POST", "/_/reducers", "GET"),
        ("BREW", "/shop/keys", "GET"),
    ] {
        let answer = host.send(host.request(method, path)).await.expect(405);
        assert!(answer.header("allow").contains(allowed), "{method} {path}: {:?}", answer.headers);
        refused(&host, host.request(method, path), (405, "method-not-allowed", method)).await;
    }
}

#[tokio::test]
async fn a_web_page_cannot_reach_a_loopback_host() {
    let host = small().await;
    let path = format!("/shop/noted/{}/{}", entity(1), event_id(1));
    let post = || json_body(host.request("POST", &path), "{}");
    refused(&host, post().header("host", "evil.example"), (421, "wrong-host", "evil.example")).await;
    let read = host.request("GET", "/shop/events").header("host", "evil.example:4580");
    refused(&host, read, (421, "wrong-host", "evil.example:4580")).await;
    refused(&host, host.request("GET", "/nothing").header("host", "a.b"), (421, "wrong-host", "a.b")).await;
    for origin in ["http://evil.example", "null", "https://localhost"] {
        refused(&host, post().header("origin", origin), (403, "forbidden-origin", origin)).await;
    }
    for (header, value) in [("host", "localhost"), ("host", "[::1]:1"), ("origin", host.base())] {
        host.send(post().header(header, value)).await.expect(if header == "host" && value == "localhost" {
            201
        } else {
            200
        });
    }
    // Reading is what browsers keep from pages of other origins by themselves.
    host.send(host.request("GET", "/shop/events").header("origin", "http://evil.example")).await.expect(200);
}

#[tokio::test]
async fn allowed_hosts_and_origins_pass() {
    let host = Host::start(|config| {
        config.allowed_hosts = vec!["shop.example".to_owned()];
        config.allowed_origins = vec!["https://pages.example".to_owned()];
    })
    .await;
    let path = format!("/shop/noted/{}/{}", entity(1), event_id(1));
    let post = json_body(host.request("POST", &path), "{}").header("host", "shop.example");
    host.send(post.header("origin", "https://pages.example")).await.expect(201);
}
