//! Frames as server-sent events.

use std::{convert::Infallible, time::Duration};

use axum::{
    http::{HeaderName, HeaderValue},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::{StreamExt, stream};
use tokio::sync::OwnedSemaphorePermit;

use super::{Frame, FrameStream};
use crate::{http::render, words::Epoch};

/// How often a silent stream shows that it is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Answers with server-sent events, keeping the permit until they end; then the reader is told when to come back.
pub(super) fn answer(
    epoch: Epoch,
    frames: FrameStream,
    come_back: Duration,
    permit: OwnedSemaphorePermit,
) -> Response {
    let events = frames.map(move |frame| {
        let _held_by_the_stream = &permit;
        event(&epoch, &frame)
    });
    let farewell = Event::default().comment("come back").retry(come_back);
    let events = events.chain(stream::iter([farewell])).map(Ok::<_, Infallible>);
    dressed(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
}

/// What such an answer says of itself, without a stream.
pub(super) fn head() -> Response {
    dressed(Sse::new(stream::empty::<Result<Event, Infallible>>()).into_response())
}

fn dressed(mut response: Response) -> Response {
    let headers = response.headers_mut();
    render::varies(headers);
    // Proxies that buffer answers would hold every frame back.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

fn event(epoch: &Epoch, frame: &Frame) -> Event {
    // The data is one line: white space between JSON's tokens went at the door.
    Event::default().event(frame.kind).id(format!("{epoch}-{}", frame.number)).data(&*frame.json)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http_body_util::BodyExt;
    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn a_stream_holds_its_permit_until_it_ends() {
        let free = Arc::new(Semaphore::new(1));
        let permit = Arc::clone(&free).try_acquire_owned().unwrap();
        let frame = Frame::new("none", 0, r#"{"type":"none","epoch":"e"}"#.to_owned());
        let response =
            answer(Epoch("e".into()), stream::iter([frame]).boxed(), Duration::from_millis(700), permit);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(free.available_permits(), 0);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(
            body,
            "event: none\nid: e-0\ndata: {\"type\":\"none\",\"epoch\":\"e\"}\n\n: come back\nretry: 700\n\n"
        );
        assert_eq!(free.available_permits(), 1);
    }
}
