//! Websockets: the same frames as server-sent events, but only for pages that may have them.

use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};

use crate::harness::{Host, entity, event_id, guest};

async fn post(host: &Host, n: u64) {
    host.post("noted", &entity(1), &event_id(n), &json!({"n": 1})).await.expect(201);
}

fn path() -> String {
    format!("/shop/ledger/{}/model", entity(1))
}

#[tokio::test]
async fn a_model_is_followed_over_a_websocket() {
    let host = Host::with_ledger().await;
    let mut socket = host.socket(&path()).await;
    socket.frame("none").await;
    post(&host, 1).await;
    let first = socket.frame("model").await;
    assert_eq!(first["model"], json!({"ids": [event_id(1)], "sum": 1}));
    let seen = format!("{}-{}", first["epoch"].as_str().unwrap(), first["version"]);
    assert_eq!(host.get(&path()).await.header("etag"), format!("\"{seen}\""));
    let mut again = host.socket(&format!("{}?from={seen}", path())).await;
    post(&host, 2).await;
    for socket in [&mut socket, &mut again] {
        assert_eq!(socket.frame("model").await["model"]["sum"], 2);
    }
    let mut reset = host.socket(&format!("{}?from=elsewhere-1", path())).await;
    reset.frame("reset").await;
    assert_eq!(reset.frame("model").await["model"]["sum"], 2);
    host.deploy("shop", "ledger", guest("echo")).await;
    let deleted = socket.frame("deleted").await;
    assert!(deleted["version"].as_u64() > first["version"].as_u64());
}

#[tokio::test]
async fn events_are_followed_over_a_websocket() {
    let host = Host::with_ledger().await;
    for n in [2, 1] {
        post(&host, n).await;
    }
    let mut socket = host.socket("/shop/events").await;
    let mut by_stream = host.follow("/shop/events").await;
    for _ in 0..2 {
        assert_eq!(socket.frame("event").await, by_stream.frame("event").await.data, "the same frames");
    }
    assert_eq!(socket.frame("caught-up").await, by_stream.frame("caught-up").await.data);
    let posts = futures_util::future::join_all((10..210).map(|n| post(&host, n)));
    let frames = async {
        for position in 3..=202 {
            assert_eq!(socket.frame("event").await["position"], position);
        }
    };
    tokio::join!(posts, frames);
    let mut later = host.socket("/shop/events?after=201").await;
    assert_eq!(later.frame("event").await["position"], 202);
}

fn kind(said: &str) -> String {
    serde_json::from_str::<Value>(said).unwrap_or_else(|error| panic!("{error}: {said}"))["type"].to_string()
}

#[tokio::test]
async fn pages_of_other_origins_are_refused() {
    let host = Host::with_ledger().await;
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1"] {
        for url in ["/shop/events", &path()] {
            let (status, said) = host.socket_with(url, &[("origin", origin)]).await.err().unwrap();
            assert_eq!(
                (status, kind(&said).contains("forbidden-origin")),
                (403, true),
                "{url} {origin} {said}"
            );
        }
    }
    let (status, _) = host.socket_with("/shop/events", &[("host", "evil.example")]).await.err().unwrap();
    assert_eq!(status, 421);
    let mut own = host.socket_with("/shop/events", &[("origin", host.base())]).await.ok().unwrap();
    own.frame("caught-up").await;
    let host = host.restart(|config| config.allowed_origins = vec!["https://pages.example".to_owned()]).await;
    let mut allowed =
        host.socket_with("/shop/events", &[("origin", "https://pages.example")]).await.ok().unwrap();
    allowed.frame("caught-up").await;
}

#[tokio::test]
async fn what_is_not_there_is_answered_and_not_upgraded() {
    let host = Host::with_ledger().await;
    for (url, expected, words) in [
        ("/elsewhere/events", 404, "unknown-context"),
        ("/shop/nothing/model", 404, "unknown-domain"),
        ("/shop/events?color=red", 400, "invalid-request"),
    ] {
        let (status, said) = host.socket_with(url, &[]).await.err().unwrap();
        assert_eq!((status, kind(&said).contains(words)), (expected, true), "{url} {said}");
    }
}

#[tokio::test]
async fn a_client_that_talks_is_told_that_nobody_listens() {
    let host = Host::with_ledger().await;
    let mut socket = host.socket("/shop/events").await;
    socket.frame("caught-up").await;
    socket.0.send(Message::text("hello")).await.unwrap();
    assert_eq!(socket.closed().await.code, CloseCode::Unsupported);
    let mut polite = host.socket("/shop/events").await;
    polite.frame("caught-up").await;
    polite.0.close(None).await.unwrap();
}
