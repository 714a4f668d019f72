//! Back-pressure: beyond its limits the host says so at once, and keeps what it has accepted.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{Host, entity, event_id, guest, patiently, wait_until};

/// A post whose body is still to come, over a connection of its own.
struct Begun {
    connection: TcpStream,
    rest: String,
}

impl Begun {
    /// Sends the head of a post to `path` and the first half of its body.
    async fn half(host: &Host, path: &str, body: &str) -> Self {
        Self::begin(host, path, body, "", body.len() / 2).await
    }

    /// Sends the head, and waits until the host asks for the body: then the request has its room.
    async fn with_room(host: &Host, path: &str, body: &str) -> Self {
        let mut begun = Self::begin(host, path, body, "expect: 100-continue\r\n", 0).await;
        let said = begun.hear(b"\r\n\r\n").await;
        assert_eq!(said, "HTTP/1.1 100 Continue\r\n\r\n");
        begun
    }

    async fn begin(host: &Host, path: &str, body: &str, header: &str, sent: usize) -> Self {
        let mut connection = TcpStream::connect(host.base().strip_prefix("http://").unwrap()).await.unwrap();
        let (sent, rest) = body.split_at(sent);
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{header}content-length: {length}\r\n\r\n"
        );
        connection.write_all(format!("{head}{sent}").as_bytes()).await.unwrap();
        Self { connection, rest: rest.to_owned() }
    }

    /// What the host says, up to here.
    async fn hear(&mut self, end: &[u8]) -> String {
        let mut said = Vec::new();
        while !said.ends_with(end) {
            let read = patiently("an answer", self.connection.read_buf(&mut said)).await.unwrap();
            assert!(read > 0, "it ended: {}", String::from_utf8_lossy(&said));
        }
        String::from_utf8(said).unwrap()
    }

    /// Sends the rest of the body, and fails the test unless it is written.
    async fn ends_written(mut self) {
        self.connection.write_all(self.rest.as_bytes()).await.unwrap();
        let answer = self.hear(b"}").await;
        assert!(answer.starts_with("HTTP/1.1 201 "), "who has room is served: {answer}");
    }
}

fn event(n: u64) -> String {
    format!("/shop/noted/{}/{}", entity(1), event_id(n))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_finds_no_room_is_refused_before_the_body_is_read() {
    let host = Host::start(|config| config.limits.queued_writes = 1).await;
    let holder = Begun::with_room(&host, &event(1), r#"{"held": true}"#).await;
    let refused = host.post("noted", &entity(1), &event_id(2), &json!({})).await.expect(503);
    assert_eq!((refused.problem().as_str(), refused.header("retry-after")), ("overloaded", "1"));
    let said = refused.json();
    assert_eq!((&said["limit"], &said["most"]), (&json!("limits.queued_writes"), &json!(1)));
    assert!(refused.detail().contains("limits.queued_writes"), "{}", refused.detail());

    // Half a body has been sent: an answer shows that nobody waits for the other half.
    for (path, body) in [(event(2), "{\"never\": 1}"), ("/shop/events".to_owned(), "[1, 2, 3]")] {
        let answer = Begun::half(&host, &path, body).await.hear(b"}").await;
        assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("\r\nretry-after: 1\r\n"), "{answer}");
        assert!(answer.contains("urn:everfold:problem:overloaded"), "{answer}");
    }
    host.get("/shop/events").await.expect(200);

    holder.ends_written().await;
    host.post("noted", &entity(1), &event_id(3), &json!({})).await.expect(201);
    let ids: Vec<_> = host.events("shop").await.iter().map(|event| event["id"].clone()).collect();
    assert_eq!(ids, [json!(event_id(1)), json!(event_id(3))], "what was answered with 201, and nothing else");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_have_room_in_bytes() {
    let host = Host::start(|config| {
        config.limits.queued_bytes = 1_000;
        config.limits.batch_bytes = 1_000;
        config.limits.event_bytes = 500;
    })
    .await;
    let post = async |n: u64, bytes: usize| {
        // The quotes count as well.
        host.post("noted", &entity(1), &event_id(n), &json!("x".repeat(bytes - 2))).await
    };
    let member = json!({"id": event_id(1), "type": "noted", "entity": entity(1), "data": "x".repeat(480)});
    let batch = json!([member]).to_string();
    let free = 1_000 - batch.len();
    let holder = Begun::with_room(&host, "/shop/events", &batch).await;
    let refused = post(2, free + 1).await.expect(503);
    assert_eq!(
        (refused.problem().as_str(), &refused.json()["limit"]),
        ("overloaded", &json!("limits.queued_bytes"))
    );
    post(2, free).await.expect(201);
    // A body that does not say how long it is might take all that it may.
    let stream = futures_util::stream::iter([Ok::<_, std::io::Error>("{}")]);
    let chunked = host.request("POST", &event(3)).header("content-type", "application/json");
    let refused = host.send(chunked.body(reqwest::Body::wrap_stream(stream))).await.expect(503);
    assert_eq!(refused.problem(), "overloaded");
    // Who is too large is told that, and not to come again.
    assert_eq!(post(3, 501).await.expect(413).problem(), "too-large");
    holder.ends_written().await;
    post(3, free + 1).await.expect(201);
    assert_eq!(host.events("shop").await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_in_a_storm_is_there_and_folded() {
    const CLIENTS: u64 = 20;
    const EACH: u64 = 10;
    let host = Host::start(|config| config.limits.queued_writes = 1).await;
    host.deploy("shop", "ledger", guest("ledger")).await;
    host.deploy("shop", "echo", guest("echo")).await;
    let client = async |client: u64| {
        for n in 0..EACH {
            let id = event_id(1_000 * client + n);
            wait_until("room", async || {
                let answer = host.post("said", &entity(client), &id, &json!({"n": 1})).await;
                match answer.status {
                    503 => Err(answer.problem()),
                    _ => Ok(answer.expect(201)),
                }
            })
            .await;
        }
    };
    join_all((0..CLIENTS).map(client)).await;
    for of in 0..CLIENTS {
        let said = |model: &Value| model["said"] == json!(EACH);
        host.model_that(&format!("/shop/echo/{}/model", entity(of)), said).await;
        // What the echo emits is a reduction's: it waits for its turn, however much is posted.
        let all = |model: &Value| model["ids"].as_array().unwrap().len() as u64 == 2 * EACH;
        host.model_that(&format!("/shop/ledger/{}/model", entity(of)), all).await;
    }
    assert_eq!(host.events("shop").await.len() as u64, 2 * CLIENTS * EACH);
}
