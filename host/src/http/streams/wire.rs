//! A websocket whose other end has to show that it is there, and to take what is sent to it.

use std::time::Duration;

use axum::{
    extract::{
        FromRequestParts, WebSocketUpgrade,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code},
    },
    http::request::Parts,
    response::Response,
};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};
use tokio_tungstenite::tungstenite;

use crate::http::problem::{self as kinds, Problem};

/// How often the client is asked whether it is still there.
const PING: Duration = Duration::from_secs(20);

/// How long a client may take to answer the close frame.
const FAREWELL: Duration = Duration::from_secs(1);

/// What was said waits for more until it has so many bytes, or is flushed.
const WRITE_BUFFER_BYTES: usize = 16_384;

/// The close code of whoever may come back and go on.
const AGAIN: u16 = 1013;

/// How a websocket is opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// The subprotocol that is answered, if it is offered.
    pub(super) protocol: &'static str,
    /// The longest message that is taken, in bytes.
    pub(super) message_bytes: usize,
    /// How long the client may take to take what is sent to it.
    pub(super) patience: Duration,
}

/// An open websocket.
pub(super) struct Wire {
    socket: WebSocket,
    pings: Interval,
    heard: bool,
    terms: Terms,
}

/// What came over a websocket.
pub(super) enum Heard {
    /// A message.
    Text(Utf8Bytes),
    /// Nothing that matters, or it was time to ask whether the client is still there, which was done.
    Nothing,
}

/// Why a websocket ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The client is told, and why.
    Told(u16, String),
    /// The same after a last message.
    Said(Utf8Bytes, u16, &'static str),
    /// There is nobody any more.
    Gone,
}

impl End {
    pub(super) fn told(code: u16, reason: impl Into<String>) -> Self {
        Self::Told(code, reason.into())
    }
}

/// Answers the opening of a websocket, and leaves it to `talk`, whose result is how it ends.
pub(super) async fn open<F>(
    parts: &mut Parts,
    terms: Terms,
    talk: impl FnOnce(Wire) -> F + Send + 'static,
) -> Result<Response, Problem>
where
    F: Future<Output = (Wire, End)> + Send,
{
    let upgrade = WebSocketUpgrade::from_request_parts(parts, &()).await.map_err(|refused| {
        let detail = format!("this is not the opening of a websocket: {}", refused.body_text());
        Problem::new(&kinds::INVALID, detail)
    })?;
    let buffer = terms.message_bytes.min(4096);
    let upgrade =
        upgrade.protocols([terms.protocol]).read_buffer_size(buffer).write_buffer_size(WRITE_BUFFER_BYTES);
    let upgrade = upgrade.max_message_size(terms.message_bytes).max_frame_size(terms.message_bytes);
    Ok(upgrade.on_upgrade(move |socket| async move {
        let (mut wire, end) = Box::pin(talk(Wire::new(socket, terms))).await;
        match end {
            End::Gone => {}
            End::Told(code, reason) => wire.close(code, reason).await,
            End::Said(json, code, reason) => {
                if wire.say(json).await.is_ok() {
                    wire.close(code, reason.to_owned()).await;
                }
            }
        }
    }))
}

impl Wire {
    fn new(socket: WebSocket, terms: Terms) -> Self {
        let mut pings = interval(PING);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        pings.reset();
        Self { socket, pings, heard: true, terms }
    }

    /// Waits for what comes next. May be dropped at any time.
    pub(super) async fn hear(&mut self) -> Result<Heard, End> {
        tokio::select! {
            // What the client said comes first: after a long send its answer may wait beside the tick
            // that asks for it.
            biased;
            received = self.socket.next() => {
                self.heard = true;
                match received.ok_or(End::Gone)? {
                    Ok(Message::Text(text)) => Ok(Heard::Text(text)),
                    Ok(Message::Binary(_)) => Err(End::told(close_code::UNSUPPORTED, "messages are text here")),
                    // The library answers pings.
                    Ok(Message::Ping(_) | Message::Pong(_)) => Ok(Heard::Nothing),
                    Ok(Message::Close(_)) => {
                        // Reading on sends the answer.
                        let _ = timeout(FAREWELL, self.socket.next()).await;
                        Err(End::Gone)
                    }
                    Err(error) => Err(self.broken(error)),
                }
            }
            _ = self.pings.tick() => {
                if !std::mem::take(&mut self.heard) {
                    return Err(End::Gone);
                }
                self.socket.feed(Message::Ping(Bytes::new())).await.map_err(|_| End::Gone)?;
                self.flush().await?;
                Ok(Heard::Nothing)
            }
        }
    }

    fn broken(&self, error: axum::Error) -> End {
        let error = error.into_inner();
        match error.downcast_ref::<tungstenite::Error>() {
            Some(tungstenite::Error::Capacity(_)) => {
                let most = self.terms.message_bytes;
                End::told(close_code::SIZE, format!("a message has at most {most} bytes here"))
            }
            Some(tungstenite::Error::Utf8(_)) => End::told(close_code::INVALID, "a message was not UTF-8"),
            _ => End::Gone,
        }
    }

    /// Sends a message, which may wait for [`flush`](Self::flush).
    pub(super) async fn say(&mut self, json: Utf8Bytes) -> Result<(), End> {
        let said = timeout(self.terms.patience, self.socket.feed(Message::Text(json))).await;
        said.map_err(|_| self.slow())?.map_err(|_| End::Gone)
    }

    /// Waits until the client has taken what was sent.
    pub(super) async fn flush(&mut self) -> Result<(), End> {
        let flushed = timeout(self.terms.patience, self.socket.flush()).await;
        flushed.map_err(|_| self.slow())?.map_err(|_| End::Gone)
    }

    fn slow(&self) -> End {
        let patience = self.terms.patience.as_millis();
        let reason = format!("what was sent was not read for {patience} ms: come back and go on from there");
        tracing::info!(patience, "a websocket was cut off: its client reads too slowly");
        End::told(AGAIN, reason)
    }

    /// Says why, and waits a little for the answer: a socket that is dropped with unread input takes the
    /// close frame with it.
    async fn close(&mut self, code: u16, reason: String) {
        // A reason has at most 123 bytes (RFC 6455, section 5.5); these are ASCII.
        let reason = reason.get(..123).map_or(reason.as_str(), |start| start).into();
        let frame = Message::Close(Some(CloseFrame { code, reason }));
        let farewell = async {
            if self.socket.send(frame).await.is_ok() {
                while let Some(Ok(_)) = self.socket.next().await {}
            }
        };
        // Who reads too slowly may still read what waits for it, and then why. Whoever does not answer is left alone.
        let most = if code == AGAIN { self.terms.patience } else { FAREWELL };
        let _ = timeout(most, farewell).await;
    }
}
