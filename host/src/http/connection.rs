//! One connection: HTTP/1.1 or HTTP/2, as its first bytes say, until it ends or the host shuts down.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use hyper::{
    rt::Executor,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{arrivals, front::Front, patient::Patient};
use crate::config::Limits;

/// Requests (streams, in its words) that may be open on one HTTP/2 connection. Whoever has more opens another.
const CONCURRENT_STREAMS: u32 = 256;

/// What an HTTP/2 client may send of one body, and of all of its bodies, before they are read, in bytes.
const STREAM_WINDOW_BYTES: u32 = 262_144;
const CONNECTION_WINDOW_BYTES: u32 = 1_048_576;

/// What is buffered of one answer for an HTTP/2 client that does not read it, in bytes.
const SEND_BUFFER_BYTES: usize = 65_536;

/// Requests that an HTTP/2 client may take back before they are looked at, and mistakes that it may make, before
/// its connection is ended: both cost it nothing and the host something.
const EARLY_RESETS: usize = 32;
const ERROR_RESETS: usize = 256;

/// How often a silent HTTP/2 client is asked whether it is still there, and how long it may take to answer.
const PING: Duration = Duration::from_secs(20);
const PONG: Duration = Duration::from_secs(20);

/// Bytes of a request's head, beside its metadata (`limits.metadata_bytes`).
const HEAD_BYTES: usize = 65_536;

/// What all connections share. Cheap to clone; every clone is the same.
#[derive(Clone)]
pub(super) struct Connections(Arc<Parts>);

struct Parts {
    front: Front,
    http1: http1::Builder,
    http2: http2::Builder<Requests>,
    requests: Requests,
    head_time: Duration,
    patience: Duration,
    shutdown: CancellationToken,
}

impl Connections {
    /// Those of a host with these limits, which end once `shutdown` is cancelled.
    pub(super) fn new(front: Front, limits: &Limits, shutdown: CancellationToken) -> Self {
        let requests = Requests::default();
        let head_time = Duration::from_millis(limits.head_ms);
        let head_bytes = HEAD_BYTES.saturating_add(limits.metadata_bytes);
        let mut http1 = http1::Builder::new();
        http1.max_buf_size(head_bytes).header_read_timeout(head_time);
        let mut http2 = http2::Builder::new(requests.clone());
        http2
            .timer(TokioTimer::new())
            .enable_connect_protocol()
            .max_concurrent_streams(CONCURRENT_STREAMS)
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .max_send_buf_size(SEND_BUFFER_BYTES)
            .max_header_list_size(u32::try_from(head_bytes).unwrap_or(u32::MAX))
            .max_pending_accept_reset_streams(EARLY_RESETS)
            .max_local_error_reset_streams(ERROR_RESETS)
            .keep_alive_interval(PING)
            .keep_alive_timeout(PONG);
        // Streams that can tell their readers why they are cut off go before.
        let patience = Duration::from_millis(limits.slow_reader_ms.saturating_mul(2));
        Self(Arc::new(Parts { front, http1, http2, requests, head_time, patience, shutdown }))
    }

    /// Answers what comes on one connection, until it ends; once the shutdown begins, only what has come.
    pub(super) async fn answer<S>(self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let stream = Patient::new(stream, self.0.patience);
        let (mut stream, timer) = arrivals::marked(stream, self.0.head_time);
        let is_http2 = tokio::select! {
            is_http2 = stream.begins_http2(self.0.head_time) => is_http2,
            () = self.0.shutdown.cancelled() => return,
        };
        let front = self.0.front.clone();
        let service = service_fn(move |request| front.clone().answer(request));
        let ended = match is_http2 {
            Ok(false) => {
                // One expression, and nothing beside it: an idle connection is not much more than this.
                let connection = pin!({
                    let mut http1 = self.0.http1.clone();
                    http1.timer(timer).serve_connection(TokioIo::new(stream), service).with_upgrades()
                });
                self.ended(connection, http1::UpgradeableConnection::graceful_shutdown).await
            }
            Ok(true) => {
                // Boxed, because most connections are not of this kind, and need less room.
                let mut connection = Box::pin(self.0.http2.serve_connection(TokioIo::new(stream), service));
                self.ended(connection.as_mut(), http2::Connection::graceful_shutdown).await
            }
            Err(error) => {
                tracing::debug!(%error, "a connection broke before its first request");
                return;
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection broke");
        }
    }

    /// Carries on with a connection until it ends; `end` asks it to, once the shutdown begins.
    async fn ended<C>(&self, mut connection: Pin<&mut C>, end: fn(Pin<&mut C>)) -> hyper::Result<()>
    where
        C: Future<Output = hyper::Result<()>>,
    {
        tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.0.shutdown.cancelled() => {
                end(connection.as_mut());
                connection.await
            }
        }
    }

    /// The requests that HTTP/2 connections carry.
    pub(super) fn requests(&self) -> &Requests {
        &self.0.requests
    }
}

/// Requests on HTTP/2 connections, each a task of its own. Cheap to clone; every clone is the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Requests {
    tasks: TaskTracker,
    cut: CancellationToken,
}

impl Requests {
    /// Waits until none is left.
    pub(super) async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Ends them where they are.
    pub(super) fn cut(&self) {
        self.cut.cancel();
    }
}

impl<F> Executor<F> for Requests
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, request: F) {
        let cut = self.cut.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                _ = request => {}
                () = cut.cancelled() => {}
            }
        });
    }
}
