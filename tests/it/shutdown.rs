//! SIGTERM and SIGINT: stop taking, commit what was taken, close streams, exit 0.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::harness::{Host, entity, event_id, guest};

#[tokio::test]
async fn a_signal_ends_the_program_kindly_with_its_streams() {
    for signal in ["TERM", "INT"] {
        let mut host = Host::start_process().await;
        host.deploy("shop", "ledger", guest("ledger")).await;
        host.post("noted", &entity(1), &event_id(1), &json!({})).await.expect(201);
        let path = format!("/shop/ledger/{}/model", entity(1));
        host.model_is(&path, &json!({"ids": [event_id(1)], "sum": 0})).await;
        let mut stream = host.follow("/shop/events").await;
        stream.frame("event").await;
        stream.frame("caught-up").await;
        let mut of_model = host.follow(&path).await;
        of_model.frame("model").await;
        let mut socket = host.socket("/shop/events").await;
        socket.frame("event").await;
        socket.frame("caught-up").await;
        let began = Instant::now();
        host.process().signal(signal);
        assert_eq!(stream.next().await, None, "the stream ends, and does not break");
        assert_eq!(of_model.next().await, None);
        assert_eq!(socket.closed().await.code, CloseCode::Away);
        let (status, said) = host.process_mut().ended().await;
        assert_eq!(status.code(), Some(0), "SIG{signal}: {said}");
        assert!(began.elapsed() < Duration::from_secs(10), "nothing had to be forced");
        let host = host.start_again().await;
        assert_eq!(host.events("shop").await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn posts_during_a_shutdown_are_answered_or_not_written() {
    let mut host = Host::start_process().await;
    let enough = tokio::sync::Notify::new();
    let posts = (0..4).map(|client| {
        let (host, enough) = (&host, &enough);
        async move {
            let mut acknowledged = 0;
            for n in 0.. {
                let path = format!("/shop/noted/{}/{}", entity(client), event_id(client * 100_000 + n));
                let request = host.request("POST", &path).header("content-type", "application/json");
                match request.body("{}").send().await {
                    Ok(response) if response.status() == 201 => acknowledged += 1,
                    Ok(response) => {
                        assert_eq!(response.status(), 503);
                        break;
                    }
                    Err(_) => break,
                }
                if n == 100 {
                    enough.notify_one();
                }
            }
            acknowledged
        }
    });
    let stop = async {
        enough.notified().await;
        host.process().signal("TERM");
    };
    let (acknowledged, ()) = tokio::join!(futures_util::future::join_all(posts), stop);
    let (status, said) = host.process_mut().ended().await;
    assert!(status.success(), "{said}");
    let host = host.start_again().await;
    let mut written = 0;
    let mut next = json!("/shop/events?limit=1000");
    while let Some(path) = next.as_str() {
        let page = host.get(path).await.expect(200).json();
        written += page["events"].as_array().unwrap().len();
        next = page["next"].clone();
    }
    let acknowledged: usize = acknowledged.into_iter().sum();
    // Of each client at most one answer could not be delivered any more.
    assert!(
        (acknowledged..=acknowledged + 4).contains(&written),
        "{acknowledged} acknowledged, {written} written"
    );
}

#[tokio::test]
async fn a_host_in_a_program_ends_with_its_token() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "ledger", guest("ledger")).await;
    let mut stream = host.follow("/shop/events").await;
    stream.frame("caught-up").await;
    host.stop().await;
    assert_eq!(stream.next().await, None);
}
