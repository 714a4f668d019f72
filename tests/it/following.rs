//! What a reader may ask of a stream: changes instead of whole models, fewer frames, some of the events.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Frame, Host, Stream, entity, event_id, guest};

const INTERVAL: Duration = Duration::from_millis(200);

async fn post(host: &Host, event_type: &str, of: u64, n: u64) {
    host.post(event_type, &entity(of), &event_id(n), &json!({"n": 1})).await.expect(201);
}

fn path() -> String {
    format!("/shop/ledger/{}/model", entity(1))
}

/// What a reader of patches knows.
struct Known {
    model: Value,
    version: u64,
}

impl Known {
    fn take(&mut self, frame: &Frame) {
        let version = frame.data["version"].as_u64().unwrap();
        if frame.kind == "patch" {
            assert_eq!((&frame.data["from"], &frame.data["to"]), (&json!(self.version), &json!(version)));
            let patch: json_patch::Patch = serde_json::from_value(frame.data["patch"].clone()).unwrap();
            json_patch::patch(&mut self.model, &patch).unwrap();
        } else {
            self.model = frame.data["model"].clone();
        }
        assert!(version > self.version && version == frame.cursor().1, "{frame:?}");
        self.version = version;
    }
}

#[tokio::test]
async fn a_model_is_followed_by_what_changes() {
    let host = Host::with_ledger().await;
    let mut stream = host.follow(&format!("{}?patch=true", path())).await;
    stream.frame("none").await;
    let (mut known, mut patches) = (Known { model: Value::Null, version: 0 }, 0);
    for n in 1..=20 {
        post(&host, "noted", 1, n).await;
        let frame = stream.next().await.unwrap();
        patches += usize::from(frame.kind == "patch");
        known.take(&frame);
        let now = host.get(&path()).await.expect(200);
        assert_eq!(known.model, now.json(), "after {frame:?}");
        assert_eq!(now.header("etag"), format!("\"{}\"", frame.id));
    }
    assert_eq!(patches, 18, "what is short is told whole");
    let mut back = host.follow(&format!("{}?patch=true&from={}", path(), host_cursor(&host).await)).await;
    post(&host, "noted", 1, 21).await;
    let frame = back.frame("patch").await;
    assert_eq!(frame.data["from"], known.version, "who comes back in time is told what changed");
    known.take(&frame);
    assert_eq!(known.model["sum"], 21);
}

async fn host_cursor(host: &Host) -> String {
    host.get(&path()).await.header("etag").trim_matches('"').to_owned()
}

#[tokio::test]
async fn who_lacks_more_than_one_change_is_told_all_of_it_or_one_patch() {
    let host = Host::with_ledger().await;
    let url = format!("{}?patch=true&min_interval_ms={}", path(), INTERVAL.as_millis());
    let (begun, mut stream) = (Instant::now(), host.follow(&url).await);
    let (mut known, mut frames) = (Known { model: Value::Null, version: 0 }, 1);
    stream.frame("none").await;
    for n in 1..=100 {
        post(&host, "noted", 1, n).await;
    }
    while known.model["sum"] != 100 {
        known.take(&stream.next().await.unwrap());
        frames += 1;
    }
    let most = begun.elapsed().as_millis() / INTERVAL.as_millis() + 1;
    assert!(frames <= most, "{frames} frames, {most} at most");
    assert_eq!(known.model, host.get(&path()).await.json());
}

#[tokio::test]
async fn what_is_told_to_many_is_the_same_for_each() {
    let host = Host::with_ledger().await;
    let mut streams = Vec::new();
    for n in 0..20 {
        let query = if n % 2 == 0 { "" } else { "?patch=true" };
        streams.push(host.follow(&format!("{}{query}", path())).await);
    }
    for stream in &mut streams {
        stream.frame("none").await;
    }
    for n in 1..=30 {
        post(&host, "noted", 1, n).await;
    }
    for stream in &mut streams {
        let mut known = Known { model: Value::Null, version: 0 };
        while known.model["sum"] != 30 {
            known.take(&stream.next().await.unwrap());
        }
    }
}

/// Reads positions of events up to the frame that tells that there are no more.
async fn positions(stream: &mut Stream) -> Vec<u64> {
    let mut positions = Vec::new();
    loop {
        let frame = stream.next().await.unwrap();
        match frame.kind.as_str() {
            "event" => positions.push(frame.cursor().1),
            "caught-up" => return positions,
            other => panic!("{other}: {frame:?}"),
        }
    }
}

#[tokio::test]
async fn events_are_chosen_by_type_and_by_entity() {
    let host = Host::with_ledger().await;
    host.deploy("shop", "roll", guest("roll")).await;
    for (n, event_type, of) in
        [(9, "item.added", 1), (2, "item.lost", 2), (3, "Item", 1), (4, "item.added", 2), (5, "noted", 1)]
    {
        post(&host, event_type, of, n).await;
    }
    let of = entity;
    for (url, expected) in [
        ("/shop/events?type=item.*".to_owned(), vec![1, 2, 4]),
        ("/shop/events?type=item.added,Item".to_owned(), vec![1, 3, 4]),
        (format!("/shop/events?entity={}", of(2)), vec![2, 4]),
        (format!("/shop/events?entity={}&type=item.l*&type=noted", of(2)), vec![2]),
        (format!("/shop/{}/events", of(1)), vec![1, 3, 5]),
        (format!("/shop/{}/events?after=1&type=I*", of(1)), vec![3]),
        (format!("/shop/roll/events?entity={}", of(1)), vec![5]),
        ("/shop/roll/events?type=item*".to_owned(), vec![]),
    ] {
        let mut stream = host.follow(&url).await;
        assert_eq!(positions(&mut stream).await, expected, "{url}");
        // An entity's pages are in another order.
        if ["/shop/events", "/shop/roll/events"].iter().any(|pages| url.starts_with(pages)) {
            let page = host.get(&url).await.expect(200).json();
            let page = page["events"].as_array().unwrap().iter().map(|event| event["position"].as_u64());
            assert_eq!(page.collect::<Option<Vec<_>>>(), Some(expected), "{url}");
        }
    }
    let refused = host.get("/shop/events?type=*").await.expect(400);
    assert!(refused.detail().contains("whatever follows"), "{}", refused.detail());
}

#[tokio::test]
async fn who_waits_for_what_does_not_come_is_told_how_far_it_has_come() {
    let host = Host::with_ledger().await;
    let mut stream = host.follow("/shop/events?type=never*").await;
    assert_eq!(stream.frame("caught-up").await.cursor().1, 0);
    post(&host, "noted", 1, 1).await;
    let position = stream.frame("position").await;
    assert_eq!((position.cursor().1, &position.data["position"]), (1, &json!(1)));
    let mut back = host.follow(&format!("/shop/events?from={}", position.id)).await;
    assert_eq!(positions(&mut back).await, [0; 0]);
    post(&host, "never.say.never", 1, 2).await;
    assert_eq!(stream.frame("event").await.cursor().1, 2);
}
