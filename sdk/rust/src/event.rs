//! Events, as a reducer takes them and as it makes them.

use serde::Serialize;

use crate::{Result, canonical, wire};

/// An immutable fact about one entity, with its data as `E`.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<E> {
    /// A UUIDv1, unique in its context, made when it happened.
    pub id: String,
    /// The entity that it happened to: a UUIDv4.
    pub entity: String,
    /// What happened. Rarely needed: where `E` is an enum, its variants are the types.
    pub event_type: String,
    /// When it happened, in microseconds since the Unix epoch.
    pub occurred_at: i64,
    /// Its place in the log, counted from 1. None under the order `occurred`.
    pub position: Option<u64>,
    /// The event or command that led to it; none for what came from outside.
    pub cause: Option<String>,
    /// What was sent along with it (tracing, authorship).
    pub metadata: Vec<(String, String)>,
    /// What is known about it.
    pub data: E,
}

/// An event that a reducer wants to exist. The host derives its id from the event that led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    event_type: String,
    entity: Option<String>,
    data: Vec<u8>,
    metadata: Vec<(String, String)>,
}

impl NewEvent {
    /// An event on the model's own entity or, under `whole_context`, on that of the event that led to it.
    ///
    /// # Errors
    ///
    /// `invalid-json` if `data` has no [canonical JSON](canonical::to_vec), such as NaN or an integer beyond ±2⁵³.
    #[track_caller]
    pub fn new(event_type: impl Into<String>, data: &impl Serialize) -> Result<Self> {
        let data = canonical::to_vec(data)?;
        Ok(Self { event_type: event_type.into(), entity: None, data, metadata: Vec::new() })
    }

    /// Puts it on another entity: a UUIDv4 in its usual text form; anything else parks the model's entity.
    #[must_use]
    pub fn on(mut self, entity: impl Into<String>) -> Self {
        self.entity = Some(entity.into());
        self
    }

    /// Sends something along that is not part of the event's identity.
    #[must_use]
    pub fn with_metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.push((key.into(), value.into()));
        self
    }

    pub(crate) fn caused_by(self, cause: u32) -> wire::NewEvent {
        let Self { event_type, entity, data, metadata } = self;
        wire::NewEvent { cause, event_type, entity, data, metadata }
    }
}
