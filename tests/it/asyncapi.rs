//! The AsyncAPI document, held against what a real host sends and takes: every message has its schema, and every
//! schema is met.

use std::collections::{BTreeMap, BTreeSet};

use boon::{Compiler, Draft, SchemaIndex, Schemas};
use everfold::config::Scope;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    doors::token,
    harness::{Host, Socket, Stream, entity, event_id, guest, patiently},
};

const DOCUMENT: &str = "/_/asyncapi.json";
const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "everfold.v1");

/// Whichever of them a URL speaks.
const BOTH: (&str, &str) = ("sec-websocket-protocol", "everfold, everfold.v1");

/// The messages that the document describes, and those that were seen.
struct Described {
    document: Value,
    schemas: Schemas,
    messages: BTreeMap<String, SchemaIndex>,
    met: BTreeSet<String>,
}

impl Described {
    async fn by(host: &Host) -> Self {
        let document = host.get(DOCUMENT).await.expect(200).json();
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.set_default_draft(Draft::V7);
        let url = "mem:///asyncapi.json";
        compiler.add_resource(url, document.clone()).unwrap();
        let names = document["components"]["messages"].as_object().unwrap().keys();
        let messages = names.map(|name| {
            let payload = format!("{url}#/components/messages/{name}/payload");
            (name.clone(), compiler.compile(&payload, &mut schemas).unwrap())
        });
        let messages = messages.collect();
        Self { document, schemas, messages, met: BTreeSet::new() }
    }

    /// Fails unless a message is as it is described.
    #[track_caller]
    fn meet(&mut self, name: &str, message: &Value) {
        let schema = self.messages.get(name).unwrap_or_else(|| panic!("{name} is not described: {message}"));
        let valid = self.schemas.validate(message, *schema);
        assert!(valid.is_ok(), "{message} is not a {name}: {}", valid.unwrap_err());
        self.met.insert(name.to_owned());
    }

    /// The next frame of a stream, which must be of this kind.
    async fn frame(&mut self, stream: &mut Stream, kind: &str) {
        let frame = stream.next().await.unwrap_or_else(|| panic!("the stream ended before {kind}"));
        assert_eq!(frame.kind, kind, "{frame:?}");
        self.meet(kind, &frame.data);
    }

    /// The next message over a websocket, which must be this one.
    async fn told(&mut self, socket: &mut Socket, name: &str) -> Value {
        loop {
            match patiently(name, socket.0.next()).await.expect("an open socket").unwrap() {
                Message::Text(text) => {
                    let message = serde_json::from_str(&text).unwrap();
                    assert_eq!(self::name(&message), name, "{message}");
                    self.meet(name, &message);
                    return message;
                }
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?} instead of {name}"),
            }
        }
    }

    /// Sends a message over a websocket.
    async fn ask(&mut self, socket: &mut Socket, message: Value) {
        self.meet(message["op"].as_str().unwrap(), &message);
        socket.0.send(Message::text(message.to_string())).await.unwrap();
    }
}

/// Which message of the host this is.
fn name(message: &Value) -> &str {
    let has = |member| message.get(member).is_some();
    match message["op"].as_str() {
        None => message["type"].as_str().unwrap(),
        Some("error") => "error",
        Some("reconnect") => "goodbye",
        Some(_) if has("problem") => "refused",
        Some("subscribe") => "subscribed",
        Some("unsubscribe") => "unsubscribed",
        Some("append") => "appended",
        Some("ping") => "answered",
        Some(other) => panic!("{other}: {message}"),
    }
}

fn model() -> String {
    format!("/shop/ledger/{}/model", entity(1))
}

async fn post(host: &Host, n: u64) {
    host.post("noted", &entity(1), &event_id(n), &json!({"n": 1})).await.expect(201);
}

/// All that following a model and events can tell, but the farewell.
async fn followed(host: &Host, described: &mut Described) {
    let mut stream = host.follow(&format!("{}?patch=true", model())).await;
    let mut socket = host.socket(&model()).await;
    described.frame(&mut stream, "none").await;
    described.told(&mut socket, "none").await;
    let member = |n| json!({"id": event_id(n), "type": "noted", "entity": entity(1), "data": {"n": 1}});
    host.post_batch("shop", &(1..=30).map(member).collect()).await.expect(201);
    host.model_that(&model(), |model| model["sum"] == 30).await;
    // Whatever came before, what is long is then told by what changed.
    let mut stream = host.follow(&format!("{}?patch=true", model())).await;
    described.frame(&mut stream, "model").await;
    post(host, 31).await;
    described.frame(&mut stream, "patch").await;
    let mut reset = host.follow(&format!("{}?from=elsewhere-1", model())).await;
    described.frame(&mut reset, "reset").await;

    let mut events = host.follow("/shop/events?after=30").await;
    described.frame(&mut events, "event").await;
    described.frame(&mut events, "caught-up").await;
    let mut none = host.follow("/shop/events?after=31&type=said").await;
    described.frame(&mut none, "caught-up").await;
    post(host, 32).await;
    described.frame(&mut none, "position").await;
    host.deploy("shop", "ledger", guest("echo")).await;
    described.frame(&mut stream, "patch").await;
    described.frame(&mut stream, "deleted").await;
}

