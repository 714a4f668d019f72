//! What faces strangers, each as a function of any bytes that panics where a promise is broken. The fuzzer
//! calls them with what it makes up; the tests with every file below `corpus/`.

use std::sync::LazyLock;

use everfold::{
    Config, RawEvent,
    ingest::{BatchFormat, CloudEvent, CloudEventsForm, Ingest, minify, read_batch, read_cloudevents},
    sandbox::{ReducerLimits, inspect},
    words::{ContextName, DomainName, EntityId, EventId, EventType},
};

/// The longest sentence that refuses a module, in characters.
const LONGEST_SENTENCE: usize = 5_000;
/// The longest sentence that refuses an id or a name, in characters.
const LONGEST_REFUSAL: usize = 2_000;
/// An hour of 2026, in microseconds since the Unix epoch.
const NOW: i64 = 1_780_000_000_000_000;

static LIMITS: LazyLock<ReducerLimits> = LazyLock::new(|| (&Config::embedded().limits).into());
static INGEST: LazyLock<Ingest> = LazyLock::new(|| Ingest::new(&Config::embedded()));

/// A file in the reducers' folder: it passes, or one sentence says why not.
pub fn module(bytes: &[u8]) {
    if let Err(why) = inspect(bytes, &LIMITS) {
        let sentence = why.to_string();
        assert_eq!(sentence.lines().count(), 1, "{sentence}");
        assert!(sentence.chars().count() <= LONGEST_SENTENCE, "{sentence}");
    }
}

/// The body of a request: what is accepted of it says what was sent, and is accepted again as it is.
pub fn event(bytes: &[u8]) {
    for format in [BatchFormat::Array, BatchFormat::Lines] {
        let Ok(members) = read_batch(bytes, format) else { continue };
        accepted(&members.iter().map(|member| member.as_event()).collect::<Vec<_>>());
    }
    if let Ok(kept) = minify(bytes) {
        same_json(bytes, &kept);
    }
}

/// The same for CloudEvents; what they say beside that is metadata, and says where they come from.
pub fn cloudevent(bytes: &[u8]) {
    for form in [CloudEventsForm::One, CloudEventsForm::Batch] {
        match read_cloudevents(bytes, form) {
            Ok(events) => {
                let events: Vec<RawEvent<'_>> = events.iter().map(CloudEvent::as_event).collect();
                for RawEvent { metadata, .. } in &events {
                    assert!(metadata.iter().any(|(name, value)| name == "source" && !value.is_empty()));
                    let is_part = |name: &str| ["id", "type", "subject", "time", "data"].contains(&name);
                    assert!(!metadata.iter().any(|(name, _)| is_part(name)), "{metadata:?}");
                }
                accepted(&events);
            }
            Err(why) => short(&why.to_string()),
        }
    }
}

fn accepted(events: &[RawEvent<'_>]) {
    let Ok(facts) = INGEST.accept(events, NOW) else { return };
    assert_eq!(facts.len(), events.len());
    for (fact, sent) in facts.iter().zip(events) {
        assert_eq!(fact.id.to_string(), sent.id.parse::<EventId>().expect("accepted").to_string());
        assert_eq!(fact.event_type.as_str(), sent.event_type);
        assert_eq!(fact.metadata, sent.metadata);
        same_json(sent.data, &fact.data);
    }
}

fn same_json(sent: &[u8], kept: &[u8]) {
    // None where a number or a depth is beyond what this reads; it must be so for both.
    let value = |text| serde_json::from_slice::<serde_json::Value>(text).ok();
    assert_eq!(value(sent), value(kept));
    assert_eq!(minify(kept).as_deref(), Ok(kept));
}

/// Text in the place of an id or a name: what is one is written again as the same.
pub fn ids(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match text.parse::<EventId>() {
        Ok(id) => {
            assert_eq!(id.to_string().parse(), Ok(id));
            assert!(id.ticks() <= EventId::MAX_TICKS);
            // Whatever its time, it is one.
            let _ = id.occurred_at();
        }
        Err(why) => short(&why.to_string()),
    }
    match text.parse::<EntityId>() {
        Ok(id) => assert_eq!(id.to_string().parse(), Ok(id)),
        Err(why) => short(&why.to_string()),
    }
    let names = [
        text.parse::<ContextName>().map(|name| name.to_string()),
        text.parse::<DomainName>().map(|name| name.to_string()),
        text.parse::<EventType>().map(|name| name.to_string()),
    ];
    for name in names {
        match name {
            Ok(name) => assert_eq!(name, text),
            Err(why) => short(&why.to_string()),
        }
    }
}

fn short(refusal: &str) {
    assert_eq!(refusal.lines().count(), 1, "{refusal}");
    assert!(refusal.chars().count() <= LONGEST_REFUSAL, "{refusal}");
}
