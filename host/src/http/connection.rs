//! One connection: HTTP/1.1 or HTTP/2, as its first bytes say, until it ends or the host shuts down.

use std::{pin::pin, time::Duration};

use hyper::{rt::Executor, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{arrivals, front::Front};
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
pub(super) struct Connections {
    front: Front,
    http: auto::Builder<Requests>,
    requests: Requests,
    head_time: Duration,
    shutdown: CancellationToken,
}

impl Connections {
    /// Those of a host with these limits, which end once `shutdown` is cancelled.
    pub(super) fn new(front: Front, limits: &Limits, shutdown: CancellationToken) -> Self {
        let requests = Requests::default();
        let mut http = auto::Builder::new(requests.clone());
        let head_bytes = HEAD_BYTES.saturating_add(limits.metadata_bytes);
        http.http1().max_buf_size(head_bytes);
        http.http2()
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
        let head_time = Duration::from_millis(limits.head_ms);
        Self { front, http, requests, head_time, shutdown }
    }

    /// Answers what comes on one connection, until it ends; once the shutdown begins, only what has come.
    pub(super) async fn answer<S>(self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Self { front, mut http, head_time, shutdown, .. } = self;
        let (stream, timer) = arrivals::marked(stream, head_time);
        http.http1().timer(timer).header_read_timeout(head_time);
        let service = service_fn(move |request| front.clone().answer(request));
        let connection = http.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
        // Only HTTP/1.1 or HTTP/2 needs it, and only at first.
        drop(http);
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection broke");
        }
    }

    /// The requests that HTTP/2 connections carry.
    pub(super) fn requests(&self) -> &Requests {
        &self.requests
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
