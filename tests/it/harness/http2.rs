//! A client that speaks HTTP/2, and opens websockets there (RFC 8441).

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response,
    body::Incoming,
    client::conn::http2::{SendRequest, handshake},
    ext::Protocol,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::JoinHandle,
};
use tokio_tungstenite::{WebSocketStream, tungstenite::protocol::Role};

use super::{Answer, Host, patiently, websocket::Socket};

/// One connection, over which requests go side by side.
pub(crate) struct Http2 {
    sender: SendRequest<Full<Bytes>>,
    /// Ends with the connection.
    pub(crate) connection: JoinHandle<hyper::Result<()>>,
}

impl Host {
    /// Connects without asking which version is spoken.
    pub(crate) async fn http2(&self) -> Http2 {
        let (_, address) = self.base().split_once("://").unwrap();
        Http2::over(TcpStream::connect(address).await.unwrap()).await
    }
}

impl Http2 {
    pub(crate) async fn over(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        let shaken = handshake(TokioExecutor::new(), TokioIo::new(stream));
        let (sender, connection) = patiently("an HTTP/2 connection", shaken).await.unwrap();
        Self { sender, connection: tokio::spawn(connection) }
    }

    /// The head of an answer, whose body comes as it comes.
    pub(crate) async fn open(&self, request: Request<Full<Bytes>>) -> hyper::Result<Response<Incoming>> {
        let mut sender = self.sender.clone();
        patiently("an answer", async {
            sender.ready().await?;
            sender.send_request(request).await
        })
        .await
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("http://localhost{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.open(request.body(Full::from(body.to_owned())).unwrap()).await.unwrap();
        assert_eq!(response.version(), hyper::Version::HTTP_2);
        let (parts, body) = response.into_parts();
        let body = patiently("a body", body.collect()).await.unwrap().to_bytes();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    /// Opens a websocket on this connection; an answer that is none gives its status.
    pub(crate) async fn socket(
        &self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Socket<TokioIo<hyper::upgrade::Upgraded>>, u16> {
        // The host says with its settings, which come before its first answer, that it knows how.
        self.get("/_/live").await.expect(200);
        let request = Request::builder().method(Method::CONNECT).uri(format!("http://localhost{path}"));
        let mut request = request.header("sec-websocket-version", "13");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.extension(Protocol::from_static("websocket")).body(Full::default()).unwrap();
        let response = self.open(request).await.unwrap();
        if response.status() != 200 {
            return Err(response.status().as_u16());
        }
        let upgraded = patiently("a websocket", hyper::upgrade::on(response)).await.unwrap();
        Ok(Socket(WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Client, None).await))
    }
}
