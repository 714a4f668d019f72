//! How tables' rows become values and back.

use std::sync::Arc;

use crate::{
    store::Result,
    words::{EntityId, Event, EventId, Fact, Metadata, Origin, Parked, Position, Row, Segment, Version},
};

use super::names::{Names, damaged};

/// The columns of an event, in the order in which [`event`] takes them: a literal, of which others are made.
macro_rules! event_columns {
    () => {
        "position, context, id, entity, type, data, metadata, recorded_at, cause, depth, origin, origin_entity"
    };
}

/// The columns of a model's row, in the order in which [`row`] takes them.
macro_rules! model_columns {
    () => {
        "entity, model, version, folded, emitted, last, activation, since, older, parked, events"
    };
}

pub(super) use {event_columns, model_columns};

/// [`event_columns`] for statements that are put together.
pub(super) const EVENT_COLUMNS: &str = event_columns!();
/// [`model_columns`] likewise.
pub(super) const MODEL_COLUMNS: &str = model_columns!();

/// A row of `events`.
pub(super) type EventRow = (
    i64,
    i64,
    Vec<u8>,
    Vec<u8>,
    String,
    Vec<u8>,
    Option<String>,
    i64,
    Option<Vec<u8>>,
    i64,
    Option<i64>,
    Option<Vec<u8>>,
);

pub(super) fn event(names: &Names, row: EventRow) -> Result<Event> {
    let (position, context, id, entity, event_type, data, metadata, recorded_at, cause, depth, origin, model) =
        row;
    let origin = match origin {
        None => None,
        Some(domain) => Some(Origin {
            domain: names.domain_key(domain)?.domain,
            entity: optional_entity(&model.unwrap_or_default())?,
        }),
    };
    let metadata: Option<Metadata> = metadata.map(|text| from_json(&text)).transpose()?;
    Ok(Event {
        position: Position(number(position)?),
        recorded_at,
        context: names.context_name(context)?,
        fact: Arc::new(Fact {
            id: event_id(&id)?,
            entity: EntityId::from_stored(bytes16(&entity)?),
            event_type: event_type.parse().map_err(damaged)?,
            data,
            metadata: metadata.unwrap_or_default(),
            cause: cause.as_deref().map(event_id).transpose()?,
            depth: u32::try_from(depth).map_err(damaged)?,
            origin,
        }),
    })
}

/// A row of `models`.
pub(super) type ModelRow =
    (Vec<u8>, Option<Vec<u8>>, i64, i64, i64, Option<Vec<u8>>, i64, i64, Option<String>, Option<String>, i64);

pub(super) fn row(row: ModelRow) -> Result<(Option<EntityId>, Row)> {
    let (entity, model, version, folded, emitted, last, activation, since, older, parked, events) = row;
    let mut made_by: Vec<Segment> = older.map(|text| from_json(&text)).transpose()?.unwrap_or_default();
    // Numbers of activations begin at 1: 0 stands where nobody made anything of the row yet.
    if activation > 0 {
        made_by.push(Segment { activation: number(activation)?, from: number(since)? });
    }
    let parked: Option<Parked> = parked.map(|text| from_json(&text)).transpose()?;
    let row = Row {
        model: model.map(Arc::from),
        version: Version(number(version)?),
        folded: Position(number(folded)?),
        emitted: Position(number(emitted)?),
        last: last.as_deref().map(event_id).transpose()?,
        events: number(events)?,
        made_by,
        parked,
    };
    Ok((optional_entity(&entity)?, row))
}

/// The entity of a model as its table names it: empty under `whole-context`.
pub(super) fn entity_key(entity: Option<EntityId>) -> Vec<u8> {
    entity.map(|entity| entity.as_bytes().to_vec()).unwrap_or_default()
}

pub(super) fn optional_entity(bytes: &[u8]) -> Result<Option<EntityId>> {
    if bytes.is_empty() { Ok(None) } else { Ok(Some(EntityId::from_stored(bytes16(bytes)?))) }
}

pub(super) fn event_id(bytes: &[u8]) -> Result<EventId> {
    Ok(EventId::from_sorted_bytes(bytes16(bytes)?))
}

pub(super) fn bytes16(bytes: &[u8]) -> Result<[u8; 16]> {
    bytes.try_into().map_err(|_| damaged(format!("an id of {} bytes", bytes.len())))
}

pub(super) fn number(stored: i64) -> Result<u64> {
    u64::try_from(stored).map_err(|_| damaged(format!("the count {stored}")))
}

/// A count as SQLite keeps it. Counts that do not fit cannot be reached.
pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(super) fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(damaged)
}

pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(damaged)
}
