//! Events, models and pages as JSON text. The data of events and models is copied as it is: it was
//! checked at the door, and reading it again could only change it.

use std::fmt::{Display, Write};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};

use super::{negotiate::Form, problem::Problem};
use crate::words::{Epoch, Event, Model, ModuleHash, Position, Time, Version};

/// Appends an event.
pub(super) fn event(out: &mut String, event: &Event) {
    let fact = &event.fact;
    let occurred_at = Time(fact.id.occurred_at());
    // Writing to a string cannot fail; names and ids hold nothing that JSON escapes.
    let _ = write!(
        out,
        r#"{{"id":"{}","type":"{}","entity":"{}","context":"{}","position":{},"occurred_at":"{occurred_at}","recorded_at":"{}","cause":{},"metadata":{{"#,
        fact.id,
        fact.event_type.as_str(),
        fact.entity,
        event.context,
        event.position,
        Time(event.recorded_at),
        OrNull(fact.cause),
    );
    for (index, (key, value)) in fact.metadata.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let _ = write!(out, "{comma}{}:{}", quoted(key), quoted(value));
    }
    out.push_str(r#"},"data":"#);
    raw(out, &fact.data);
    out.push('}');
}

/// Appends a model as an entry of a list.
pub(super) fn model(out: &mut String, model: &Model) {
    let Model { entity, version, position, module, .. } = model;
    let (entity, module) = (OrNull(*entity), OrNull(*module));
    let _ = write!(
        out,
        r#"{{"entity":{entity},"version":{version},"position":{position},"module":{module},"model":"#
    );
    raw(out, model.data.as_deref().unwrap_or(b"null"));
    out.push('}');
}