/// All that a socket for many can tell, but the farewell.
async fn subscribed(host: &Host, described: &mut Described) -> Socket {
    let mut socket = host.socket_with("/shop/subscribe", &[PROTOCOL]).await.ok().unwrap();
    let subscribe = |id: Value, url: &str| json!({"op": "subscribe", "id": id, "url": url, "credit": 1});
    described.ask(&mut socket, subscribe(json!(1), "/shop/events?after=30")).await;
    let frame = described.told(&mut socket, "subscribed").await["frame"].take();
    described.meet("event", &frame);
    described.ask(&mut socket, json!({"op": "credit", "id": 1, "frames": 9})).await;
    for kind in ["event", "caught-up"] {
        let frame = described.told(&mut socket, "subscribed").await["frame"].take();
        described.meet(kind, &frame);
    }
    described.ask(&mut socket, subscribe(json!("two"), "/shop/nothing")).await;
    described.told(&mut socket, "refused").await;
    described.ask(&mut socket, json!({"op": "unsubscribe", "id": 1})).await;
    described.told(&mut socket, "unsubscribed").await;
    for again in [json!({"op": "unsubscribe", "id": 1}), json!({"op": "credit", "id": 1, "frames": 1})] {
        described.ask(&mut socket, again).await;
        described.told(&mut socket, "refused").await;
    }
    let event = |data| json!({"id": event_id(100), "type": "noted", "entity": entity(2), "data": data});
    for (data, answer) in [(json!(1), "appended"), (json!(2), "refused")] {
        described.ask(&mut socket, json!({"op": "append", "id": "a", "events": [event(data)]})).await;
        described.told(&mut socket, answer).await;
    }
    described.ask(&mut socket, json!({"op": "ping", "id": "p"})).await;
    described.told(&mut socket, "answered").await;
    for unknown in [r#"{"op":"fly","id":1}"#, "?"] {
        socket.0.send(Message::text(unknown)).await.unwrap();
        described.told(&mut socket, "error").await;
    }
    socket.closed().await;
    host.socket_with("/shop/subscribe", &[PROTOCOL]).await.ok().unwrap()
}

#[tokio::test]
async fn every_message_is_described_and_every_description_is_met() {
    let host = Host::with_ledger().await;
    let mut described = Described::by(&host).await;
    followed(&host, &mut described).await;
    let mut many = subscribed(&host, &mut described).await;
    let mut one = host.socket("/shop/events?after=33").await;
    described.told(&mut one, "caught-up").await;
    let farewell = async {
        described.told(&mut one, "reconnect").await;
        described.told(&mut many, "goodbye").await;
        many.closed().await;
        one.closed().await;
    };
    tokio::join!(host.stop(), farewell);
    let all: BTreeSet<_> = described.messages.keys().cloned().collect();
    assert_eq!(described.met, all);
    let channels = described.document["channels"].as_object().unwrap().values();
    let named = channels.flat_map(|channel| channel["messages"].as_object().unwrap().keys().cloned());
    assert_eq!(named.collect::<BTreeSet<_>>(), all, "each message has a place");
}

#[tokio::test]
async fn what_is_not_described_is_not_taken_for_it() {
    let host = Host::start(|_| {}).await;
    let described = Described::by(&host).await;
    let is =
        |name: &str, message: Value| described.schemas.validate(&message, described.messages[name]).is_ok();
    assert!(is("none", json!({"type": "none", "epoch": "e"})));
    for other in [
        json!({"type": "none"}),
        json!({"type": "none", "epoch": "e", "version": 0}),
        json!({"type": "no", "epoch": "e"}),
        json!({"type": "none", "epoch": ""}),
    ] {
        assert!(!is("none", other.clone()), "{other}");
    }
    assert!(is("subscribed", json!({"op": "subscribe", "id": 1, "frame": {"type": "none", "epoch": "e"}})));
    assert!(!is("subscribed", json!({"op": "subscribe", "id": 1, "frame": {"type": "other", "epoch": "e"}})));
}

#[tokio::test]
async fn every_channel_is_a_url_that_can_be_followed() {
    let host = Host::with_ledger().await;
    let document = host.get(DOCUMENT).await.expect(200).json();
    for (name, channel) in document["channels"].as_object().unwrap() {
        let mut path = channel["address"].as_str().unwrap().to_owned();
        for (parameter, value) in [("{context}", "shop"), ("{domain}", "ledger"), ("{entity}", &entity(1))] {
            path = path.replace(parameter, value);
        }
        let refused = async |query: &str| {
            host.socket_with(&format!("{path}{query}"), &[BOTH]).await.err().map(|(_, said)| said)
        };
        // The ledger keeps no model of a whole context.
        assert!(refused("").await.is_none_or(|said| said.contains("other-fold")), "{name}");
        let said: Value = serde_json::from_str(&refused("?unknown=1").await.unwrap()).unwrap();
        let (_, takes) = said["detail"].as_str().unwrap().split_once(": this request takes ").unwrap();
        let takes: BTreeSet<_> = takes.split(", ").filter(|name| *name != "none").collect();
        let query = channel["bindings"]["ws"]["query"]["properties"].as_object().unwrap();
        assert_eq!(query.keys().map(String::as_str).collect::<BTreeSet<_>>(), takes, "{name}");
    }
}

#[tokio::test]
async fn the_document_is_for_everybody() {
    let host = Host::start(|config| config.tokens = vec![token("reads", &["shop"], &[Scope::Read])]).await;
    let told = host.get(DOCUMENT).await.expect(200);
    assert_eq!(told.header("content-type"), "application/json");
    assert_eq!(told.json()["asyncapi"], "3.0.0");
}
