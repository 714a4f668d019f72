//! A reader of server-sent events.

use std::{collections::VecDeque, pin::Pin};

use bytes::Bytes;
use futures_util::{Stream as Chunks, StreamExt};
use reqwest::RequestBuilder;
use serde_json::Value;

use super::{Host, patiently};

/// One frame.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Frame {
    /// `event:`, which repeats the `type` of the data.
    pub(crate) kind: String,
    /// `id:`, the cursor with which a reader comes back.
    pub(crate) id: String,
    pub(crate) data: Value,
}

impl Frame {
    /// The epoch and the number of the cursor.
    pub(crate) fn cursor(&self) -> (String, u64) {
        let (epoch, number) = self.id.rsplit_once('-').unwrap();
        (epoch.to_owned(), number.parse().unwrap())
    }
}

/// An open stream.
pub(crate) struct Stream {
    chunks: Pin<Box<dyn Chunks<Item = reqwest::Result<Bytes>> + Send>>,
    text: String,
    frames: VecDeque<Frame>,
}

impl Host {
    /// Follows a URL by server-sent events.
    pub(crate) async fn follow(&self, path: &str) -> Stream {
        Stream::open(self.request("GET", path)).await
    }
}

impl Stream {
    /// Opens a stream with this request.
    pub(crate) async fn open(request: RequestBuilder) -> Self {
        let request = request.header("accept", "text/event-stream");
        let response = patiently("a stream", request.send()).await.unwrap();
        let status = response.status().as_u16();
        assert_eq!(status, 200, "{}", response.text().await.unwrap());
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["vary"], "Accept, Accept-Encoding");
        let chunks = Box::pin(response.bytes_stream());
        Self { chunks, text: String::new(), frames: VecDeque::new() }
    }

    /// The next frame; none once the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        while self.frames.is_empty() {
            let chunk = patiently("the next frame", self.chunks.next()).await?.unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                self.frames.extend(parse(block));
                self.text = rest.to_owned();
            }
        }
        self.frames.pop_front()
    }

    /// The next frame, which must be of this kind.
    pub(crate) async fn frame(&mut self, kind: &str) -> Frame {
        let frame = self.next().await.unwrap_or_else(|| panic!("the stream ended before {kind}"));
        assert_eq!((frame.kind.as_str(), &frame.data["type"]), (kind, &Value::from(kind)), "{frame:?}");
        frame
    }
}

fn parse(block: &str) -> Option<Frame> {
    let mut frame = Frame::default();
    for line in block.lines() {
        match line.split_once(':') {
            Some(("event", kind)) => kind.trim().clone_into(&mut frame.kind),
            Some(("id", id)) => id.trim().clone_into(&mut frame.id),
            Some(("data", data)) => frame.data = serde_json::from_str(data).unwrap(),
            _ => {}
        }
    }
    // Comments keep the connection alive and say nothing.
    (!frame.data.is_null()).then_some(frame)
}
