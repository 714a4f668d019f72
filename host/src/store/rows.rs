//! How tables' rows become values and back, as far as all back ends do it alike.

use std::sync::Arc;

use crate::words::{
    EntityId, Event, EventId, Fact, Metadata, ModuleHash, Origin, Parked, Position, Row, Segment, Version,
};

use super::{Result, StoreError, names::Names};

/// The columns of an event, in the order in which back ends take them: a literal, of which others are made.
macro_rules! event_columns {
    () => {
        "position, context, id, entity, type, data, metadata, recorded_at, cause, depth, origin, origin_entity"
    };
}

/// The columns of a model's row, likewise.
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
pub(super) struct EventRow {
    pub(super) position: i64,
    pub(super) context: i64,
    pub(super) id: EventId,
    pub(super) entity: EntityId,
    pub(super) event_type: String,
    pub(super) data: Vec<u8>,
    pub(super) metadata: Option<String>,
    pub(super) recorded_at: i64,
    pub(super) cause: Option<EventId>,
    pub(super) depth: u32,
    /// The domain that emitted it, and the entity of the model that it was emitted for.
    pub(super) origin: Option<(i64, Option<EntityId>)>,
}

pub(super) fn event(names: &Names, row: EventRow) -> Result<Event> {
    let origin = match row.origin {
        None => None,
        Some((domain, entity)) => Some(Origin { domain: names.domain_key(domain)?.domain, entity }),
    };
    let metadata: Option<Metadata> = row.metadata.map(|text| from_json(&text)).transpose()?;
    Ok(Event {
        position: Position(number(row.position)?),
        recorded_at: row.recorded_at,
        context: names.context_name(row.context)?,
        fact: Arc::new(Fact {
            id: row.id,
            entity: row.entity,
            event_type: row.event_type.parse().map_err(damaged)?,
            data: row.data,
            metadata: metadata.unwrap_or_default(),
            cause: row.cause,
            depth: row.depth,
            origin,
        }),
    })
}

/// A row of `models`, but for its entity.
pub(super) struct ModelRow {
    pub(super) model: Option<Vec<u8>>,
    pub(super) version: i64,
    pub(super) folded: i64,
    pub(super) emitted: i64,
    pub(super) last: Option<EventId>,
    /// The newest of those who made it: activation, and from which position on.
    pub(super) newest: (i64, i64),
    pub(super) older: Option<String>,
    pub(super) parked: Option<String>,
    pub(super) events: i64,
}

pub(super) fn row(row: ModelRow) -> Result<Row> {
    let mut made_by: Vec<Segment> = row.older.map(|text| from_json(&text)).transpose()?.unwrap_or_default();
    let (activation, since) = row.newest;
    // Numbers of activations begin at 1: 0 stands where nobody made anything of the row yet.
    if activation > 0 {
        made_by.push(Segment { activation: number(activation)?, from: number(since)? });
    }
    let parked: Option<Parked> = row.parked.map(|text| from_json(&text)).transpose()?;
    Ok(Row {
        model: row.model.map(Arc::from),
        version: Version(number(row.version)?),
        folded: Position(number(row.folded)?),
        emitted: Position(number(row.emitted)?),
        last: row.last,
        events: number(row.events)?,
        made_by,
        parked,
    })
}

/// Who made a row, as its table keeps it: the newest segment, and the older ones as JSON, if there are any.
pub(super) fn made_by(made_by: &[Segment]) -> Result<((i64, i64), Option<String>)> {
    let (newest, older) = made_by.split_last().unzip();
    let older = older.filter(|older: &&[_]| !older.is_empty()).map(|older| to_json(&older)).transpose()?;
    let newest = newest.map_or((0, 0), |segment| (signed(segment.activation), signed(segment.from)));
    Ok((newest, older))
}

/// The metadata of an event as its table keeps it: JSON, if there is any.
pub(super) fn metadata(fact: &Fact) -> Result<Option<String>> {
    if fact.metadata.is_empty() { Ok(None) } else { Ok(Some(to_json(&fact.metadata)?)) }
}

pub(super) fn hash(bytes: &[u8]) -> Result<ModuleHash> {
    let bytes = bytes.try_into().map_err(|_| damaged(format!("a hash of {} bytes", bytes.len())))?;
    Ok(ModuleHash::from_stored(bytes))
}

pub(super) fn number(stored: i64) -> Result<u64> {
    u64::try_from(stored).map_err(|_| damaged(format!("the count {stored}")))
}

/// A count as databases keep it. Counts that do not fit cannot be reached.
pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(super) fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(damaged)
}

pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(damaged)
}

#[expect(clippy::needless_pass_by_value, reason = "so that it can be given to map_err")]
pub(super) fn damaged(what: impl ToString) -> StoreError {
    StoreError::Damaged(what.to_string())
}
