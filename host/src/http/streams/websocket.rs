//! Frames over websockets.

use std::time::Duration;

use axum::{
    extract::{
        FromRequestParts, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket, close_code},
    },
    http::request::Parts,
    response::Response,
};
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;

use super::FrameStream;
use crate::http::{
    access::PROTOCOL,
    problem::{self as kinds, Problem},
};

/// How often the client is asked whether it is still there.
const PING: Duration = Duration::from_secs(20);

/// How long a client may take to take one frame.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a client may take to answer the close frame.
const FAREWELL: Duration = Duration::from_secs(1);

/// Clients only follow: what they may send is small.
const READ_BUFFER_BYTES: usize = 4096;

/// Answers with a websocket, keeping the permit until it ends.
pub(super) async fn answer(
    parts: &mut Parts,
    frames: FrameStream,
    permit: OwnedSemaphorePermit,
    shutdown: CancellationToken,
) -> Result<Response, Problem> {
    let upgrade = WebSocketUpgrade::from_request_parts(parts, &()).await.map_err(|refused| {
        Problem::new(
            &kinds::INVALID,
            format!("this is not the opening of a websocket: {}", refused.body_text()),
        )
    })?;
    let upgrade =
        upgrade.protocols([PROTOCOL]).read_buffer_size(READ_BUFFER_BYTES).max_message_size(READ_BUFFER_BYTES);
    Ok(upgrade.on_upgrade(move |mut socket| async move {
        if let Some((code, reason)) = follow(&mut socket, frames, &shutdown).await {
            close(&mut socket, code, reason).await;
        }
        drop(permit);
    }))
}

/// Sends frames until somebody ends it. The result says how to close the socket, if it is still there.
async fn follow(
    socket: &mut WebSocket,
    mut frames: FrameStream,
    shutdown: &CancellationToken,
) -> Option<(u16, &'static str)> {
    let mut pings = interval(PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pings.tick().await;
    let mut heard = true;
    loop {
        let message = tokio::select! {
            // What the client said comes first: after a long send its answer may wait beside the tick
            // that asks for it.
            biased;
            received = socket.recv() => match received?.ok()? {
                // The library answers pings.
                Message::Ping(_) | Message::Pong(_) => {
                    heard = true;
                    continue;
                }
                Message::Close(_) => {
                    // Reading on sends the answer.
                    let _ = timeout(FAREWELL, socket.recv()).await;
                    return None;
                }
                Message::Text(_) | Message::Binary(_) => {
                    return Some((close_code::UNSUPPORTED, "this socket is for following only"));
                }
            },
            _ = pings.tick() => {
                if !std::mem::take(&mut heard) {
                    return None;
                }
                Message::Ping(Bytes::new())
            }
            frame = frames.next() => match frame {
                Some(frame) => Message::Text(frame.json),
                None if shutdown.is_cancelled() => return Some((close_code::AWAY, "the host is shutting down")),
                None => return Some((close_code::ERROR, "the stream failed: come back")),
            },
        };
        tokio::select! {
            sent = timeout(PATIENCE, socket.send(message)) => sent.ok()?.ok()?,
            () = shutdown.cancelled() => return Some((close_code::AWAY, "the host is shutting down")),
        }
    }
}

/// Says why, and waits a little for the answer: a socket that is dropped with unread input takes the
/// close frame with it.
async fn close(socket: &mut WebSocket, code: u16, reason: &'static str) {
    let frame = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
    let farewell = async {
        if socket.send(frame).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    };
    // Whoever does not answer is left alone.
    let _ = timeout(FAREWELL, farewell).await;
}
