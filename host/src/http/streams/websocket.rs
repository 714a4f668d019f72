//! Frames over a websocket that only follows.

use std::{convert::Infallible, time::Duration};

use axum::{extract::ws::close_code, http::request::Parts, response::Response};
use futures_util::StreamExt;
use tokio::sync::OwnedSemaphorePermit;

use super::{
    FrameStream,
    farewell::{self, UntilOver},
    wire::{self, End, Heard, Terms, Wire},
};
use crate::{
    http::{access::PROTOCOL, problem::Problem},
    words::Epoch,
};

/// Clients only follow: what they may send is small.
const MESSAGE_BYTES: usize = 4096;

/// What goes over a websocket that only follows.
pub(super) struct Following {
    /// What it tells.
    pub(super) frames: FrameStream,
    /// The history that they are of.
    pub(super) epoch: Epoch,
    /// When it has to end.
    pub(super) over: UntilOver,
    /// How long the client may take to take a frame.
    pub(super) patience: Duration,
    /// Held until it ends.
    pub(super) permit: OwnedSemaphorePermit,
}

/// Answers with a websocket.
pub(super) async fn answer(parts: &mut Parts, following: Following) -> Result<Response, Problem> {
    let Following { frames, epoch, over, patience, permit } = following;
    let terms = Terms { protocol: PROTOCOL, message_bytes: MESSAGE_BYTES, patience };
    let talk = move |mut wire| async move {
        let Err(end) = follow(&mut wire, frames, &epoch, over).await;
        drop(permit);
        (wire, end)
    };
    wire::open(parts, terms, talk).await
}

/// Sends frames until somebody ends it.
async fn follow(
    wire: &mut Wire,
    mut frames: FrameStream,
    epoch: &Epoch,
    mut over: UntilOver,
) -> Result<Infallible, End> {
    let reconnect = |ms| format!(r#"{{"type":"reconnect","after_ms":{ms},"epoch":"{epoch}"}}"#);
    loop {
        let frame = tokio::select! {
            biased;
            why = &mut over => return Err(why.end(wire, reconnect).await),
            heard = wire.hear() => match heard? {
                Heard::Nothing => continue,
                Heard::Text(_) => {
                    return Err(End::told(close_code::UNSUPPORTED, "this socket is for following only"));
                }
            },
            frame = frames.next() => frame.ok_or_else(farewell::failed)?,
        };
        let send = async {
            wire.say(frame.json).await?;
            wire.flush().await
        };
        tokio::select! {
            sent = send => sent?,
            // Whoever does not take it must not hold up the shutdown.
            why = &mut over => return Err(why.end(wire, reconnect).await),
        }
    }
}
