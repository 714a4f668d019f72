//! What tables' rows look like here: ids are bytes.

use crate::{
    store::{
        Result,
        rows::{self as shared, damaged},
    },
    words::{EntityId, EventId, Row},
};

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

pub(super) fn event_row(row: EventRow) -> Result<shared::EventRow> {
    let (position, context, id, entity, event_type, data, metadata, recorded_at, cause, depth, origin, model) =
        row;
    let origin = match origin {
        None => None,
        Some(domain) => Some((domain, optional_entity(&model.unwrap_or_default())?)),
    };
    Ok(shared::EventRow {
        position,
        context,
        id: event_id(&id)?,
        entity: EntityId::from_stored(bytes16(&entity)?),
        event_type,
        data,
        metadata,
        recorded_at,
        cause: cause.as_deref().map(event_id).transpose()?,
        depth: u32::try_from(depth).map_err(damaged)?,
        origin,
    })
}

/// A row of `models`.
pub(super) type ModelRow =
    (Vec<u8>, Option<Vec<u8>>, i64, i64, i64, Option<Vec<u8>>, i64, i64, Option<String>, Option<String>, i64);

pub(super) fn row(row: ModelRow) -> Result<(Option<EntityId>, Row)> {
    let (entity, model, version, folded, emitted, last, activation, since, older, parked, events) = row;
    let last = last.as_deref().map(event_id).transpose()?;
    let newest = (activation, since);
    let row = shared::ModelRow { model, version, folded, emitted, last, newest, older, parked, events };
    Ok((optional_entity(&entity)?, shared::row(row)?))
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
