//! A websocket client.

use futures_util::StreamExt;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        http::{HeaderName, HeaderValue},
        protocol::CloseFrame,
    },
};

use super::{Host, patiently};

/// An open websocket.
pub(crate) struct Socket<S = MaybeTlsStream<TcpStream>>(pub(crate) WebSocketStream<S>);

impl Host {
    /// Follows a URL over a websocket.
    pub(crate) async fn socket(&self, path: &str) -> Socket {
        self.socket_with(path, &[]).await.unwrap_or_else(|(status, said)| panic!("{status} {said}"))
    }

    /// The same, with headers. An answer that is no websocket gives its status and what it says.
    pub(crate) async fn socket_with(
        &self,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Socket, (u16, String)> {
        let url = format!("{}{path}", self.base().replace("http://", "ws://"));
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).unwrap();
            request.headers_mut().insert(HeaderName::from_static(name), value);
        }
        match patiently("a websocket", connect_async(request)).await {
            Ok((socket, _)) => Ok(Socket(socket)),
            Err(Error::Http(response)) => {
                let said = response.body().as_deref().map(String::from_utf8_lossy).unwrap_or_default();
                Err((response.status().as_u16(), said.into_owned()))
            }
            Err(error) => panic!("{error}"),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// The next frame, which must be of this kind.
    pub(crate) async fn frame(&mut self, kind: &str) -> Value {
        loop {
            match self.message(kind).await {
                Message::Text(text) => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    assert_eq!(frame["type"], kind, "{frame}");
                    return frame;
                }
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?} instead of {kind}"),
            }
        }
    }

    /// Reads to the end, which must be told by a close frame.
    pub(crate) async fn closed(&mut self) -> CloseFrame {
        loop {
            if let Message::Close(frame) = self.message("the end").await {
                return frame.expect("a reason");
            }
        }
    }

    async fn message(&mut self, what: &str) -> Message {
        let message = patiently(what, self.0.next()).await;
        message.unwrap_or_else(|| panic!("the socket ended before {what}")).unwrap()
    }
}
