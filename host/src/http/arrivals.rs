//! The time that a request's head may take, counted from its first byte.
//!
//! hyper counts from the end of the request before, so that it would end connections which merely rest, just
//! as their clients use them again. It asks a timer that this module gives it, and that knows what arrived.

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

use hyper::rt::{Sleep, Timer};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time,
};

/// Whether anything arrived on a connection since its next head is waited for. One task reads and looks, so
/// that the order of memory does not matter.
type Mark = Arc<AtomicBool>;

/// A connection that marks what arrives.
pub(super) struct Marked<S> {
    stream: S,
    mark: Mark,
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
    (Marked { stream, mark: Arc::clone(&mark) }, HeadTimer { mark, has_begun: AtomicBool::new(false), most })
}

impl Timer for HeadTimer {
    /// hyper begins to wait for a head; how long, is decided here. Of the connection's first head something
    /// was read before, to see which version of HTTP it is.
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
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn the_time_begins_with_the_first_byte() {
        let (mut client, server) = duplex(64);
        let (mut marked, timer) = marked(server, Duration::from_millis(1));
        client.write_all(b"GET").await.unwrap();
        marked.read_u8().await.unwrap();
        timer.sleep(Duration::ZERO).await;
        let mut next = timer.sleep_until(Instant::now());
        assert!((&mut next).now_or_never().is_none(), "what came before belongs to the head before");
        marked.read_u8().await.unwrap();
        next.await;
    }
}
