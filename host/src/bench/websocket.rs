//! Websockets to the host.

use std::{
    future::poll_fn,
    task::{Context, Poll, ready},
};

use ::http::{HeaderValue, header};
use futures_util::StreamExt as _;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Error, Message, Utf8Bytes, client::IntoClientRequest as _, protocol::WebSocketConfig},
};

use super::{
    connection::{Failure, PATIENCE, Problem, stream},
    target::Target,
};

/// An open websocket.
pub(super) type Socket = WebSocketStream<TcpStream>;

/// Room to read into, in bytes: each socket has its own, and it is cleared before each read.
const READ_BUFFER: usize = 4_096;

/// Opens a websocket at this path, if need be with a subprotocol.
pub(super) async fn open(
    target: &Target,
    path: &str,
    protocol: Option<&'static str>,
) -> Result<Socket, Failure> {
    let stream = stream(target).await?;
    let url = format!("{}{path}", target.url().replacen("http://", "ws://", 1));
    let mut request = url.into_client_request()?;
    request.headers_mut().extend(target.headers());
    if let Some(protocol) = protocol {
        let protocol = HeaderValue::from_static(protocol);
        request.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
    let opened = timeout(PATIENCE, client_async_with_config(request, stream, Some(config))).await;
    match opened.map_err(|_| Failure::Silent)? {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => {
            let said = response.body().as_deref().unwrap_or_default();
            let problem: Problem = serde_json::from_slice(said).unwrap_or_default();
            Err(Failure::Refused(format!("{} {}", response.status(), problem.detail).trim_end().to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}

/// The next text that comes.
pub(super) async fn text(socket: &mut Socket) -> Result<Utf8Bytes, Failure> {
    poll_fn(|context| poll_text(socket, context)).await
}

/// The next text, once it comes. The library answers pings.
pub(super) fn poll_text(socket: &mut Socket, context: &mut Context<'_>) -> Poll<Result<Utf8Bytes, Failure>> {
    loop {
        match ready!(socket.poll_next_unpin(context)) {
            Some(Ok(Message::Text(text))) => return Poll::Ready(Ok(text)),
            Some(Ok(Message::Close(Some(close)))) => {
                let why = format!("the host closed it: {} {}", u16::from(close.code), close.reason);
                return Poll::Ready(Err(Failure::Broken(why.trim_end().to_owned())));
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => return Poll::Ready(Err(error.into())),
            None => return Poll::Ready(Err(Failure::Broken("the host closed it".to_owned()))),
        }
    }
}

/// A websocket that fails is of no more use, whatever the library says.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Broken(error.to_string())
    }
}
