//! A client that is killed and comes back, again and again, while others write: it ends with what the host has, and has seen
//! every event once.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::harness::{Host, Socket, entity, event_id};

/// How often the client is killed.
const LIVES: usize = 1000;
/// How long a life waits for what may not come: it may have seen everything, or have no credit.
const SHORT: Duration = Duration::from_millis(10);

/// What a client keeps over its deaths.
#[derive(Default)]
struct Memory {
    epoch: String,
    position: u64,
    ids: Vec<String>,
    version: u64,
    model: Value,
    patches: usize,
}

impl Memory {
    fn take(&mut self, frame: &Value) {
        frame["epoch"].as_str().unwrap().clone_into(&mut self.epoch);
        let (position, version) = (frame["position"].as_u64(), frame["version"].as_u64());
        match frame["type"].as_str().unwrap() {
            "event" => {
                assert_eq!(position, Some(self.position + 1), "without a gap, and none twice: {frame}");
                self.position += 1;
                self.ids.push(frame["event"]["id"].as_str().unwrap().to_owned());
            }
            "caught-up" | "position" => assert_eq!(position, Some(self.position), "{frame}"),
            "none" => assert_eq!(self.version, 0),
            "model" => {
                assert!(version > Some(self.version), "{frame} after {}", self.version);
                self.model = frame["model"].clone();
                self.version = version.unwrap();
            }
            "patch" => {
                assert_eq!(frame["from"], self.version, "{frame}");
                let patch: json_patch::Patch = serde_json::from_value(frame["patch"].clone()).unwrap();
                json_patch::patch(&mut self.model, &patch).unwrap();
                self.version = version.unwrap();
                self.patches += 1;
            }
            other => panic!("{other}: {frame}"),
        }
    }

    fn events(&self) -> String {
        if self.epoch.is_empty() {
            return "/shop/events".to_owned();
        }
        format!("/shop/events?from={}-{}", self.epoch, self.position)
    }

    fn changes(&self) -> String {
        let url = format!("/shop/ledger/{}/model?patch=true", entity(1));
        if self.version == 0 { url } else { format!("{url}&from={}-{}", self.epoch, self.version) }
    }
}

/// One life: reads so many frames, then is gone without a word.
async fn live(host: &Host, memory: &mut Memory, random: &mut fastrand::Rng) {
    let frames = random.usize(..30);
    let url = if random.bool() { memory.events() } else { memory.changes() };
    match random.u32(..4) {
        0 => {
            let mut stream = host.follow(&url).await;
            read_some(frames, async || Some(stream.next().await.unwrap().data), memory).await;
        }
        1 => {
            let mut socket = host.socket(&url).await;
            read_some(frames, async || next(&mut socket).await, memory).await;
        }
        _ => {
            let mut socket = subscribed(host, memory, random).await;
            read_some(frames, async || Some(next(&mut socket).await?["frame"].take()), memory).await;
        }
    }
}

/// A socket that follows both.
async fn subscribed(host: &Host, memory: &Memory, random: &mut fastrand::Rng) -> Socket {
    let protocol = [("sec-websocket-protocol", "everfold.v1")];
    let mut socket =
        host.socket_with("/shop/subscribe", &protocol).await.unwrap_or_else(|why| panic!("{why:?}"));
    for (id, url) in [(1, memory.events()), (2, memory.changes())] {
        let credit = random.u32(1..30);
        let subscribe = json!({"op": "subscribe", "id": id, "url": url, "credit": credit});
        socket.0.send(Message::text(subscribe.to_string())).await.unwrap();
    }
    socket
}

async fn next(socket: &mut Socket) -> Option<Value> {
    loop {
        match socket.0.next().await?.unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).ok(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Reads frames for as long as they come.
async fn read_some(frames: usize, mut next: impl AsyncFnMut() -> Option<Value>, memory: &mut Memory) {
    for _ in 0..frames {
        let Ok(Some(frame)) = timeout(SHORT, next()).await else { return };
        memory.take(&frame);
    }
}

/// The ids of all events, in order.
async fn all_ids(host: &Host) -> Vec<String> {
    let (mut ids, mut next) = (Vec::new(), Some("/shop/events?limit=1000".to_owned()));
    while let Some(url) = next {
        let page = host.get(&url).await.expect(200).json();
        let events = page["events"].as_array().unwrap().iter();
        ids.extend(events.map(|event| event["id"].as_str().unwrap().to_owned()));
        next = page["next"].as_str().map(str::to_owned);
    }
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_is_killed_a_thousand_times_has_seen_everything_once() {
    let host = Host::with_ledger().await;
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let (mut memory, mut random) = (Memory::default(), fastrand::Rng::with_seed(seed));
    let mut events = 0;
    for _ in 0..LIVES {
        let more = random.u64(..8);
        let posts = (events + 1..=events + more).map(async |n| {
            host.post("noted", &entity(1 + n % 2), &event_id(n), &json!({"n": 1})).await.expect(201);
        });
        tokio::join!(live(&host, &mut memory, &mut random), futures_util::future::join_all(posts));
        events += more;
    }
    let path = format!("/shop/ledger/{}/model", entity(1));
    host.model_that(&path, |model| model["sum"] == events / 2).await;
    let now = host.get(&path).await.expect(200);
    let mut stream = host.follow(&memory.events()).await;
    while memory.position < events {
        memory.take(&stream.next().await.unwrap().data);
    }
    let mut stream = host.follow(&memory.changes()).await;
    while format!("\"{}-{}\"", memory.epoch, memory.version) != now.header("etag") {
        memory.take(&stream.next().await.unwrap().data);
    }
    assert_eq!(memory.model, now.json());
    assert_eq!(memory.ids, all_ids(&host).await);
    assert!(
        memory.ids.len() > LIVES && memory.patches > LIVES / 10,
        "{events} events, {} patches",
        memory.patches
    );
}
