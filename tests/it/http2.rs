//! HTTP/2 beside HTTP/1.1, on the same port: the same interface, with websockets by RFC 8441; and the time that
//! the head of a request may take.

use bytes::Bytes;
use everfold::config::Scope;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::{
    doors::token,
    harness::{Host, entity, event_id, patiently},
};

const JSON: (&str, &str) = ("content-type", "application/json");

fn event(of: u64, n: u64) -> String {
    format!("/shop/noted/{}/{}", entity(of), event_id(n))
}

#[tokio::test]
async fn both_versions_are_spoken_on_one_port() {
    let host = Host::with_ledger().await;
    let http2 = host.http2().await;
    let posts = (1..=300).map(|n| {
        let http2 = &http2;
        async move { http2.send("POST", &event(1, n), &[JSON], r#"{"n":1}"#).await.expect(201).position() }
    });
    let mut positions = futures_util::future::join_all(posts).await;
    positions.sort_unstable();
    assert_eq!(positions, (1..=300).collect::<Vec<_>>(), "over one connection");
    let path = format!("/shop/ledger/{}/model?wait=30", entity(1));
    let (old, new) = (host.get(&path).await.expect(200), http2.get(&path).await.expect(200));
    assert_eq!(old.json()["sum"], 300);
    assert_eq!(new.body, old.body);
    for name in ["content-type", "content-length", "etag", "vary", "cache-control", "everfold-position"] {
        assert_eq!(new.header(name), old.header(name), "{name}");
    }
    let head = http2.send("HEAD", &path, &[], "").await.expect(200);
    assert_eq!((head.header("content-length"), head.body.len()), (old.header("content-length"), 0));
    assert_eq!(http2.send("PUT", &path, &[], "").await.expect(405).problem(), "method-not-allowed");
    let foreign = [JSON, ("origin", "http://evil.example")];
    assert_eq!(
        http2.send("POST", &event(1, 301), &foreign, "{}").await.expect(403).problem(),
        "forbidden-origin"
    );
    let long = "x".repeat(100_000);
    let refused =
        Request::get("http://localhost/_/live").header("x-long", &long).body(Full::default()).unwrap();
    assert_eq!(http2.open(refused).await.unwrap().status(), 431);
    http2.get("/_/live").await.expect(200);
}

#[tokio::test]
async fn a_websocket_is_opened_over_http2_beside_other_requests() {
    let host = Host::with_ledger().await;
    let http2 = host.http2().await;
    let path = format!("/shop/ledger/{}/model", entity(1));
    let mut of_model = http2.socket(&path, &[]).await.ok().unwrap();
    of_model.frame("none").await;
    let mut of_events = http2.socket("/shop/events", &[]).await.ok().unwrap();
    of_events.frame("caught-up").await;
    for n in 1..=3 {
        http2.send("POST", &event(1, n), &[JSON], r#"{"n":1}"#).await.expect(201);
        assert_eq!(of_model.frame("model").await["model"]["sum"], n);
        assert_eq!(of_events.frame("event").await["event"]["id"], event_id(n));
    }
    let mut followed = http2
        .open(
            Request::get(format!("http://localhost{path}"))
                .header("accept", "text/event-stream")
                .body(Full::<Bytes>::default())
                .unwrap(),
        )
        .await
        .unwrap()
        .into_body();
    let frame = patiently("a frame", followed.frame()).await.unwrap().unwrap().into_data().unwrap();
    assert!(frame.starts_with(b"event: model\n"), "{frame:?}");
    // Where there is nothing to follow, it is not taken.
    for path in ["/shop/keys", &event(1, 1)] {
        assert_eq!(http2.socket(path, &[]).await.err(), Some(405), "{path}");
    }
    assert_eq!(http2.socket("/lab/events", &[]).await.err(), Some(404));
}

#[tokio::test]
async fn pages_and_tokens_are_looked_at_over_http2_as_well() {
    let host = Host::start(|config| {
        config.tokens = vec![token("reads", &["shop"], &[Scope::Read])];
        config.allowed_origins = vec!["https://pages.example".to_owned()];
    })
    .await;
    let http2 = host.http2().await;
    let offered = ("sec-websocket-protocol", "everfold, everfold.bearer.reads");
    for (headers, status) in [
        (&[][..], 401),
        (&[("sec-websocket-protocol", "everfold, everfold.bearer.none")], 401),
        (&[offered, ("origin", "https://evil.example")], 403),
        (&[("authorization", "Bearer reads"), ("origin", "null")], 403),
    ] {
        assert_eq!(http2.socket("/shop/events", headers).await.err(), Some(status), "{headers:?}");
    }
    for headers in [
        &[offered][..],
        &[offered, ("origin", "https://pages.example")],
        &[("authorization", "Bearer reads"), ("origin", "http://localhost")],
    ] {
        http2.socket("/shop/events", headers).await.ok().unwrap().frame("caught-up").await;
    }
}

#[tokio::test]
async fn a_shutdown_ends_what_is_open_over_http2_kindly() {
    let host = Host::with_ledger().await;
    let http2 = host.http2().await;
    let mut socket = http2.socket("/shop/events", &[]).await.ok().unwrap();
    socket.frame("caught-up").await;
    let followed = Request::get("http://localhost/shop/events").header("accept", "text/event-stream");
    let followed = http2.open(followed.body(Full::default()).unwrap()).await.unwrap();
    // What waits is answered.
    let path = format!("/shop/ledger/{}/model?wait=30&position=1", entity(1));
    let waits = http2.send("GET", &path, &[], "");
    let ends = async {
        host.stop().await;
    };
    let (waited, ()) = tokio::join!(waits, ends);
    assert_eq!(waited.expect(503).problem(), "closing");
    assert_eq!(socket.closed().await.code, CloseCode::Away);
    let told = patiently("the stream's end", followed.into_body().collect()).await.unwrap().to_bytes();
    let told = std::str::from_utf8(&told).unwrap();
    assert!(told.contains("\n\n: come back\nretry: "), "{told}");
    patiently("the connection's end", http2.connection).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_head_must_come_in_time_but_a_connection_may_rest() {
    let host = Host::start(|config| config.limits.head_ms = 20).await;
    let (_, address) = host.base().split_once("://").unwrap();
    let request = b"GET /_/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut rests = TcpStream::connect(address).await.unwrap();
    let mut answered = async || {
        rests.write_all(request).await.unwrap();
        let mut answer = vec![0; 4096];
        let length = patiently("an answer", rests.read(&mut answer)).await.unwrap();
        assert!(answer[..length].starts_with(b"HTTP/1.1 200 OK\r\n"), "{length}");
    };
    answered().await;
    // Both what is the first of its connection, and what comes behind another request.
    for before in [&b""[..], request] {
        for begun in [1, 30] {
            let mut slow = TcpStream::connect(address).await.unwrap();
            slow.write_all(before).await.unwrap();
            if !before.is_empty() {
                patiently("an answer", slow.read(&mut [0; 4096])).await.unwrap();
            }
            slow.write_all(&request[..begun]).await.unwrap();
            let ended = patiently("the end of a slow head", slow.read(&mut [0; 4096])).await;
            assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
        }
    }
    answered().await;
}
