//! What answers say of themselves: `HEAD`, `OPTIONS`, compression, tags, caches, time.

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZstdDecoder};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::harness::{Answer, Host, entity, event_id, guest};

/// A host with a model, and pages, that are worth compressing.
async fn large() -> Host {
    let host = Host::with_ledger().await;
    let member = |n| json!({"id": event_id(n), "type": "noted", "entity": entity(1), "data": {"n": 1}});
    host.post_batch("shop", &(1..=100).map(member).collect()).await.expect(201);
    host.get(&format!("{}?wait=30", model())).await.expect(200);
    host
}

fn model() -> String {
    format!("/shop/ledger/{}/model", entity(1))
}

async fn accepting(host: &Host, method: &str, path: &str, codings: &str) -> Answer {
    host.send(host.request(method, path).header("accept-encoding", codings)).await
}

async fn read_back(answer: &Answer) -> Vec<u8> {
    let mut decoder: Box<dyn AsyncRead + Unpin> = match answer.header("content-encoding") {
        "zstd" => Box::new(ZstdDecoder::new(&*answer.body)),
        "br" => Box::new(BrotliDecoder::new(&*answer.body)),
        "gzip" => Box::new(GzipDecoder::new(&*answer.body)),
        other => panic!("{other}"),
    };
    let mut read = vec![];
    decoder.read_to_end(&mut read).await.unwrap();
    read
}

#[tokio::test]
async fn a_head_says_what_its_get_would_say() {
    let host = large().await;
    let one = entity(1);
    for path in [
        model(),
        format!("/shop/{}/event", event_id(1)),
        format!("/shop/{}/causes", event_id(1)),
        format!("/shop/{}/effects", event_id(1)),
        format!("/shop/{one}/events?limit=50"),
        "/shop/events?limit=50".to_owned(),
        "/shop/ledger/events".to_owned(),
        "/shop/ledger/models".to_owned(),
        "/shop/ledger/keys".to_owned(),
        "/shop/keys".to_owned(),
        "/_/reducers".to_owned(),
        "/_/parked".to_owned(),
        "/_/divergences".to_owned(),
        "/_/hosts".to_owned(),
        format!("/_/modules/{}", guest("ledger").hash),
        "/_/live".to_owned(),
        "/_/ready".to_owned(),
        // And what is not there.
        format!("/shop/ledger/{}/model", entity(2)),
        "/shop/ledger/model".to_owned(),
        "/shop/events?limit=0".to_owned(),
        "/nothing".to_owned(),
    ] {
        for codings in ["identity", "gzip", "zstd, br"] {
            let get = accepting(&host, "GET", &path, codings).await;
            let head = accepting(&host, "HEAD", &path, codings).await;
            assert_eq!(head.status, get.status, "{path}");
            assert!(head.body.is_empty(), "{path}");
            assert_eq!(get.header("content-length"), get.body.len().to_string(), "{path}");
            assert!(head.header("server-timing").starts_with("total;dur="), "{path}");
            let told = |mut answer: Answer| {
                for changing in ["date", "server-timing"] {
                    answer.headers.remove(changing);
                }
                answer.headers
            };
            assert_eq!(told(head), told(get), "{path} {codings}");
        }
    }
    let post = format!("/shop/noted/{one}/{}", event_id(1));
    host.send(host.request("HEAD", &post)).await.expect(405);
}

#[tokio::test]
async fn the_head_of_a_stream_takes_no_streams_place() {
    let host = Host::start(|config| config.limits.streams = 1).await;
    host.deploy("shop", "ledger", guest("ledger")).await;
    let mut only = host.follow("/shop/events").await;
    only.frame("caught-up").await;
    for path in ["/shop/events", &model()] {
        let ask = |method| host.request(method, path).header("accept", "text/event-stream");
        assert_eq!(host.send(ask("GET")).await.expect(503).problem(), "too-many-streams");
        let head = host.send(ask("HEAD")).await.expect(200);
        assert_eq!(head.header("content-type"), "text/event-stream");
        assert_eq!(
            (head.header("vary"), head.header("cache-control")),
            ("Accept, Accept-Encoding", "no-cache")
        );
        assert!(!head.headers.contains_key("content-length") && !head.headers.contains_key("server-timing"));
    }
}

