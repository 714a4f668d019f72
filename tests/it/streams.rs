//! Server-sent events: first what is, then newer; cursors are epoch and number.

use serde_json::json;

use crate::harness::{Host, Stream, entity, event_id, guest};

async fn post(host: &Host, n: u64) {
    host.post("noted", &entity(1), &event_id(n), &json!({"n": 1})).await.expect(201);
}

/// The same, with one event folded.
async fn with_a_model() -> Host {
    let host = Host::with_ledger().await;
    post(&host, 1).await;
    host.model_that(&path(), |model| model["sum"] == 1).await;
    host
}

fn path() -> String {
    format!("/shop/ledger/{}/model", entity(1))
}

#[tokio::test]
async fn a_model_is_followed_from_what_it_is() {
    let host = Host::with_ledger().await;
    let mut early = host.follow(&path()).await;
    let none = early.frame("none").await;
    assert_eq!(none.cursor().1, 0);
    post(&host, 1).await;
    let first = early.frame("model").await;
    assert_eq!(first.data["model"], json!({"ids": [event_id(1)], "sum": 1}));
    assert_eq!((&first.data["position"], &first.data["module"]), (&json!(1), &json!(guest("ledger").hash)));
    let (epoch, version) = first.cursor();
    assert_eq!((&first.data["epoch"], &first.data["version"]), (&json!(epoch), &json!(version)));
    assert_eq!(host.get(&path()).await.header("etag"), format!("\"{}\"", first.id), "the cursor is the ETag");
    let mut late = host.follow(&path()).await;
    assert_eq!(late.frame("model").await, first);
    post(&host, 2).await;
    for stream in [&mut early, &mut late] {
        let second = stream.frame("model").await;
        assert_eq!(second.data["model"]["sum"], 2);
        assert!(second.cursor().1 > version);
    }
}

#[tokio::test]
async fn models_never_go_back_and_the_last_one_arrives() {
    let host = Host::with_ledger().await;
    let mut stream = host.follow(&path()).await;
    stream.frame("none").await;
    let posts = async {
        for n in 1..=200 {
            post(&host, n).await;
        }
    };
    let frames = async {
        let (mut sum, mut version) = (0, 0);
        while sum < 200 {
            let frame = stream.frame("model").await;
            let newer = frame.data["model"]["sum"].as_u64().unwrap();
            assert!(newer > sum && frame.cursor().1 > version, "{sum} then {frame:?}");
            (sum, version) = (newer, frame.cursor().1);
        }
    };
    tokio::join!(posts, frames);
}

#[tokio::test]
async fn a_reader_that_comes_back_is_told_only_what_is_newer() {
    let host = with_a_model().await;
    let seen = host.follow(&path()).await.frame("model").await;
    let by_header = host.request("GET", &path()).header("last-event-id", &seen.id);
    let mut by_header = Stream::open(by_header).await;
    let mut by_parameter = host.follow(&format!("{}?from={}", path(), seen.id)).await;
    post(&host, 2).await;
    for stream in [&mut by_header, &mut by_parameter] {
        assert_eq!(stream.frame("model").await.data["model"]["sum"], 2, "not the first again");
    }
}

#[tokio::test]
async fn a_cursor_of_another_epoch_resets() {
    let host = with_a_model().await;
    for (url, kind) in [(path(), "model"), ("/shop/events".to_owned(), "event")] {
        for cursor in ["elsewhere-999", "nonsense"] {
            let request = host.request("GET", &url).header("last-event-id", cursor);
            let mut stream = Stream::open(request).await;
            let reset = stream.frame("reset").await;
            let now = stream.frame(kind).await;
            assert_eq!(reset.data["epoch"], now.data["epoch"], "{url} {cursor}");
        }
    }
}

#[tokio::test]
async fn a_deletion_is_told() {
    let host = with_a_model().await;
    let mut stream = host.follow(&path()).await;
    let model = stream.frame("model").await;
    // It takes nothing that is there.
    host.deploy("shop", "ledger", guest("echo")).await;
    let deleted = stream.frame("deleted").await;
    assert!(deleted.cursor().1 > model.cursor().1);
    assert_eq!(deleted.data["version"], deleted.cursor().1);
    host.post("said", &entity(1), &event_id(2), &json!({})).await.expect(201);
    let back = stream.frame("model").await;
    assert_eq!(back.data["model"], json!({"said": 1}));
    assert!(back.cursor().1 > deleted.cursor().1, "versions rise also over a deletion");
}

