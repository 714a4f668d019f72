//! One connection to the host, with one request under way at a time.

use std::{io, pin::Pin, time::Duration};

use ::http::{HeaderMap, Request, StatusCode};
use bytes::Bytes;
use futures_util::{FutureExt as _, future::Fuse};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::{net::TcpStream, time::timeout};

use super::target::Target;

/// How long an answer may take. A host that is only slow has answered by then.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// What is sent.
pub(super) type Outgoing = Request<Full<Bytes>>;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// No connection.
    #[error("no connection ({0})")]
    Connect(#[from] io::Error),
    /// The connection ended before its time.
    #[error("the connection broke ({0})")]
    Broken(String),
    /// The host does not open a websocket.
    #[error("it was refused ({0})")]
    Refused(String),
    /// The host keeps still.
    #[error("no answer within {} s", PATIENCE.as_secs())]
    Silent,
}

impl From<hyper::Error> for Failure {
    fn from(error: hyper::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

/// What the host said.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// The part of a problem (RFC 9457) that tells what it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Problem {
    #[serde(rename = "type")]
    kind: String,
    /// The status that it has, or would have, as an answer.
    pub(super) status: u16,
    /// A sentence for people.
    pub(super) detail: String,
}

impl Problem {
    /// Its stable name; empty if it has none.
    pub(super) fn name(&self) -> &str {
        self.kind.rsplit(':').next().unwrap_or_default()
    }
}

impl Answer {
    /// What is wrong, if the host says so in the usual way.
    pub(super) fn problem(&self) -> Problem {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

type Driver = http1::Connection<TokioIo<TcpStream>, Full<Bytes>>;

/// An open connection. It is driven only while a request is under way, by whoever waits for the answer:
/// a task of its own would be woken twice for each.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: Fuse<Pin<Box<Driver>>>,
}

impl Connection {
    /// Connects to the first address that takes it.
    pub(super) async fn open(target: &Target) -> Result<Self, Failure> {
        let stream = stream(target).await?;
        let (sender, driver) = http1::handshake(TokioIo::new(stream)).await?;
        Ok(Self { sender, driver: Box::pin(driver).fuse() })
    }

    /// Sends a request and reads the whole answer. After a failure the connection is of no more use.
    pub(super) async fn send(&mut self, request: Outgoing) -> Result<Answer, Failure> {
        let Self { sender, driver } = self;
        let exchange = async {
            sender.ready().await?;
            let (head, body) = sender.send_request(request).await?.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok(Answer { status: head.status, headers: head.headers, body })
        };
        let driven = async {
            let mut exchange = std::pin::pin!(exchange);
            tokio::select! {
                biased;
                answer = &mut exchange => answer,
                // A host that closes the connection behind its answer has given one.
                _ = driver => exchange.await,
            }
        };
        timeout(PATIENCE, driven).await.unwrap_or(Err(Failure::Silent))
    }
}

/// A TCP connection to the first address that takes it.
pub(super) async fn stream(target: &Target) -> Result<TcpStream, Failure> {
    let connected = timeout(PATIENCE, TcpStream::connect(target.addresses.as_slice())).await;
    let stream = connected.map_err(|_| Failure::Silent)??;
    // Requests are small and must not wait for each other.
    stream.set_nodelay(true)?;
    Ok(stream)
}