#[tokio::test]
async fn answers_are_compressed_as_it_is_liked() {
    let host = large().await;
    let plain = host.get(&model()).await.expect(200);
    assert!(!plain.headers.contains_key("content-encoding"));
    let tag = plain.header("etag").trim_matches('"').to_owned();
    for (accepted, coding) in [
        ("gzip, deflate, br, zstd", "zstd"),
        ("br, gzip", "br"),
        ("gzip", "gzip"),
        ("zstd;q=0.5, gzip;q=0.8", "gzip"),
    ] {
        let answer = accepting(&host, "GET", &model(), accepted).await.expect(200);
        assert_eq!(answer.header("content-encoding"), coding);
        assert_eq!(answer.header("vary"), "Accept, Accept-Encoding");
        assert!(answer.body.len() * 2 < plain.body.len(), "{coding}");
        assert_eq!(read_back(&answer).await, plain.body, "{coding}");
        assert_eq!(answer.header("etag"), format!("\"{tag};{coding}\""));
        // Whoever has it in one coding has it.
        let known = host.request("GET", &model()).header("if-none-match", answer.header("etag"));
        let again = host.send(known.header("accept-encoding", accepted)).await.expect(304);
        assert_eq!(again.header("etag"), answer.header("etag"));
        assert!(
            !again.headers.contains_key("content-encoding") && !again.headers.contains_key("content-length")
        );
        assert_eq!(again.header("vary"), "Accept, Accept-Encoding");
    }
    let pages = accepting(&host, "GET", "/shop/events", "zstd").await.expect(200);
    assert_eq!(read_back(&pages).await, host.get("/shop/events").await.body);
    for (path, accepted) in
        [(model().as_str(), "identity"), (&model(), "zstd;q=0"), (&model(), "lzma"), ("/shop/keys", "zstd")]
    {
        let answer = accepting(&host, "GET", path, accepted).await.expect(200);
        assert!(!answer.headers.contains_key("content-encoding"), "{path} {accepted}");
    }
    let request = host.request("GET", &model()).header("accept-encoding", "zstd, gzip");
    let mut stream = crate::harness::Stream::open(request).await;
    assert_eq!(stream.frame("model").await.data["model"]["sum"], 100, "frames go out as they are");
}

#[tokio::test]
async fn the_tag_of_compressed_events_counts_for_expectations() {
    let host = large().await;
    let events = format!("/shop/{}/events", entity(1));
    let tag = accepting(&host, "GET", &events, "br").await.expect(200).header("etag").to_owned();
    assert_eq!(tag, "\"100;br\"");
    let post = |n| {
        let request = host.request("POST", &format!("/shop/noted/{}/{}", entity(1), event_id(n)));
        request.header("content-type", "application/json").header("if-match", &tag).body("{}")
    };
    host.send(post(101)).await.expect(201);
    let refused = host.send(post(102)).await.expect(412);
    assert_eq!((refused.problem().as_str(), refused.header("etag")), ("expectation-unmet", "\"101\""));
}

#[tokio::test]
async fn caches_are_told_what_holds() {
    let host = large().await;
    for (path, control, vary) in [
        (model(), "no-cache", "Accept, Accept-Encoding"),
        ("/shop/events".to_owned(), "no-cache", "Accept, Accept-Encoding"),
        (format!("/shop/{}/events", entity(1)), "no-cache", "Accept, Accept-Encoding"),
        ("/shop/ledger/models".to_owned(), "no-cache", "Accept, Accept-Encoding"),
        (format!("/shop/{}/event", event_id(1)), "public, max-age=31536000, immutable", "Accept-Encoding"),
        (format!("/shop/{}/event", event_id(999)), "no-cache", "Accept-Encoding"),
        ("/nothing".to_owned(), "no-cache", "Accept-Encoding"),
        ("/_/reducers".to_owned(), "no-cache", "Accept-Encoding"),
    ] {
        let answer = host.get(&path).await;
        assert_eq!((answer.header("cache-control"), answer.header("vary")), (control, vary), "{path}");
    }
}

#[tokio::test]
async fn a_url_tells_what_it_takes() {
    let host = large().await;
    let event = format!("/shop/noted/{}/{}", entity(1), event_id(1));
    for (path, methods) in [
        ("/shop/events", "POST, GET, HEAD, OPTIONS"),
        (&model(), "GET, HEAD, OPTIONS"),
        (&event, "POST, OPTIONS"),
        ("/_/reducers", "GET, HEAD, OPTIONS"),
        ("/_/parked/retry", "POST, OPTIONS"),
    ] {
        let told = host.send(host.request("OPTIONS", path)).await.expect(204);
        assert_eq!((told.header("allow"), told.body.len()), (methods, 0), "{path}");
        assert!(!told.headers.contains_key("content-length"), "{path}");
        let refused = host.send(host.request("DELETE", path)).await.expect(405);
        assert_eq!((refused.header("allow"), refused.problem().as_str()), (methods, "method-not-allowed"));
    }
    host.send(host.request("OPTIONS", "/nothing")).await.expect(404);
}

/// The parts of `Server-Timing`, by name, in milliseconds.
fn timing(answer: &Answer) -> Vec<(String, f64)> {
    let part = |part: &str| {
        let (name, took) = part.split_once(";dur=").unwrap();
        (name.trim().to_owned(), took.parse().unwrap())
    };
    answer.header("server-timing").split(',').map(part).collect()
}

#[tokio::test]
async fn an_answer_tells_how_long_it_took() {
    let host = large().await;
    for path in [model().as_str(), "/_/live", "/nothing"] {
        let timing = timing(&host.get(path).await);
        assert!(
            matches!(&timing[..], [(name, took)] if name == "total" && *took >= 0.0),
            "{path}: {timing:?}"
        );
    }
    let path = format!("/shop/noted/{}/{}?wait=ledger", entity(1), event_id(200));
    let post = host.request("POST", &path).header("content-type", "application/json").body("{}");
    let waited = timing(&host.send(post).await.expect(201));
    let [(fold, folded), (total, whole)] = &waited[..] else { panic!("{waited:?}") };
    assert_eq!((fold.as_str(), total.as_str()), ("fold", "total"));
    assert!(folded <= whole, "{waited:?}");
    let stream = host.request("GET", "/shop/events").header("accept", "text/event-stream");
    let stream = stream.send().await.unwrap();
    assert!(!stream.headers().contains_key("server-timing"), "it has only begun");
}
