//! One socket for many: subscriptions with credit, appends without waiting, errors for each.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};

use crate::harness::{Host, Socket, entity, event_id, guest, patiently};

/// The subprotocol that such sockets speak.
const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "everfold.v1");

impl Host {
    async fn subscribe(&self) -> Socket {
        self.socket_with("/shop/subscribe", &[PROTOCOL]).await.unwrap_or_else(|refused| panic!("{refused:?}"))
    }
}

async fn ask(socket: &mut Socket, message: Value) {
    socket.0.send(Message::text(message.to_string())).await.unwrap();
}

/// The next message.
async fn told(socket: &mut Socket) -> Value {
    loop {
        match patiently("a message", socket.0.next()).await.expect("an open socket").unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// The next frame, of this subscription and kind.
async fn frame(socket: &mut Socket, id: Value, kind: &str) -> Value {
    let mut message = told(socket).await;
    assert_eq!((&message["op"], &message["id"]), (&json!("subscribe"), &id), "{message}");
    assert_eq!(message["frame"]["type"], kind, "{message}");
    message["frame"].take()
}

fn append(id: impl Into<Value>, of: u64, n: u64) -> Value {
    let event = json!({"id": event_id(n), "type": "noted", "entity": entity(of), "data": {"n": 1}});
    json!({"op": "append", "id": id.into(), "events": [event]})
}

fn model(of: u64) -> String {
    format!("/shop/ledger/{}/model", entity(of))
}

#[tokio::test]
async fn many_things_are_followed_over_one_socket() {
    let host = Host::with_ledger().await;
    let (mut socket, mut epoch) = (host.subscribe().await, String::new());
    for (id, url) in [(json!(1), model(1)), (json!("two"), model(2)), (json!(3), "/shop/events".to_owned())] {
        ask(&mut socket, json!({"op": "subscribe", "id": id, "url": url})).await;
        let kind = if id == 3 { "caught-up" } else { "none" };
        epoch = frame(&mut socket, id, kind).await["epoch"].as_str().unwrap().to_owned();
    }
    ask(&mut socket, append("a", 2, 1)).await;
    let mut told_of = Vec::new();
    for _ in 0..3 {
        let message = told(&mut socket).await;
        let kind = &message["frame"]["type"];
        match (message["op"].as_str().unwrap(), &message["id"]) {
            ("append", id) => assert_eq!((id, &message["positions"]), (&json!("a"), &json!([1]))),
            (_, id) if id == "two" => {
                assert_eq!((kind, &message["frame"]["model"]["sum"]), (&json!("model"), &json!(1)));
            }
            (_, id) => assert_eq!((id, kind), (&json!(3), &json!("event"))),
        }
        told_of.push(message["id"].to_string());
    }
    told_of.sort();
    assert_eq!(told_of, ["\"a\"", "\"two\"", "3"], "the first model is another entity's");
    ask(&mut socket, json!({"op": "unsubscribe", "id": 3})).await;
    assert_eq!(told(&mut socket).await, json!({"op": "unsubscribe", "id": 3}));
    ask(&mut socket, json!({"op": "ping", "id": 3})).await;
    assert_eq!(told(&mut socket).await, json!({"op": "ping", "id": 3}));
    host.post("noted", &entity(1), &event_id(2), &json!({"n": 1})).await.expect(201);
    assert_eq!(frame(&mut socket, json!(1), "model").await["model"]["sum"], 1);
    let url = format!("/shop/events?from={epoch}-1");
    ask(&mut socket, json!({"op": "subscribe", "id": 3, "url": url})).await;
    let again = frame(&mut socket, json!(3), "event").await;
    assert_eq!(again["position"], 2, "an id that is free again is another subscription's");
}

#[tokio::test]
async fn no_more_frames_come_than_there_is_credit() {
    let host = Host::with_ledger().await;
    for n in 1..=6 {
        host.post("noted", &entity(1), &event_id(n), &json!({"n": 1})).await.expect(201);
    }
    host.model_that(&model(1), |model| model["sum"] == 6).await;
    let mut socket = host.subscribe().await;
    ask(&mut socket, json!({"op": "subscribe", "id": 1, "url": "/shop/events", "credit": 2})).await;
    ask(&mut socket, json!({"op": "subscribe", "id": 2, "url": model(1), "credit": 0})).await;
    for position in [1, 2] {
        assert_eq!(frame(&mut socket, json!(1), "event").await["position"], position);
    }
    // What would come without credit comes before the answer to this.
    ask(&mut socket, append("a", 1, 7)).await;
    assert_eq!(told(&mut socket).await["op"], "append");
    ask(&mut socket, json!({"op": "credit", "id": 1, "frames": 1})).await;
    assert_eq!(frame(&mut socket, json!(1), "event").await["position"], 3);
    host.model_that(&model(1), |model| model["sum"] == 7).await;
    ask(&mut socket, json!({"op": "credit", "id": 2, "frames": 1})).await;
    assert_eq!(frame(&mut socket, json!(2), "model").await["model"]["sum"], 7, "what it is then");
    ask(&mut socket, json!({"op": "credit", "id": 9, "frames": 1})).await;
    let refused = told(&mut socket).await;
    assert_eq!((&refused["op"], &refused["id"]), (&json!("credit"), &json!(9)));
    assert!(refused["problem"]["detail"].as_str().unwrap().contains("no subscription 9"), "{refused}");
}

#[tokio::test]
async fn appends_are_answered_by_their_ids_and_written_in_order() {
    let host = Host::with_ledger().await;
    let mut socket = host.subscribe().await;
    for n in 1..=300 {
        socket.0.feed(Message::text(append(n, 1, n).to_string())).await.unwrap();
    }
    socket.0.flush().await.unwrap();
    let mut positions = vec![0; 301];
    for _ in 1..=300 {
        let answer = told(&mut socket).await;
        let id = usize::try_from(answer["id"].as_u64().unwrap()).unwrap();
        positions[id] = answer["positions"][0].as_u64().unwrap();
    }
    assert_eq!(
        positions,
        (0..=300).collect::<Vec<_>>(),
        "one client's are written in the order of its messages"
    );
    host.model_that(&model(1), |model| model["sum"] == 300).await;
    ask(&mut socket, append("again", 1, 7)).await;
    assert_eq!(told(&mut socket).await["positions"], json!([7]), "the same again is where it was");
}

#[tokio::test]
async fn each_thing_that_fails_is_told_by_itself() {
    let host = Host::with_ledger().await;
    let mut socket = host.subscribe().await;
    ask(&mut socket, append("first", 1, 1)).await;
    assert_eq!(told(&mut socket).await["positions"], json!([1]));
    let mut other = append("other", 1, 1);
    other["events"][0]["data"] = json!({"n": 2});
    let mut unmet = append("unmet", 1, 2);
    unmet["if_match"] = json!("\"5\"");
    let mut named = append("named", 1, 3);
    named["events"][0]["id"] = json!("not-an-id");
    let subscribe = |id: &str, url: &str| json!({"op": "subscribe", "id": id, "url": url});
    for (message, kind, status) in [
        (other, "conflict", 409),
        (unmet, "expectation-unmet", 412),
        (named, "invalid-id", 400),
        (json!({"op": "append", "id": "none", "events": []}), "empty", 400),
        (subscribe("a", "/bank/events"), "invalid-request", 400),
        (subscribe("b", "/shop/nothing/events"), "unknown-domain", 404),
        (subscribe("c", "/shop/keys"), "not-found", 404),
        (subscribe("d", "/shop/events?patch=true"), "invalid-request", 400),
        (json!({"op": "unsubscribe", "id": "e"}), "invalid-request", 400),
        (json!({"op": "fly", "id": "f"}), "invalid-request", 400),
    ] {
        ask(&mut socket, message.clone()).await;
        let refused = told(&mut socket).await;
        assert_eq!(refused["id"], message["id"], "{refused}");
        assert_eq!(refused["problem"]["type"], format!("urn:everfold:problem:{kind}"), "{refused}");
        assert_eq!(refused["problem"]["status"], status, "{refused}");
    }
    ask(&mut socket, subscribe("taken", "/shop/events?after=1")).await;
    frame(&mut socket, json!("taken"), "caught-up").await;
    ask(&mut socket, subscribe("taken", "/shop/events")).await;
    assert!(told(&mut socket).await["problem"]["detail"].as_str().unwrap().contains("taken"));
    ask(&mut socket, append("last", 1, 9)).await;
    let (mut answered, mut followed) = (false, false);
    while !(answered && followed) {
        let message = told(&mut socket).await;
        answered |= message["positions"] == json!([2]);
        followed |= message["frame"]["position"] == 2;
    }
}

#[tokio::test]
async fn what_is_not_understood_ends_the_socket_with_a_reason() {
    let host = Host::start(|config| config.limits.message_bytes = 10_000).await;
    host.deploy("shop", "ledger", guest("ledger")).await;
    for (message, code) in [
        (Message::text("hello"), CloseCode::Invalid),
        (Message::text(r#"{"op":"unsubscribe"}"#), CloseCode::Invalid),
        (Message::binary(vec![1]), CloseCode::Unsupported),
        (Message::text("x".repeat(10_001)), CloseCode::Size),
    ] {
        let mut socket = host.subscribe().await;
        socket.0.send(message).await.unwrap();
        if code == CloseCode::Invalid {
            let said = told(&mut socket).await;
            assert_eq!((&said["op"], &said["problem"]["status"]), (&json!("error"), &json!(400)), "{said}");
        }
        let closed = socket.closed().await;
        assert_eq!(closed.code, code, "{closed:?}");
        assert!(!closed.reason.is_empty());
    }
    let refused = host.socket_with("/shop/subscribe", &[]).await.err().unwrap();
    assert!(refused.0 == 426 && refused.1.contains("everfold.v1"), "{refused:?}");
    assert_eq!(host.get("/shop/subscribe").await.expect(426).problem(), "upgrade-required");
}

#[tokio::test]
async fn clients_are_told_when_to_come_back_to_a_host_that_ends() {
    let host = Host::with_ledger().await;
    let mut socket = host.subscribe().await;
    ask(&mut socket, json!({"op": "subscribe", "id": 1, "url": model(1)})).await;
    frame(&mut socket, json!(1), "none").await;
    let mut follower = host.socket(&model(1)).await;
    follower.frame("none").await;
    let told = async {
        let reconnect = told(&mut socket).await;
        assert_eq!(reconnect["op"], "reconnect");
        let frame = follower.frame("reconnect").await;
        for after in [&reconnect["after_ms"], &frame["after_ms"]] {
            assert!((500..3000).contains(&after.as_u64().unwrap()), "{after}");
        }
        for socket in [&mut socket, &mut follower] {
            assert_eq!(socket.closed().await.code, CloseCode::Away);
        }
    };
    tokio::join!(host.stop(), told);
}

#[tokio::test]
async fn what_was_taken_is_answered_before_the_host_ends() {
    let host = Host::with_ledger().await;
    let mut socket = host.subscribe().await;
    for n in 1..=300 {
        socket.0.feed(Message::text(append(n, 1, n).to_string())).await.unwrap();
    }
    socket.0.flush().await.unwrap();
    // Once one is answered, others are under way.
    let mut written = vec![told(&mut socket).await["positions"][0].as_u64().unwrap()];
    let answers = async {
        loop {
            let message = told(&mut socket).await;
            if message["op"] == "reconnect" {
                break;
            }
            written.extend(message["positions"][0].as_u64());
        }
    };
    let (host, ()) = tokio::join!(host.restart(|_| {}), answers);
    let log: Vec<_> =
        host.events("shop").await.iter().map(|event| event["position"].as_u64().unwrap()).collect();
    assert_eq!(written, log, "what is in the log was answered");
}
