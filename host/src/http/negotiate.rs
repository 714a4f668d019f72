//! What form an answer takes, what form a body has, and whether a reader has the answer already.

use axum::http::{HeaderMap, Method, header, request::Parts};
use hyper::ext::Protocol;

use super::problem::{self as kinds, Problem};
use crate::{
    ingest::{BatchFormat, CloudEventsForm},
    words::is_json_type,
};

/// Headers with this prefix carry the attributes of a CloudEvent in binary mode.
pub(super) const ATTRIBUTE_PREFIX: &str = "ce-";
/// Media types that begin like this carry CloudEvents.
const CLOUDEVENTS: &str = "application/cloudevents";

/// How a resource is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Now, as one JSON document.
    Json,
    /// Now, one JSON document on each line.
    Lines,
    /// Followed, as server-sent events.
    ServerSentEvents,
    /// Followed, over a websocket.
    WebSocket,
}

/// The form that a request asks for. Types that are not offered are ignored; JSON is the default.
pub(super) fn form(parts: &Parts) -> Form {
    if wants_websocket(parts) {
        return Form::WebSocket;
    }
    let values = parts.headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut best = (0.0, Form::Json);
    for range in values.flat_map(|value| value.split(',')) {
        let form = match essence(range) {
            media if media.eq_ignore_ascii_case("text/event-stream") => Form::ServerSentEvents,
            media if media.eq_ignore_ascii_case("application/x-ndjson") => Form::Lines,
            media if media.eq_ignore_ascii_case("application/json") => Form::Json,
            _ => continue,
        };
        let weight = weight(range);
        // The first named wins among equals.
        if weight > best.0 {
            best = (weight, form);
        }
    }
    best.1
}

/// Whether a request asks for a websocket: over HTTP/1.1 by an upgrade, over HTTP/2 by RFC 8441.
pub(super) fn wants_websocket(parts: &Parts) -> bool {
    let is = |protocol: &[u8]| protocol.eq_ignore_ascii_case(b"websocket");
    match parts.method {
        Method::GET if !asks_head(parts) => {
            parts.headers.get(header::UPGRADE).is_some_and(|value| is(value.as_bytes()))
        }
        Method::CONNECT => parts.extensions.get().is_some_and(|protocol: &Protocol| is(protocol.as_ref())),
        _ => false,
    }
}

/// Marks a `HEAD`: it is carried out as the `GET` whose headers it asks for, except that nothing is followed.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeadOnly;

/// Whether only the head of an answer is asked for.
pub(super) fn asks_head(parts: &Parts) -> bool {
    parts.extensions.get::<HeadOnly>().is_some()
}

fn essence(media: &str) -> &str {
    media.split(';').next().unwrap_or_default().trim()
}

fn weight(range: &str) -> f32 {
    let parameters = range.split(';').skip(1).map(str::trim);
    let weights = parameters.filter_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q=")));
    weights.filter_map(|q| q.parse().ok()).next().unwrap_or(1.0)
}

/// Fails unless the body is declared to be one JSON document.
pub(super) fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    match content_type(headers)? {
        media if is_cloudevents(media) => {
            Err(unsupported(media, "application/json, or CloudEvents to /{context}/events"))
        }
        media if is_json_type(media) => Ok(()),
        media => Err(unsupported(media, "application/json")),
    }
}

/// How the events of a batch are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BatchForm {
    /// As members of the host's own form.
    Members(BatchFormat),
    /// As CloudEvents in JSON.
    CloudEvents(CloudEventsForm),
    /// As one CloudEvent in binary mode: its attributes are headers, the body is its data.
    Binary,
}

/// How a batch is written down, by its declared type. What is no type of CloudEvents, but comes with their
/// headers, is one in binary mode.
pub(super) fn batch_form(headers: &HeaderMap) -> Result<BatchForm, Problem> {
    let media = content_type(headers)?;
    if is_cloudevents(media) {
        return match media.to_ascii_lowercase().strip_prefix(CLOUDEVENTS) {
            Some("+json") => Ok(BatchForm::CloudEvents(CloudEventsForm::One)),
            Some("-batch+json") => Ok(BatchForm::CloudEvents(CloudEventsForm::Batch)),
            _ => {
                Err(unsupported(media, "CloudEvents in JSON (application/cloudevents+json or …-batch+json)"))
            }
        };
    }
    if headers.keys().any(|name| name.as_str().starts_with(ATTRIBUTE_PREFIX)) {
        return if is_json_type(media) {
            Ok(BatchForm::Binary)
        } else {
            Err(unsupported(media, "the data of a CloudEvent as application/json"))
        };
    }
    match media {
        media if media.eq_ignore_ascii_case("application/x-ndjson") => {
            Ok(BatchForm::Members(BatchFormat::Lines))
        }
        media if is_json_type(media) => Ok(BatchForm::Members(BatchFormat::Array)),
        media => Err(unsupported(
            media,
            "application/json (an array), application/x-ndjson (lines) or application/cloudevents+json",
        )),
    }
}

fn content_type(headers: &HeaderMap) -> Result<&str, Problem> {
    if let Some(coding) = headers.get(header::CONTENT_ENCODING)
        && !coding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        let detail = format!("Content-Encoding {coding:?} is not taken: send the body as it is");
        return Err(Problem::new(&kinds::MEDIA_TYPE, detail));
    }
    let value = headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or("(not ASCII)"));
    Ok(essence(value.unwrap_or_default()))
}

