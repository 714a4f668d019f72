//! A failed reduction, captured whole: enough to look at it, and to make the same call again elsewhere.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{value::RawValue, value::to_raw_value};

use super::{
    ActivationNumber, ContextName, DomainName, EntityId, Event, EventId, EventType, Metadata, ModuleHash,
    Position, Time, text,
};

/// A failed reduction. As JSON it is one document, in which the model and the data of events stand as they
/// are, byte for byte.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Capture {
    /// The context.
    #[serde(with = "text")]
    pub context: ContextName,
    /// The domain.
    #[serde(with = "text")]
    pub domain: DomainName,
    /// The entity; none under `whole-context`.
    #[serde(with = "text::optional")]
    pub entity: Option<EntityId>,
    /// The module that failed.
    #[serde(with = "text")]
    pub module: ModuleHash,
    /// The activation under which it served.
    pub activation: ActivationNumber,
    /// When it failed, by the host's clock.
    pub at: Time,
    /// The model that the call was given. The member is missing where there was none: `null` is a model.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub model: Option<Box<RawValue>>,
    /// The events that the call was given, in their order.
    pub events: Vec<CapturedEvent>,
    /// What went wrong.
    pub failure: CapturedFailure,
    /// What the reducer had logged in that call.
    pub log: Vec<CapturedLine>,
    /// Events up to here were there when it failed.
    pub tried: Position,
}

/// An event of a captured call: the members are those of an event over HTTP, and its causal depth.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CapturedEvent {
    /// Its id.
    #[serde(with = "text")]
    pub id: EventId,
    /// What kind of thing happened.
    #[serde(rename = "type", with = "text")]
    pub event_type: EventType,
    /// The entity that it happened to.
    #[serde(with = "text")]
    pub entity: EntityId,
    /// The context that it belongs to.
    #[serde(with = "text")]
    pub context: ContextName,
    /// Its place in the log.
    pub position: Position,
    /// When it happened, as its id says.
    pub occurred_at: Time,
    /// When it was recorded.
    pub recorded_at: Time,
    /// The event that led to it.
    #[serde(with = "text::optional")]
    pub cause: Option<EventId>,
    /// How many causes lie between it and the outside; left out where there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub depth: u32,
    /// What was sent along with it.
    #[serde(with = "pairs")]
    pub metadata: Metadata,
    /// JSON, as it is in the log.
    pub data: Box<RawValue>,
}

/// What went wrong in a captured call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapturedFailure {
    /// Which of the call's events it is about, counted from 0, where that is known.
    pub event: Option<usize>,
    /// A short, stable name for programs.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// The frames of the wasm stack, innermost first, or the reducer's own trace.
    pub trace: Option<String>,
}

/// A line that a reducer logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapturedLine {
    /// `trace`, `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// What it said.
    pub message: String,
}

impl Capture {
    /// A model as it is to stand in a capture.
    #[must_use]
    pub fn raw(json: &[u8]) -> Box<RawValue> {
        let text = String::from_utf8_lossy(json).into_owned();
        // JSON at rest is JSON. Damaged bytes are what one would want to see: they are shown as text.
        let shown = |text: &String| to_raw_value(text).unwrap_or_else(|_| RawValue::NULL.to_owned());
        RawValue::from_string(text.clone()).unwrap_or_else(|_| shown(&text))
    }

    /// The document.
    #[must_use]
    pub fn to_json(&self) -> Arc<[u8]> {
        // Nothing in it can fail to be written.
        serde_json::to_vec(self).unwrap_or_default().into()
    }
}

impl From<&Event> for CapturedEvent {
    fn from(event: &Event) -> Self {
        let fact = &event.fact;
        Self {
            id: fact.id,
            event_type: fact.event_type.clone(),
            entity: fact.entity,
            context: event.context.clone(),
            position: event.position,
            occurred_at: Time(fact.id.occurred_at()),
            recorded_at: Time(event.recorded_at),
            cause: fact.cause,
            depth: fact.depth,
            metadata: fact.metadata.clone(),
            data: Capture::raw(&fact.data),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(depth: &u32) -> bool {
    *depth == 0
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Deserialize::deserialize(deserializer).map(Some)
}

/// Metadata as an object, whose members keep their order.
mod pairs {
    use std::fmt;

    use super::{Deserializer, Metadata};
    use serde::{
        Serializer,
        de::{MapAccess, Visitor},
    };

    pub(super) fn serialize<S: Serializer>(pairs: &Metadata, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(pairs.iter().map(|(key, value)| (key, value)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Metadata, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Metadata;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metadata, A::Error> {
                let mut pairs = Metadata::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(pairs)
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"{"context":"shop","domain":"cart","entity":"7d444840-9dc0-41d1-b245-5ffdce74fad2","module":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","activation":3,"at":"2022-02-22T19:22:23.000001Z","model":{"n":1.0,"n":2},"events":[{"id":"c232ab00-9414-11ec-b3c8-9f6bdeced846","type":"ItemAdded","entity":"7d444840-9dc0-41d1-b245-5ffdce74fad2","context":"shop","position":7,"occurred_at":"2022-02-22T19:22:22.000000Z","recorded_at":"2022-02-22T19:22:22.000250Z","cause":"c232ab00-9414-11ec-b3c8-9f6bdeced846","depth":1,"metadata":{"z":"1","a":"\"\n","z":"2"},"data":{"b":1e2,"a":[]}}],"failure":{"event":0,"code":"host.trap","message":"m","trace":"a: b\n"},"log":[{"level":"info","message":"l"}],"tried":9}"#;

    fn again(document: &str) -> String {
        let capture: Capture = serde_json::from_str(document).unwrap();
        String::from_utf8(capture.to_json().to_vec()).unwrap()
    }

    #[test]
    fn a_capture_reads_back_byte_for_byte() {
        assert_eq!(again(DOCUMENT), DOCUMENT);
    }

    #[test]
    fn null_is_a_model_and_none_is_not() {
        let with = |model: &str| DOCUMENT.replace(r#""model":{"n":1.0,"n":2},"#, model);
        for document in [with(r#""model":null,"#), with("")] {
            assert_eq!(again(&document), document);
        }
        let of_context = DOCUMENT.replace(
            r#""entity":"7d444840-9dc0-41d1-b245-5ffdce74fad2","module""#,
            r#""entity":null,"module""#,
        );
        assert_eq!(again(&of_context), of_context);
    }

    #[test]
    fn what_is_no_capture_is_refused() {
        for (from, to) in [
            ("\"shop\",\"domain\"", "\"Shop\",\"domain\""),
            ("19:22:23", "19:22"),
            ("e3b0", "E3B0"),
            ("\"z\":\"1\"", "\"z\":1"),
        ] {
            let broken = DOCUMENT.replacen(from, to, 1);
            assert_ne!(broken, DOCUMENT, "{from}");
            assert!(serde_json::from_str::<Capture>(&broken).is_err(), "{from}");
        }
    }

    #[test]
    fn damaged_bytes_are_shown_as_text() {
        assert_eq!(Capture::raw(b"{\"a\": ").get(), r#""{\"a\": ""#);
        assert_eq!(Capture::raw(b"[1,2]").get(), "[1,2]");
    }
}
