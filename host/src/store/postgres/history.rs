//! The events of entities.

use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use crate::{
    store::{
        HistoriesQuery, HistoryCursor, HistoryQuery, Result,
        rows::{EVENT_COLUMNS, event, number, signed},
    },
    words::{ContextName, EntityId, Event},
};

use super::{
    PostgresStore,
    read::events,
    types::{self, EventRow, event_row, kept, uuid},
};

/// Of an event that is too large, neither data nor metadata. By entity in the order asked for, each by id.
const HISTORIES: &str = "SELECT found.* FROM unnest($2) WITH ORDINALITY AS asked (entity, n) \
     CROSS JOIN LATERAL (SELECT position, context, id, entity, type, \
         CASE WHEN octet_length(data) + coalesce(octet_length(metadata), 0) > $4 THEN '' ELSE data END AS data, \
         CASE WHEN octet_length(data) + coalesce(octet_length(metadata), 0) > $4 THEN NULL ELSE metadata END \
             AS metadata, \
         recorded_at, cause, depth, origin, origin_entity, \
         octet_length(data) + coalesce(octet_length(metadata), 0) > $4 AS large \
         FROM events WHERE context = $1 AND entity = asked.entity ORDER BY id LIMIT $3) AS found \
     ORDER BY n LIMIT $3";
/// One look at the index for each entity, however many events it has.
const ENTITIES: &str = "WITH RECURSIVE found (entity) AS ( \
     (SELECT entity FROM events WHERE context = $1 AND ($2::uuid IS NULL OR entity > $2) ORDER BY entity LIMIT 1) \
     UNION ALL \
     SELECT (SELECT entity FROM events WHERE context = $1 AND entity > found.entity ORDER BY entity LIMIT 1) \
     FROM found WHERE found.entity IS NOT NULL) \
     SELECT entity FROM found WHERE entity IS NOT NULL LIMIT $3";
const COUNT_ENTITIES: &str =
    "SELECT count(*) FROM (SELECT DISTINCT entity FROM events WHERE context = $1) AS entities";
const COUNT_OUTSIDE: &str =
    "SELECT count(*) FROM events WHERE context = $1 AND entity = $2 AND origin IS NULL";

pub(super) async fn history(store: &PostgresStore, query: &HistoryQuery) -> Result<Vec<Event>> {
    let Some(context) = store.context(&query.context).await? else { return Ok(Vec::new()) };
    let mut text = QueryBuilder::<Postgres>::new("SELECT ");
    text.push(EVENT_COLUMNS).push(" FROM events WHERE context = ").push_bind(context);
    text.push(" AND entity = ").push_bind(uuid(query.entity));
    if let Some(up_to) = query.up_to {
        text.push(" AND position <= ").push_bind(signed(up_to.0));
    }
    let order = match query.after {
        HistoryCursor::Id(None) => "id",
        HistoryCursor::Id(Some(after)) => {
            text.push(" AND id > ").push_bind(kept(after));
            "id"
        }
        HistoryCursor::Position(after) => {
            text.push(" AND position > ").push_bind(signed(after.0));
            // Not by the index of positions: the events of one entity lie far apart there.
            "position + 0"
        }
    };
    text.push(" ORDER BY ").push(order).push(" LIMIT ").push_bind(i64::from(query.limit));
    events(store, text.build_query_as().fetch_all(&store.readers).await?).await
}

/// A row of [`HISTORIES`], as far as it is no row of events.
type Found = (EventRow, bool);

pub(super) async fn histories(
    store: &PostgresStore,
    query: &HistoriesQuery,
) -> Result<Vec<Option<Vec<Event>>>> {
    let Some(context) = store.context(&query.context).await? else { return Ok(query.answer([])) };
    let entities: Vec<Uuid> = query.entities.iter().copied().map(uuid).collect();
    let rows = sqlx::query(HISTORIES)
        .bind(context)
        .bind(entities)
        .bind(i64::from(query.limit) + 1)
        .bind(i64::from(query.event_bytes))
        .fetch_all(&store.readers)
        .await?;
    let found = rows.iter().map(types::event_and_flag).collect::<sqlx::Result<Vec<Found>>>()?;
    let domains = found.iter().filter_map(|(row, _)| row.10);
    store.name([context], domains).await?;
    let mut events = Vec::with_capacity(found.len());
    for (row, is_large) in found {
        let row = event_row(row)?;
        let entity = row.entity;
        events.push((entity, if is_large { None } else { Some(event(&store.names, row)?) }));
    }
    Ok(query.answer(events))
}

pub(super) async fn count_outside(
    store: &PostgresStore,
    context: &ContextName,
    entity: EntityId,
) -> Result<u64> {
    let Some(context) = store.context(context).await? else { return Ok(0) };
    let count: i64 =
        sqlx::query_scalar(COUNT_OUTSIDE).bind(context).bind(uuid(entity)).fetch_one(&store.readers).await?;
    number(count)
}

pub(super) async fn entities(
    store: &PostgresStore,
    context: &ContextName,
    after: Option<EntityId>,
    limit: u32,
) -> Result<Vec<EntityId>> {
    let Some(context) = store.context(context).await? else { return Ok(Vec::new()) };
    let found: Vec<Uuid> = sqlx::query_scalar(ENTITIES)
        .bind(context)
        .bind(after.map(uuid))
        .bind(i64::from(limit))
        .fetch_all(&store.readers)
        .await?;
    Ok(found.into_iter().map(types::entity).collect())
}

pub(super) async fn count_entities(store: &PostgresStore, context: &ContextName) -> Result<u64> {
    let Some(context) = store.context(context).await? else { return Ok(0) };
    let count: i64 = sqlx::query_scalar(COUNT_ENTITIES).bind(context).fetch_one(&store.readers).await?;
    number(count)
}
