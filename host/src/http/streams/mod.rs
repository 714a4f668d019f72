//! Streams: first what is, then newer states, for as long as the reader stays.
//!
//! A source of frames subscribes first, then reads, then waits. The same frames go out as server-sent
//! events and over websockets. A stream holds at most one page of events, or one model; a reader who is
//! slow makes it wait, and nobody else.

mod events;
mod farewell;
mod log;
mod models;
mod patch;
mod sources;
mod sse;
mod subscribe;
mod views;
mod websocket;
mod wire;

use std::{pin::Pin, sync::Arc, time::Duration};

use axum::{extract::ws::Utf8Bytes, response::Response};
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

pub(super) use log::LogReader;
pub(super) use sources::{narrow, start};
pub(super) use subscribe::subscribe;

use self::{
    events::EventFrames,
    farewell::{Over, Turns, UntilOver},
    sources::Wish,
    views::Views,
    websocket::Following,
};
use super::{
    negotiate::Form,
    problem::{self as kinds, Problem},
    visit::Visit,
};
use crate::words::Epoch;

/// The header in which an `EventSource` that reconnects says what it saw last.
const LAST_EVENT_ID: &str = "last-event-id";

/// What goes out in one piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    /// Its `type`.
    pub(super) kind: &'static str,
    /// The position or version with which a reader comes back.
    pub(super) number: u64,
    /// All of it, as JSON. Readers of the same model share it.
    pub(super) json: Utf8Bytes,
}

impl Frame {
    fn new(kind: &'static str, number: u64, json: String) -> Self {
        Self { kind, number, json: json.into() }
    }

    /// Tells a reader that what it knows is of another history: everything follows from the start.
    fn reset(epoch: &Epoch) -> Self {
        Self::new("reset", 0, format!(r#"{{"type":"reset","epoch":"{epoch}"}}"#))
    }
}

/// A source of frames.
pub(super) trait Frames: Send + 'static {
    /// The next frame, once there is one; none if the source failed, which it has logged.
    fn next(&mut self) -> impl Future<Output = Option<Frame>> + Send;
}

/// Frames as a stream, which may be dropped or polled again at any time without losing one.
type FrameStream = Pin<Box<dyn Stream<Item = Frame> + Send>>;

/// The streams that are open: how many there may be, and when they must end.
#[derive(Debug, Clone)]
pub(super) struct Streams {
    free: Arc<Semaphore>,
    limit: u32,
    shutdown: CancellationToken,
    views: Views,
    turns: Arc<Turns>,
}

impl Streams {
    /// At most `limit` streams (`limits.streams`), which end once `shutdown` is cancelled.
    pub(super) fn new(limit: usize, shutdown: CancellationToken) -> Self {
        let limit = u32::try_from(limit.min(Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        let permits = usize::try_from(limit).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            free: Arc::new(Semaphore::new(permits)),
            limit,
            shutdown,
            views: Views::default(),
            turns: Arc::default(),
        }
    }

    /// Waits until none is open. Websockets are not among the connections that the server waits for.
    pub(super) async fn ended(&self) {
        // Fails only if the semaphore is closed, which it never is.
        let _ = self.free.acquire_many(self.limit).await;
    }

    /// Whether the host is shutting down.
    pub(super) fn are_ending(&self) -> bool {
        self.shutdown.is_cancelled()
    }

    /// What the readers of models share.
    fn views(&self) -> &Views {
        &self.views
    }

    /// Waits until they must end.
    pub(super) async fn ending(&self) {
        self.shutdown.cancelled().await;
    }

    /// Takes the place of a stream, or of a request that waits as one does.
    pub(super) fn open(&self) -> Result<OwnedSemaphorePermit, Problem> {
        if self.are_ending() {
            return Err(crate::Error::Closing.into());
        }
        Arc::clone(&self.free).try_acquire_owned().map_err(|_| {
            let limit = self.limit;
            let detail = format!(
                "{limit} streams are open, the limit (streams): read without following or waiting, try again later, or raise limits.streams"
            );
            Problem::new(&kinds::TOO_MANY_STREAMS, detail).with("limit", "limits.streams").with("most", limit)
        })
    }
}

impl Visit {
    /// Returns once a stream that it asked for is over.
    fn until_over(&self) -> Result<UntilOver, Problem> {
        let (streams, withdrawn) = (self.streams().clone(), self.withdrawn()?);
        Ok(Box::pin(async move {
            tokio::select! {
                () = streams.shutdown.cancelled() => Over::Ending(streams.turns.next_ms()),
                () = withdrawn => Over::Withdrawn,
            }
        }))
    }
}

/// Answers with a stream of what the request's URL names.
pub(super) async fn answer(mut visit: Visit, form: Form) -> Result<Response, Problem> {
    let uri = visit.parts.uri.clone();
    let last_event_id = visit.headers().get(LAST_EVENT_ID);
    let wish = Wish { path: uri.path(), query: uri.query(), last_event_id };
    let frames = wish.frames(visit.host(), &visit.streams().views).await?;
    if visit.asks_head() {
        return Ok(sse::head());
    }
    let permit = visit.streams().open()?;
    let over = visit.until_over()?;
    let epoch = visit.host().epoch().clone();
    if form == Form::WebSocket {
        let patience = Duration::from_millis(visit.host().config().limits.slow_reader_ms);
        let following = Following { frames, epoch, over, patience, permit };
        return websocket::answer(&mut visit.parts, following).await;
    }
    // Whoever comes back is told why.
    let come_back = Duration::from_millis(visit.streams().turns.next_ms());
    Ok(sse::answer(epoch, frames.take_until(over).boxed(), come_back, permit))
}

/// Frames as a stream, which loses none if it is dropped or polled again.
fn stream(frames: impl Frames) -> FrameStream {
    let next = |mut frames| async {
        let frame = Frames::next(&mut frames).await?;
        Some((frame, frames))
    };
    stream::unfold(frames, next).boxed()
}