/// Appends what became of an event that was appended at this position and waited for: the model, or that
/// it is not folded yet.
pub(super) fn waited(out: &mut String, at: Position, model: Option<&Model>) {
    let _ = write!(out, r#"{{"position":{at},"folded":{}"#, model.is_some());
    if let Some(Model { version, module, data, .. }) = model {
        let module = OrNull(*module);
        let _ = write!(out, r#","version":{version},"module":{module},"model":"#);
        raw(out, data.as_deref().unwrap_or(b"null"));
    }
    out.push('}');
}

/// The frame of an event in a stream.
pub(super) fn event_frame(epoch: &Epoch, of: &Event) -> String {
    let mut out = String::with_capacity(512 + of.fact.data.len());
    let _ = write!(out, r#"{{"type":"event","position":{},"epoch":"{epoch}","event":"#, of.position);
    event(&mut out, of);
    out.push('}');
    out
}

/// The frame of a model in a stream.
pub(super) fn model_frame(epoch: &Epoch, model: &Model, data: &[u8]) -> String {
    let mut out = String::with_capacity(256 + data.len());
    let Model { version, position, module, .. } = model;
    let module: OrNull<ModuleHash> = OrNull(*module);
    let _ = write!(
        out,
        r#"{{"type":"model","version":{version},"position":{position},"module":{module},"epoch":"{epoch}","model":"#
    );
    raw(&mut out, data);
    out.push('}');
    out
}

/// The frame of what has changed in a model since version `from`.
pub(super) fn patch_frame(epoch: &Epoch, from: Version, model: &Model, patch: &str) -> String {
    let mut out = String::with_capacity(256 + patch.len());
    let Model { version, position, module, .. } = model;
    let module: OrNull<ModuleHash> = OrNull(*module);
    let _ = write!(
        out,
        r#"{{"type":"patch","version":{version},"from":{from},"to":{version},"position":{position},"module":{module},"epoch":"{epoch}","patch":{patch}}}"#
    );
    out
}

fn raw(out: &mut String, json: &[u8]) {
    // JSON at rest is UTF-8; the lossy way only keeps damaged bytes from ending the answer.
    out.push_str(&String::from_utf8_lossy(json));
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// Something that needs no escaping, in quotes; or null.
struct OrNull<T>(Option<T>);

impl<T: Display> Display for OrNull<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Some(value) => write!(f, "\"{value}\""),
            None => f.write_str("null"),
        }
    }
}

/// A page of a list: `{"NAME":[…],"next":URL or null}`, or the entries on a line each. `next` is given
/// in both by a `Link` header too.
pub(super) fn page<T>(
    form: Form,
    name: &str,
    entries: &[T],
    write: impl Fn(&mut String, &T),
    next: Option<String>,
) -> Response {
    let lines = form == Form::Lines;
    let mut out = if lines { String::new() } else { format!("{{\"{name}\":[") };
    for (index, entry) in entries.iter().enumerate() {
        if !lines && index > 0 {
            out.push(',');
        }
        write(&mut out, entry);
        if lines {
            out.push('\n');
        }
    }
    if !lines {
        out.push_str("],\"next\":");
        out.push_str(&next.as_deref().map_or_else(|| "null".to_owned(), quoted));
        out.push('}');
    }
    let mut response = json(out);
    let headers = response.headers_mut();
    if lines {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    }
    varies(headers);
    if let Some(link) = next.and_then(|next| HeaderValue::try_from(format!("<{next}>; rel=\"next\"")).ok()) {
        headers.insert(header::LINK, link);
    }
    response
}

/// Whether there may be another page.
pub(super) fn is_full(entries: usize, limit: u32) -> bool {
    usize::try_from(limit).is_ok_and(|limit| entries >= limit)
}

/// An answer of JSON text.
pub(super) fn json(text: impl Into<Body>) -> Response {
    let mut response = Response::new(text.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Says that the answer depends on the form that was asked for, and on the codings, as all answers do.
pub(super) fn varies(headers: &mut HeaderMap) {
    headers.insert(header::VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
}

/// What every handler gives.
pub(super) type Answer = Result<Response, Problem>;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::words::{CapturedEvent, Fact};

    fn an_event() -> Event {
        Event {
            position: Position(7),
            recorded_at: 1_645_557_742_000_250,
            context: "shop".parse().unwrap(),
            fact: Arc::new(Fact {
                id: "c232ab00-9414-11ec-b3c8-9f6bdeced846".parse().unwrap(),
                entity: "7d444840-9dc0-41d1-b245-5ffdce74fad2".parse().unwrap(),
                event_type: "ItemAdded".parse().unwrap(),
                data: br#"{"b":1.0,"a":[],"b":2}"#.to_vec(),
                metadata: vec![("user".to_owned(), "a \"b\"\n".to_owned()), ("x".to_owned(), String::new())],
                cause: None,
                depth: 0,
                origin: None,
            }),
        }
    }

    const EVENT: &str = r#"{"id":"c232ab00-9414-11ec-b3c8-9f6bdeced846","type":"ItemAdded","entity":"7d444840-9dc0-41d1-b245-5ffdce74fad2","context":"shop","position":7,"occurred_at":"2022-02-22T19:22:22.000000Z","recorded_at":"2022-02-22T19:22:22.000250Z","cause":null,"metadata":{"user":"a \"b\"\n","x":""},"data":{"b":1.0,"a":[],"b":2}}"#;

    #[test]
    fn events_are_written_with_their_data_as_it_is() {
        let mut out = String::new();
        event(&mut out, &an_event());
        assert_eq!(out, EVENT);
        let captured = CapturedEvent::from(&an_event());
        assert_eq!(serde_json::to_string(&captured).unwrap(), EVENT, "a capture has the same members");
        let frame = event_frame(&Epoch("e".into()), &an_event());
        assert_eq!(frame, format!(r#"{{"type":"event","position":7,"epoch":"e","event":{EVENT}}}"#));
    }

    #[test]
    fn models_are_written_with_their_data_as_it_is() {
        let of = Model {
            entity: None,
            data: Some(Arc::from(&b"{\"n\":1}"[..])),
            version: Version(3),
            position: Position(2),
            module: Some(ModuleHash::of(b"")),
            parked: None,
        };
        let mut out = String::new();
        model(&mut out, &of);
        let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(
            out,
            format!(r#"{{"entity":null,"version":3,"position":2,"module":"{hash}","model":{{"n":1}}}}"#)
        );
        let frame = model_frame(&Epoch("e".into()), &of, b"{\"n\":1}");
        assert_eq!(
            frame,
            format!(
                r#"{{"type":"model","version":3,"position":2,"module":"{hash}","epoch":"e","model":{{"n":1}}}}"#
            )
        );
    }

    #[test]
    fn what_was_waited_for_is_told_with_its_model() {
        let of = |data: Option<&str>| Model {
            entity: None,
            data: data.map(|data| Arc::from(data.as_bytes())),
            version: Version(3),
            position: Position(9),
            module: None,
            parked: None,
        };
        let written = |model: Option<&Model>| {
            let mut out = String::new();
            waited(&mut out, Position(7), model);
            out
        };
        assert_eq!(
            written(Some(&of(Some("{}")))),
            r#"{"position":7,"folded":true,"version":3,"module":null,"model":{}}"#
        );
        let kept_none = r#"{"position":7,"folded":true,"version":3,"module":null,"model":null}"#;
        assert_eq!(written(Some(&of(None))), kept_none);
        assert_eq!(written(None), r#"{"position":7,"folded":false}"#);
    }

    async fn text(response: Response) -> String {
        use http_body_util::BodyExt;
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn pages_are_documents_or_lines() {
        let entry = |out: &mut String, entry: &u8| out.push_str(&entry.to_string());
        let whole = page(Form::Json, "keys", &[1, 2], entry, Some("/a?after=2".to_owned()));
        assert_eq!(whole.headers()[header::LINK], "</a?after=2>; rel=\"next\"");
        assert_eq!(text(whole).await, r#"{"keys":[1,2],"next":"/a?after=2"}"#);
        let lines = page(Form::Lines, "keys", &[1, 2], entry, None);
        assert_eq!(lines.headers()[header::CONTENT_TYPE], "application/x-ndjson");
        assert!(!lines.headers().contains_key(header::LINK));
        assert_eq!(text(lines).await, "1\n2\n");
        assert_eq!(text(page(Form::Json, "keys", &[], entry, None)).await, r#"{"keys":[],"next":null}"#);
    }
}