#[tokio::test]
async fn a_contexts_events_are_followed_without_a_gap() {
    let host = Host::with_ledger().await;
    for n in [3, 1, 2] {
        post(&host, n).await;
    }
    let mut stream = host.follow("/shop/events").await;
    for (position, n) in [(1, 3), (2, 1), (3, 2)] {
        let frame = stream.frame("event").await;
        assert_eq!((frame.cursor().1, &frame.data["position"]), (position, &json!(position)));
        let read = host.get(&format!("/shop/{}/event", event_id(n))).await.json();
        assert_eq!(frame.data["event"], read, "the event as it is read");
    }
    assert_eq!(stream.frame("caught-up").await.cursor().1, 3);
    let posts = futures_util::future::join_all((100..600).map(|n| post(&host, n)));
    let frames = async {
        for position in 4..=503 {
            assert_eq!(stream.frame("event").await.cursor().1, position);
        }
    };
    tokio::join!(posts, frames);
}

#[tokio::test]
async fn events_are_followed_from_a_cursor_and_by_type() {
    // Whether the newest events are still in memory makes no difference.
    for tail_events in [1, 16_384] {
        let host = Host::start(|config| config.limits.tail_events = tail_events).await;
        host.deploy("shop", "ledger", guest("ledger")).await;
        follow_from_cursors(&host).await;
    }
}

async fn follow_from_cursors(host: &Host) {
    host.deploy("shop", "roll", guest("roll")).await;
    for n in 1..=4 {
        post(host, n).await;
    }
    let epoch = host.follow("/shop/events").await.frame("event").await.cursor().0;
    for (url, header) in [
        ("/shop/events?after=3".to_owned(), None),
        (format!("/shop/events?after={}", event_id(3)), None),
        (format!("/shop/events?from={epoch}-3"), None),
        // An `EventSource` repeats its URL; what it saw last counts.
        ("/shop/events?after=1".to_owned(), Some(format!("{epoch}-3"))),
    ] {
        let mut request = host.request("GET", &url);
        if let Some(seen) = &header {
            request = request.header("last-event-id", seen);
        }
        let mut stream = Stream::open(request).await;
        assert_eq!(stream.frame("event").await.cursor().1, 4, "{url}");
        stream.frame("caught-up").await;
    }
    let mut said = host.follow("/shop/events?type=said").await;
    let mut rolled = host.follow("/shop/roll/events?after=4").await;
    for stream in [&mut said, &mut rolled] {
        assert_eq!(stream.frame("caught-up").await.cursor().1, 4, "skipped is caught up, too");
    }
    host.post("said", &entity(1), &event_id(5), &json!({})).await.expect(201);
    post(host, 6).await;
    assert_eq!(said.frame("event").await.cursor().1, 5);
    assert_eq!(rolled.frame("event").await.cursor().1, 6, "the roll does not take what is said");
}

#[tokio::test]
async fn only_so_many_streams_are_open_at_once() {
    let host = Host::start(|config| config.limits.streams = 1).await;
    let stream = host.follow("/shop/events").await;
    let more = || host.request("GET", "/shop/events").header("accept", "text/event-stream");
    let refused = host.send(more()).await.expect(503);
    assert_eq!(refused.problem(), "too-many-streams");
    assert!(refused.detail().contains("streams"), "{}", refused.detail());
    refused.header("retry-after");
    drop(stream);
    crate::harness::wait_until("the place to be free", async || {
        let status = more().send().await.unwrap().status();
        if status == 200 { Ok(()) } else { Err(status.to_string()) }
    })
    .await;
}

#[tokio::test]
async fn a_stream_of_what_is_not_there_is_a_problem() {
    let host = Host::with_ledger().await;
    for (url, kind) in [
        ("/elsewhere/events".to_owned(), "unknown-context"),
        ("/shop/nothing/events".to_owned(), "unknown-domain"),
        (format!("/shop/nothing/{}/model", entity(1)), "unknown-domain"),
        ("/shop/ledger/model".to_owned(), "other-fold"),
        ("/shop/events?from=here".to_owned(), "invalid-request"),
        ("/shop/events?limit=3".to_owned(), "invalid-request"),
    ] {
        let request = host.request("GET", &url).header("accept", "text/event-stream");
        assert_eq!(host.send(request).await.problem(), kind, "{url}");
    }
}