/// They carry the event's fields in other places, and must not be mistaken for plain data.
fn is_cloudevents(media: &str) -> bool {
    media.get(..CLOUDEVENTS.len()).is_some_and(|start| start.eq_ignore_ascii_case(CLOUDEVENTS))
}

fn unsupported(media: &str, wanted: &str) -> Problem {
    let given = if media.is_empty() {
        "the body has no Content-Type".to_owned()
    } else {
        format!("Content-Type {media:?} is not taken here")
    };
    Problem::new(&kinds::MEDIA_TYPE, format!("{given}: send {wanted}"))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue, Request};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    fn parts(method: &str, pairs: &[(&'static str, &'static str)]) -> Parts {
        let mut request = Request::new(());
        *request.method_mut() = method.parse().unwrap();
        *request.headers_mut() = headers(pairs);
        request.into_parts().0
    }

    #[test]
    fn accept_chooses_the_form() {
        let form = |accept: &[(&'static str, &'static str)]| form(&parts("GET", accept));
        for (accept, expected) in [
            ("*/*", Form::Json),
            ("text/html", Form::Json),
            ("text/event-stream", Form::ServerSentEvents),
            ("Text/Event-Stream; charset=utf-8, */*", Form::ServerSentEvents),
            ("application/x-ndjson", Form::Lines),
            ("application/json;q=0.5, application/x-ndjson", Form::Lines),
            ("application/json, application/x-ndjson", Form::Json),
            ("text/event-stream;q=0", Form::Json),
            ("text/event-stream;q=0.1", Form::ServerSentEvents),
        ] {
            assert_eq!(form(&[("accept", accept)]), expected, "{accept}");
        }
        assert_eq!(form(&[]), Form::Json);
        assert_eq!(form(&[("upgrade", "WebSocket"), ("accept", "text/event-stream")]), Form::WebSocket);
    }

    #[test]
    fn a_websocket_is_asked_for_by_upgrade_or_by_extended_connect() {
        let upgrade = [("upgrade", "websocket")];
        assert!(wants_websocket(&parts("GET", &upgrade)));
        assert!(!wants_websocket(&parts("POST", &upgrade)));
        assert!(!wants_websocket(&parts("CONNECT", &upgrade)));
        let mut head = parts("GET", &upgrade);
        head.extensions.insert(HeadOnly);
        assert!(!wants_websocket(&head));
        for (protocol, expected) in [("websocket", true), ("WebSocket", true), ("connect-udp", false)] {
            let mut connect = parts("CONNECT", &[]);
            connect.extensions.insert(Protocol::from_static(protocol));
            assert_eq!(wants_websocket(&connect), expected, "{protocol}");
        }
    }

    #[test]
    fn writes_need_a_json_content_type() {
        for good in ["application/json", "Application/JSON; charset=utf-8", "application/vnd.shop.v1+json"] {
            assert!(require_json(&headers(&[("content-type", good)])).is_ok(), "{good}");
        }
        for bad in [
            "",
            "text/plain",
            "application/x-ndjson",
            "application/+json",
            "text/json",
            "application/cloudevents+json",
        ] {
            assert!(require_json(&headers(&[("content-type", bad)])).is_err(), "{bad}");
        }
        assert_eq!(require_json(&headers(&[])).unwrap_err().kind(), &kinds::MEDIA_TYPE);
        let packed = headers(&[("content-type", "application/json"), ("content-encoding", "gzip")]);
        assert_eq!(require_json(&packed).unwrap_err().kind(), &kinds::MEDIA_TYPE);
    }

    #[test]
    fn batches_come_as_arrays_lines_or_cloudevents() {
        let form = |media| batch_form(&headers(&[("content-type", media)])).ok();
        assert_eq!(form("application/json"), Some(BatchForm::Members(BatchFormat::Array)));
        assert_eq!(form("application/vnd.shop+json"), Some(BatchForm::Members(BatchFormat::Array)));
        let lines = BatchForm::Members(BatchFormat::Lines);
        assert_eq!(form("application/x-ndjson; charset=utf-8"), Some(lines));
        let one = BatchForm::CloudEvents(CloudEventsForm::One);
        assert_eq!(form("application/CloudEvents+json; charset=UTF-8"), Some(one));
        let batch = BatchForm::CloudEvents(CloudEventsForm::Batch);
        assert_eq!(form("application/cloudevents-batch+json"), Some(batch));
        for bad in ["text/csv", "application/cloudevents", "application/cloudevents+avro"] {
            assert_eq!(form(bad), None, "{bad}");
        }
    }

    #[test]
    fn headers_of_cloudevents_make_binary_mode() {
        let form = |media| batch_form(&headers(&[("content-type", media), ("ce-id", "1")])).ok();
        assert_eq!(form("application/json"), Some(BatchForm::Binary));
        assert_eq!(form("application/vnd.shop+json"), Some(BatchForm::Binary));
        let repeated = BatchForm::CloudEvents(CloudEventsForm::One);
        assert_eq!(
            form("application/cloudevents+json"),
            Some(repeated),
            "they may repeat what the body says"
        );
        assert_eq!(form("application/x-ndjson"), None);
        assert_eq!(batch_form(&headers(&[("ce-id", "1")])).ok(), None, "writes need a content type");
    }
}
