//! What arrives on a connection: which version of HTTP its first bytes begin, and whether the heads of its
//! requests come in time, counted from their first byte.
//!
//! hyper counts from the end of the request before, so that it would end connections which merely rest, just
//! as their clients use them again. It asks a timer that this module gives it, and that knows what arrived.
//! hyper-util would tell the version, but gives hyper the first bytes apart from the rest, for which hyper then
//! takes another 8 KiB as long as the connection lasts.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::BytesMut;
use hyper::rt::{Sleep, Timer};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    time,
};

/// Whether anything arrived on a connection since its next head is waited for. One task reads and looks, so
/// that the order of memory does not matter.
type Mark = Arc<AtomicBool>;

/// How every HTTP/2 connection begins, and no other (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Room for what arrives first: most heads, whole.
const FIRST_BYTES: usize = 4096;

/// A connection that marks what arrives.
pub(super) struct Marked<S> {
    stream: S,
    mark: Mark,
    /// What was read to see which version is spoken, and is to be read again.
    first: BytesMut,
}

/// Tells the time to hyper, for the heads on one connection.
pub(super) struct HeadTimer {
    mark: Mark,
    has_begun: AtomicBool,
    most: Duration,
}

/// The end of a head's time.
struct HeadTime {
    mark: Mark,
    most: Duration,
    /// Once its first byte has arrived.
    end: Option<Pin<Box<time::Sleep>>>,
}

/// A connection, and the timer for its heads, which may take as long as `most`.
pub(super) fn marked<S>(stream: S, most: Duration) -> (Marked<S>, HeadTimer) {
    let mark = Mark::default();
    (
        Marked { stream, mark: Arc::clone(&mark), first: BytesMut::new() },
        HeadTimer { mark, has_begun: AtomicBool::new(false), most },
    )
}

impl<S: AsyncRead + Unpin> Marked<S> {
    /// Waits for what arrives first, and tells whether it begins HTTP/2. Fails if that does not become clear
    /// within `most`.
    pub(super) async fn begins_http2(&mut self, most: Duration) -> io::Result<bool> {
        let mut first = BytesMut::with_capacity(FIRST_BYTES);
        self.stream.read_buf(&mut first).await?;
        let more = async {
            while first.len() < PREFACE.len() && PREFACE.starts_with(&first) {
                if self.stream.read_buf(&mut first).await? == 0 {
                    break;
                }
            }
            Ok(first.starts_with(PREFACE))
        };
        let is_http2 = time::timeout(most, more).await.map_err(io::Error::from)?;
        self.mark.store(true, Ordering::Relaxed);
        self.first = first;
        is_http2
    }
}

impl Timer for HeadTimer {
    /// hyper begins to wait for a head; how long, is decided here. Of the connection's first head something
    /// has arrived before.
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Sleep>> {
        if self.has_begun.swap(true, Ordering::Relaxed) {
            self.mark.store(false, Ordering::Relaxed);
        }
        Box::pin(HeadTime { mark: Arc::clone(&self.mark), most: self.most, end: None })
    }

    fn sleep_until(&self, _: Instant) -> Pin<Box<dyn Sleep>> {
        self.sleep(self.most)
    }
}

impl Sleep for HeadTime {}

impl Future for HeadTime {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.end.is_none() && self.mark.load(Ordering::Relaxed) {
            self.end = Some(Box::pin(time::sleep(self.most)));
        }
        match &mut self.end {
            Some(end) => end.as_mut().poll(context),
            // What arrives wakes whoever reads the connection, who asks again.
            None => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Marked<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.first.is_empty() {
            let length = self.first.len().min(buffer.remaining());
            buffer.put_slice(&self.first.split_to(length));
            if self.first.is_empty() {
                // Gives back its room.
                self.first = BytesMut::new();
            }
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.mark.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Marked<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::io::{AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn the_time_begins_with_the_first_byte() {
        let (mut client, server) = duplex(64);
        let (mut marked, timer) = marked(server, Duration::from_millis(1));
        client.write_all(b"GET").await.unwrap();
        assert!(!marked.begins_http2(Duration::MAX).await.unwrap());
        timer.sleep(Duration::ZERO).await;
        let mut next = timer.sleep_until(Instant::now());
        assert!((&mut next).now_or_never().is_none(), "what came before belongs to the head before");
        client.write_all(b" ").await.unwrap();
        let mut read = [0; 4];
        marked.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"GET ", "nothing is lost");
        next.await;
    }

    #[tokio::test]
    async fn the_first_bytes_tell_the_version() {
        for (pieces, is_http2) in [
            (&["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "more"][..], true),
            (&["P", "RI * HTTP/2.0\r\n\r\nSM\r\n\r", "\nmore"], true),
            (&["P", "OST / HTTP/1.1\r\n"], false),
            (&["PRI * HTTP/2.0\r\n\r\nSM\r\n", "\r!"], false),
            (&["GET /", " HTTP/1.1\r\n"], false),
            (&["PRI"], false),
            (&[], false),
        ] {
            let (mut client, server) = duplex(64);
            let (mut marked, _) = marked(server, Duration::MAX);
            let written = async {
                for piece in pieces {
                    client.write_all(piece.as_bytes()).await.unwrap();
                    tokio::task::yield_now().await;
                }
                drop(client);
            };
            let (seen, ()) = tokio::join!(marked.begins_http2(Duration::MAX), written);
            assert_eq!(seen.unwrap(), is_http2, "{pieces:?}");
            let mut read = String::new();
            marked.read_to_string(&mut read).await.unwrap();
            assert_eq!(read, pieces.concat(), "all of it is read again");
        }
        let (mut client, server) = duplex(64);
        client.write_all(b"PRI").await.unwrap();
        let (mut marked, _) = marked(server, Duration::MAX);
        assert!(marked.begins_http2(Duration::from_millis(1)).await.is_err(), "it took too long");
    }
}
