//! A client of the host's own HTTP interface: the demo uses nothing that others could not use.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client as Pool, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;

/// The host did not answer as it should.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No answer.
    #[error("{url} gave no answer: {why}")]
    NoAnswer {
        /// What was asked for.
        url: String,
        /// Why.
        why: String,
    },
    /// An answer that is not a success.
    #[error("{url} answered {status}: {body}")]
    Refused {
        /// What was asked for.
        url: String,
        /// The status.
        status: u16,
        /// What else it said.
        body: String,
    },
}

/// Cheap to clone; connections are shared.
#[derive(Clone)]
pub(super) struct Client {
    pool: Pool<HttpConnector, Full<Bytes>>,
    base: String,
}

impl Client {
    pub(super) fn new(base: &str) -> Self {
        Self { pool: Pool::builder(TokioExecutor::new()).build_http(), base: base.to_owned() }
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, ClientError> {
        self.send("GET", path, Bytes::new()).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        self.send("POST", path, body.to_string().into()).await
    }

    async fn send(&self, method: &str, path: &str, body: Bytes) -> Result<Value, ClientError> {
        let url = format!("{}{path}", self.base);
        let no_answer = |why: String| ClientError::NoAnswer { url: url.clone(), why };
        let request = ::http::Request::builder()
            .method(method)
            .uri(&url)
            .header("content-type", "application/json")
            .body(Full::new(body))
            .map_err(|error| no_answer(error.to_string()))?;
        let response = self.pool.request(request).await.map_err(|error| no_answer(error.to_string()))?;
        let status = response.status();
        let body =
            response.into_body().collect().await.map_err(|error| no_answer(error.to_string()))?.to_bytes();
        if !status.is_success() {
            let body = String::from_utf8_lossy(&body).into_owned();
            return Err(ClientError::Refused { url, status: status.as_u16(), body });
        }
        serde_json::from_slice(&body).map_err(|error| no_answer(error.to_string()))
    }
}
