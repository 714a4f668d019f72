//! Answers made smaller, for whoever says that it can read them so.
//!
//! An answer is compressed whole, before any of it goes out: so it has a length, a slow reader holds no
//! compressor, and what does not become smaller is sent as it is.

use std::{convert::Infallible, future, io, task};

use axum::{
    body::{Body, HttpBody},
    http::{Extensions, HeaderMap, HeaderValue, Request, StatusCode, Version, header},
    response::Response,
};
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use tower_http::{CompressionLevel, compression::Compression};
use tower_service::Service;

use super::tags;

/// What is smaller is not worth the work: with its headers it fits into one packet, compressed or not.
const LEAST_BYTES: u64 = 1024;

/// How hard the compressors try: of JSON they save most at once, and little more for ten times the work.
const LEVEL: CompressionLevel = CompressionLevel::Precise(2);

/// How much is compressed before others have their turn: well below a millisecond's work.
const SLICE_BYTES: usize = 65_536;

/// Whether an answer is to be compressed for somebody who accepts that. Streams have no length.
pub(super) fn applies(response: &Response) -> bool {
    response.body().size_hint().exact().is_some_and(|bytes| bytes >= LEAST_BYTES)
        && !response.headers().contains_key(header::CONTENT_ENCODING)
}

/// Compresses an answer in the coding that is liked best (`accepted`: an `Accept-Encoding`), if there is one.
pub(super) async fn compressed(response: Response, accepted: HeaderValue) -> Response {
    let (mut parts, body) = response.into_parts();
    // An answer with a length lies in memory: nothing can fail here.
    let Ok(plain) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return Response::from_parts(parts, Body::empty());
    };
    let Some((coding, small)) = coded(plain.clone(), accepted).await else {
        return Response::from_parts(parts, Body::from(plain));
    };
    let tag = parts.headers.get(header::ETAG).zip(coding.to_str().ok());
    if let Some(tag) = tag.and_then(|(tag, coding)| tags::coded(tag, coding)) {
        parts.headers.insert(header::ETAG, tag);
    }
    parts.headers.insert(header::CONTENT_ENCODING, coding);
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(small.len()));
    Response::from_parts(parts, Body::from(small))
}

/// The same bytes in a coding, with its name; none if no coding is accepted, or they do not become fewer.
async fn coded(plain: Bytes, accepted: HeaderValue) -> Option<(HeaderValue, Bytes)> {
    let most = plain.len();
    let mut request = Request::new(());
    request.headers_mut().insert(header::ACCEPT_ENCODING, accepted);
    let mut service = Compression::new(Slices(plain)).compress_when(always).quality(LEVEL);
    let Ok(response) = service.call(request).await;
    let (mut parts, mut body) = response.into_parts();
    let coding = parts.headers.remove(header::CONTENT_ENCODING)?;
    let mut small = BytesMut::new();
    while let Some(frame) = body.frame().await {
        small.extend_from_slice(frame.ok()?.data_ref()?);
        if small.len() >= most {
            return None;
        }
    }
    Some((coding, small.freeze()))
}

fn always(_: StatusCode, _: Version, _: &HeaderMap, _: &Extensions) -> bool {
    true
}

/// Answers with bytes, slice by slice.
struct Slices(Bytes);

impl Service<Request<()>> for Slices {
    type Response = Response;
    type Error = Infallible;
    type Future = future::Ready<Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> task::Poll<Result<(), Infallible>> {
        task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        let slices = stream::unfold((self.0.clone(), false), |(mut rest, waits)| async move {
            if rest.is_empty() {
                return None;
            }
            if waits {
                tokio::task::yield_now().await;
            }
            let slice = rest.split_to(rest.len().min(SLICE_BYTES));
            Some((Ok::<_, io::Error>(slice), (rest, true)))
        });
        // The compressor asks on when there is no more.
        future::ready(Ok(Response::new(Body::from_stream(slices.fuse()))))
    }
}

#[cfg(test)]
mod tests {
    use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZstdDecoder};
    use tokio::io::AsyncReadExt;

    use super::*;

    fn json(bytes: usize) -> String {
        let mut text: String = (0..).take(bytes / 8).map(|n| format!("{{\"n\":{n}}},")).collect();
        text.truncate(bytes);
        text
    }

    async fn answer(body: impl Into<Body>, accepted: &'static str) -> (Response<()>, Bytes) {
        let mut response = Response::new(body.into());
        response.headers_mut().insert(header::ETAG, HeaderValue::from_static("\"a-1\""));
        let response = compressed(response, HeaderValue::from_static(accepted)).await;
        let (parts, body) = response.into_parts();
        (Response::from_parts(parts, ()), body.collect().await.unwrap().to_bytes())
    }

    #[tokio::test]
    async fn what_is_accepted_is_read_back_whole() {
        // Several slices.
        let text = json(300_000);
        for (accepted, coding) in [
            ("gzip, deflate, br, zstd", "zstd"),
            ("gzip, br", "br"),
            ("gzip", "gzip"),
            ("zstd;q=0.1, gzip;q=0.5", "gzip"),
        ] {
            let (answer, small) = answer(text.clone(), accepted).await;
            assert_eq!(answer.headers()[header::CONTENT_ENCODING], coding);
            assert_eq!(answer.headers()[header::ETAG], format!("\"a-1;{coding}\"").as_str());
            assert_eq!(answer.headers()[header::CONTENT_LENGTH], small.len().to_string().as_str());
            assert!(small.len() < text.len() / 3, "{coding}: {}", small.len());
            let mut read = String::new();
            let read_back = match coding {
                "zstd" => ZstdDecoder::new(&*small).read_to_string(&mut read).await,
                "br" => BrotliDecoder::new(&*small).read_to_string(&mut read).await,
                _ => GzipDecoder::new(&*small).read_to_string(&mut read).await,
            };
            read_back.unwrap();
            assert!(read == text, "{coding}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_accepted_or_made_smaller_is_sent_as_it_is() {
        let noise: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(5000).collect();
        for (body, accepted) in [
            (json(5000).into_bytes(), "identity"),
            (json(5000).into_bytes(), "deflate, lzma"),
            (json(5000).into_bytes(), "br;q=0"),
            (noise, "zstd, br, gzip"),
        ] {
            let (answer, sent) = answer(body.clone(), accepted).await;
            assert!(!answer.headers().contains_key(header::CONTENT_ENCODING), "{accepted}");
            assert_eq!(answer.headers()[header::ETAG], "\"a-1\"");
            assert!(sent == body, "{accepted}");
        }
    }

    #[test]
    fn small_answers_and_streams_are_left_alone() {
        let of = |body: Body| applies(&Response::new(body));
        assert!(of(Body::from(json(1024))));
        assert!(!of(Body::from(json(1023))));
        let endless = stream::pending::<Result<Bytes, Infallible>>();
        assert!(!of(Body::from_stream(endless)));
        let mut coded = Response::new(Body::from(json(5000)));
        coded.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
        assert!(!applies(&coded));
    }
}
