//! The door: raw input becomes facts, or a clear refusal. Nothing behind it meets invalid input.

mod batch;
mod cloudevents;
mod json;

use std::sync::Arc;

pub use batch::{BatchFormat, Member, read_batch};
pub use cloudevents::{CloudEvent, CloudEventsForm, binary_cloudevent, read_cloudevents};
pub use json::minify;

use crate::{
    config::Config,
    error::Invalid,
    words::{EntityId, EventId, EventType, Fact, Metadata},
};

/// An event as it was sent.
#[derive(Debug, Clone)]
pub struct RawEvent<'a> {
    /// Its id: a UUIDv1.
    pub id: &'a str,
    /// Its type.
    pub event_type: &'a str,
    /// The entity that it happened to: a UUIDv4.
    pub entity: &'a str,
    /// JSON.
    pub data: &'a [u8],
    /// What was sent along with it.
    pub metadata: Metadata,
}

/// Checks events against the rules and the limits of the config.
#[derive(Debug, Clone)]
pub struct Ingest {
    max_clock_ahead_ms: u64,
    event_bytes: usize,
    metadata_bytes: usize,
    batch_events: usize,
}

impl Ingest {
    /// A door with these limits.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            max_clock_ahead_ms: config.max_clock_ahead_ms,
            event_bytes: config.limits.event_bytes,
            metadata_bytes: config.limits.metadata_bytes,
            batch_events: config.limits.batch_events,
        }
    }

    /// Checks all events of a request at the time `now` (microseconds since the Unix epoch).
    ///
    /// # Errors
    /// The first thing that is wrong; in a batch of several it names the event's index.
    pub fn accept(&self, events: &[RawEvent<'_>], now: i64) -> Result<Vec<Arc<Fact>>, Invalid> {
        match events {
            [] => Err(Invalid::Empty("the batch")),
            [event] => Ok(vec![Arc::new(self.fact(event, now)?)]),
            events if events.len() > self.batch_events => {
                Err(too_large("the batch", "batch_events", events.len(), self.batch_events))
            }
            events => {
                let member = |(index, event)| match self.fact(event, now) {
                    Ok(fact) => Ok(Arc::new(fact)),
                    Err(error) => Err(Invalid::Member { index, error: Box::new(error) }),
                };
                events.iter().enumerate().map(member).collect()
            }
        }
    }

    fn fact(&self, raw: &RawEvent<'_>, now: i64) -> Result<Fact, Invalid> {
        let id: EventId = raw.id.parse()?;
        let entity: EntityId = raw.entity.parse()?;
        let event_type: EventType = raw.event_type.parse()?;
        let ahead_ms = (id.occurred_at() - now) / 1000;
        if ahead_ms > i64::try_from(self.max_clock_ahead_ms).unwrap_or(i64::MAX) {
            return Err(Invalid::Ahead { id, ahead_ms, limit_ms: self.max_clock_ahead_ms });
        }
        if raw.data.len() > self.event_bytes {
            return Err(too_large("the event's data", "event_bytes", raw.data.len(), self.event_bytes));
        }
        let metadata_bytes = raw.metadata.iter().map(|(key, value)| key.len() + value.len()).sum();
        if metadata_bytes > self.metadata_bytes {
            return Err(too_large(
                "the event's metadata",
                "metadata_bytes",
                metadata_bytes,
                self.metadata_bytes,
            ));
        }
        let data = minify(raw.data)
            .map_err(|why| Invalid::NotJson { what: "the event's data".to_owned(), why })?
            .into_owned();
        let metadata = raw.metadata.clone();
        Ok(Fact { id, entity, event_type, data, metadata, cause: None, depth: 0, origin: None })
    }
}

fn too_large(what: &'static str, name: &'static str, actual: usize, limit: usize) -> Invalid {
    Invalid::TooLarge { what, name, actual, limit }
}
