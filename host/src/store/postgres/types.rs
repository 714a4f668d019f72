//! How values are told to Postgres and read back: times, ids, whole rows.

use sqlx::{
    Decode, Encode, FromRow as _, Postgres, Row as _, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgHasArrayType, PgRow, PgTypeInfo, PgValueRef, types::Oid},
};
use uuid::Uuid;

use crate::{
    store::{
        Result,
        rows::{self as shared, damaged},
    },
    words::{EntityId, EventId, Row},
};

/// `timestamptz`, whose number is part of the protocol.
const TIMESTAMPTZ: Oid = Oid(1184);
/// The same of a list of them.
const TIMESTAMPTZ_ARRAY: Oid = Oid(1185);
/// Where Postgres counts from, 2000-01-01, in microseconds since the Unix epoch.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;
/// The first time that Postgres has, in 4714 BC, as it counts; what lies further back are its infinities.
const FIRST: i64 = -211_813_488_000_000_000;
/// Behind the last one, in 294277.
const END: i64 = 9_223_371_331_200_000_000;

/// Microseconds since the Unix epoch, kept as `timestamptz`: exactly, and without a library for dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Micros(pub(super) i64);

impl Type<Postgres> for Micros {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(TIMESTAMPTZ)
    }

    fn compatible(ty: &PgTypeInfo) -> bool {
        ty.oid() == Some(TIMESTAMPTZ)
    }
}

impl PgHasArrayType for Micros {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(TIMESTAMPTZ_ARRAY)
    }
}

impl Encode<'_, Postgres> for Micros {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> std::result::Result<IsNull, BoxDynError> {
        let counted = self.0.checked_sub(POSTGRES_EPOCH).filter(|counted| (FIRST..END).contains(counted));
        let counted = counted.ok_or("a time that Postgres cannot keep")?;
        buffer.extend_from_slice(&counted.to_be_bytes());
        Ok(IsNull::No)
    }
}

impl Decode<'_, Postgres> for Micros {
    fn decode(value: PgValueRef<'_>) -> std::result::Result<Self, BoxDynError> {
        let counted = i64::from_be_bytes(value.as_bytes()?.try_into()?);
        let micros = counted.checked_add(POSTGRES_EPOCH).filter(|_| (FIRST..END).contains(&counted));
        Ok(Self(micros.ok_or("an infinite time")?))
    }
}

/// An event's id as it is kept: in the order of events.
pub(super) fn kept(id: EventId) -> Uuid {
    Uuid::from_bytes(*id.as_sorted_bytes())
}

pub(super) fn event_id(kept: Uuid) -> EventId {
    EventId::from_sorted_bytes(kept.into_bytes())
}

pub(super) fn uuid(entity: EntityId) -> Uuid {
    Uuid::from_bytes(*entity.as_bytes())
}

pub(super) fn entity(kept: Uuid) -> EntityId {
    EntityId::from_stored(kept.into_bytes())
}

/// The entity of a model as its table names it: nil under `whole-context`, which no entity is called.
pub(super) fn entity_key(entity: Option<EntityId>) -> Uuid {
    entity.map_or(Uuid::nil(), uuid)
}

pub(super) fn optional_entity(kept: Uuid) -> Option<EntityId> {
    (!kept.is_nil()).then(|| entity(kept))
}

/// A row of `events`.
pub(super) type EventRow = (
    i64,
    i64,
    Uuid,
    Uuid,
    String,
    Vec<u8>,
    Option<String>,
    Micros,
    Option<Uuid>,
    i32,
    Option<i64>,
    Option<Uuid>,
);

pub(super) fn event_row(row: EventRow) -> Result<shared::EventRow> {
    let (position, context, id, of, event_type, data, metadata, recorded_at, cause, depth, origin, model) =
        row;
    Ok(shared::EventRow {
        position,
        context,
        id: event_id(id),
        entity: entity(of),
        event_type,
        data,
        metadata,
        recorded_at: recorded_at.0,
        cause: cause.map(event_id),
        depth: u32::try_from(depth).map_err(damaged)?,
        origin: origin.map(|domain| (domain, model.and_then(optional_entity))),
    })
}

/// A row of `events`, and behind it a flag.
pub(super) fn event_and_flag(row: &PgRow) -> sqlx::Result<(EventRow, bool)> {
    Ok((EventRow::from_row(row)?, row.try_get(12)?))
}

/// A row of `models`.
pub(super) type ModelRow =
    (Uuid, Option<Vec<u8>>, i64, i64, i64, Option<Uuid>, i64, i64, Option<String>, Option<String>, i64);

pub(super) fn row(row: ModelRow) -> Result<(Option<EntityId>, Row)> {
    let (entity, model, version, folded, emitted, last, activation, since, older, parked, events) = row;
    let (last, newest) = (last.map(event_id), (activation, since));
    let row = shared::ModelRow { model, version, folded, emitted, last, newest, older, parked, events };
    Ok((optional_entity(entity), shared::row(row)?))
}
