//! Questions about the host, beside the load.

use ::http::{Method, Request, Uri, header};
use bytes::Bytes;
use http_body_util::Full;
use serde::de::DeserializeOwned;

use super::{
    BenchError,
    connection::{Answer, Connection, Failure},
    target::Target,
};

/// Asks on a connection that is opened when it is needed.
pub(super) struct Client {
    target: Target,
    connection: Option<Connection>,
    /// What the host calls itself, if it does.
    pub(super) server: Option<String>,
}

impl Client {
    pub(super) fn new(target: Target) -> Self {
        Self { target, connection: None, server: None }
    }

    /// Gets a document of this form.
    pub(super) async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, BenchError> {
        let answer = self.ask(path).await?;
        if let Some(server) = answer.headers.get(header::SERVER).and_then(|value| value.to_str().ok()) {
            self.server = Some(server.to_owned());
        }
        if !answer.status.is_success() {
            let detail = answer.problem().detail;
            return Err(BenchError::Refused {
                path: path.to_owned(),
                status: answer.status.as_u16(),
                detail,
            });
        }
        serde_json::from_slice(&answer.body)
            .map_err(|why| BenchError::Foreigner { path: path.to_owned(), why: why.to_string() })
    }

    async fn ask(&mut self, path: &str) -> Result<Answer, BenchError> {
        let no_answer = |failure| BenchError::NoAnswer { path: path.to_owned(), failure };
        // A connection that rested may have been closed meanwhile: the second attempt has a fresh one.
        if let Some(mut connection) = self.connection.take()
            && let Ok(answer) = connection.send(self.request(path)?).await
        {
            self.connection = Some(connection);
            return Ok(answer);
        }
        let mut connection = match Connection::open(&self.target).await {
            Err(Failure::Connect(error)) => {
                return Err(BenchError::NoHost { address: self.target.addresses[0], error });
            }
            opened => opened.map_err(no_answer)?,
        };
        let answer = connection.send(self.request(path)?).await.map_err(no_answer)?;
        self.connection = Some(connection);
        Ok(answer)
    }

    fn request(&self, path: &str) -> Result<Request<Full<Bytes>>, BenchError> {
        let uri = Uri::try_from(path)
            .map_err(|why| BenchError::Foreigner { path: path.to_owned(), why: why.to_string() })?;
        let mut request = Request::new(Full::default());
        *request.method_mut() = Method::GET;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.target.headers();
        Ok(request)
    }
}
