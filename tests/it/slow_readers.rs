//! Readers that read nothing: they are cut off and told why, and nobody else notices.

use std::ops::RangeInclusive;

use futures_util::{StreamExt, future::join_all};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::{Error, Message, protocol::frame::coding::CloseCode};

use crate::harness::{Host, Socket, entity, event_id, patiently, wait_until};

/// Of each kind.
const READERS: usize = 250;
/// Together far more than any socket takes by itself.
const EVENTS: u64 = 15;
/// What the host may need for all of them, beside what it had: a few frames for each, however much they do not read.
const MOST_KIB: u64 = 2 * READERS as u64 * 4 * EVENT_BYTES as u64 / 1024;

/// How long they may take to take what is sent to them.
const PATIENCE_MS: &str = "10000";
const EVENT_BYTES: usize = 200_000;

/// Posts large events.
async fn post(host: &Host, numbers: RangeInclusive<u64>) {
    let data = json!({"n": 1, "text": "x".repeat(EVENT_BYTES)});
    for n in numbers {
        host.post("noted", &entity(n), &event_id(n), &data).await.expect(201);
    }
}

/// As many readers as there are of each kind, each as soon as there is a place for it.
async fn others(host: &Host) -> Vec<Socket> {
    let mut others = Vec::new();
    while others.len() < READERS {
        let open = async || {
            let refused = |(status, said)| format!("{status} {said}");
            host.socket_with("/shop/events?type=never", &[]).await.map_err(refused)
        };
        others.push(wait_until("a place", open).await);
    }
    others
}

/// A stream of server-sent events of which nothing is read.
async fn deaf(host: &Host) -> TcpStream {
    let address = host.base().strip_prefix("http://").unwrap();
    let mut stream = patiently("a connection", TcpStream::connect(address)).await.unwrap();
    let request =
        format!("GET /shop/events HTTP/1.1\r\nhost: {address}\r\naccept: text/event-stream\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Reads what lies there to the end, and gives how much it was.
async fn drained(mut stream: TcpStream) -> usize {
    let (mut total, mut buffer) = (0, vec![0; 65_536]);
    loop {
        match patiently("the end", stream.read(&mut buffer)).await {
            Ok(0) | Err(_) => return total,
            Ok(read) => total += read,
        }
    }
}

/// Reads what lies there up to the close frame.
async fn told(mut socket: Socket) -> Option<(CloseCode, String)> {
    loop {
        match patiently("the end", socket.0.next()).await? {
            Ok(Message::Close(frame)) => return frame.map(|frame| (frame.code, frame.reason.to_string())),
            Ok(_) => {}
            Err(Error::ConnectionClosed) => return None,
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_that_read_nothing_are_cut_off_with_a_reason() {
    let streams = (2 * READERS + 1).to_string();
    let limits = [("EVERFOLD_LIMITS__SLOW_READER_MS", PATIENCE_MS), ("EVERFOLD_LIMITS__STREAMS", &streams)];
    let host = Host::start_process_with(&limits).await;
    let before = host.process().resident_kib();
    post(&host, 1..=EVENTS).await;
    let sockets = join_all((0..READERS).map(|_| host.socket("/shop/events"))).await;
    let deaf = join_all((0..READERS).map(|_| deaf(&host))).await;
    let mut attentive = host.follow("/shop/events").await;
    // Nobody waits for those who read nothing.
    let reads = async {
        for n in 1..=2 * EVENTS {
            let mut frame = attentive.next().await.unwrap();
            if frame.kind == "caught-up" {
                frame = attentive.next().await.unwrap();
            }
            assert_eq!((frame.kind.as_str(), frame.cursor().1), ("event", n));
        }
    };
    tokio::join!(post(&host, EVENTS + 1..=2 * EVENTS), reads);
    let after = host.process().resident_kib();
    println!("resident: {before} KiB, then {after} KiB");
    assert!(after < before + MOST_KIB, "{before} KiB, then {after} KiB");
    // They come back to life too late: others have their places.
    let others = others(&host).await;
    for reason in join_all(sockets.into_iter().map(told)).await {
        let (code, reason) = reason.expect("a reason");
        assert_eq!(code, CloseCode::Again);
        assert!(reason.contains(&format!("not read for {PATIENCE_MS} ms")), "{reason}");
    }
    let more = self::others(&host).await;
    for read in join_all(deaf.into_iter().map(drained)).await {
        assert!(read < EVENT_BYTES * 30, "{read}: it was not cut off");
    }
    drop((others, more));
}
