//! The events of entities: from the index, and from memory what the index does not have yet.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, QueryBuilder, Sqlite};

use crate::{
    store::{
        HistoryCursor, HistoryQuery, Result,
        rows::{EVENT_COLUMNS, event, event_columns, number, signed},
    },
    words::{ContextName, EntityId, Event, Position},
};

use super::{
    SqliteStore,
    read::fetch_events,
    rows::{EventRow, bytes16, event_row},
    statements::Statement,
};

static FIND_EVENTS: Statement =
    Statement::new(concat!("SELECT ", event_columns!(), " FROM events WHERE position IN ("), "?", ")");
static FIND_ENTITIES: Statement = Statement::new(
    "SELECT count(DISTINCT entity) FROM events_of_entities WHERE context = ? AND entity IN (",
    "?",
    ")",
);
/// One look at the index for each entity, however many events it has.
const ENTITIES: &str = "WITH RECURSIVE found (entity) AS ( \
     SELECT (SELECT min(entity) FROM events_of_entities WHERE context = ?1 AND entity > ?2) UNION ALL \
     SELECT (SELECT min(entity) FROM events_of_entities WHERE context = ?1 AND entity > found.entity) \
     FROM found WHERE found.entity IS NOT NULL) \
     SELECT entity FROM found WHERE entity IS NOT NULL LIMIT ?3";

pub(super) async fn history(store: &SqliteStore, query: &HistoryQuery) -> Result<Vec<Event>> {
    let Some(context) = store.names.context(&query.context) else { return Ok(Vec::new()) };
    let up_to = query.up_to.unwrap_or(Position(u64::MAX));
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    // Memory first: what leaves it in between is in the index then, behind the position that is asked for.
    let found = store.by_entity.of_entity((context, query.entity), query.after, up_to, limit);
    let mut events = indexed(store, context, query, up_to.min(found.indexed)).await?;
    if found.positions.is_empty() {
        return Ok(events);
    }
    for (text, positions) in FIND_EVENTS.cut(&found.positions) {
        let mut query = sqlx::query_as(text);
        for position in positions {
            query = query.bind(signed(position.0));
        }
        let found: Vec<EventRow> = query.fetch_all(&store.readers).await?;
        for row in found {
            events.push(event(&store.names, event_row(row)?)?);
        }
    }
    match query.after {
        HistoryCursor::Id(_) => events.sort_unstable_by_key(|event| event.fact.id),
        HistoryCursor::Position(_) => events.sort_unstable_by_key(|event| event.position),
    }
    events.truncate(limit);
    Ok(events)
}

/// The part of a history that the index has.
async fn indexed(
    store: &SqliteStore,
    context: i64,
    query: &HistoryQuery,
    up_to: Position,
) -> Result<Vec<Event>> {
    let mut text = QueryBuilder::<Sqlite>::new("SELECT ");
    text.push(EVENT_COLUMNS);
    text.push(" FROM events WHERE position IN (SELECT position FROM events_of_entities WHERE context = ");
    text.push_bind(context).push(" AND entity = ").push_bind(query.entity.as_bytes().to_vec());
    text.push(" AND position <= ").push_bind(signed(up_to.0));
    let order = match query.after {
        HistoryCursor::Id(after) => {
            let after = after.map(|after| after.as_sorted_bytes().to_vec()).unwrap_or_default();
            text.push(" AND id > ").push_bind(after);
            "id"
        }
        HistoryCursor::Position(after) => {
            text.push(" AND position > ").push_bind(signed(after.0));
            "position"
        }
    };
    text.push(" ORDER BY ").push(order).push(" LIMIT ").push_bind(i64::from(query.limit));
    text.push(") ORDER BY ").push(order);
    fetch_events(store, text).await
}

pub(super) async fn entities(
    store: &SqliteStore,
    context: &ContextName,
    after: Option<EntityId>,
    limit: u32,
) -> Result<Vec<EntityId>> {
    let Some(context) = store.names.context(context) else { return Ok(Vec::new()) };
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut entities: BTreeSet<EntityId> =
        store.by_entity.entities(context, after, most).into_iter().collect();
    let found: Vec<Vec<u8>> = sqlx::query_scalar(AssertSqlSafe(ENTITIES))
        .bind(context)
        .bind(after.map(|after| after.as_bytes().to_vec()).unwrap_or_default())
        .bind(i64::from(limit))
        .fetch_all(&store.readers)
        .await?;
    for entity in &found {
        entities.insert(EntityId::from_stored(bytes16(entity)?));
    }
    Ok(entities.into_iter().take(most).collect())
}

pub(super) async fn count_entities(store: &SqliteStore, context: &ContextName) -> Result<u64> {
    let Some(context) = store.names.context(context) else { return Ok(0) };
    let in_memory = store.by_entity.entities(context, None, usize::MAX);
    // One look at all, so that what moves to the index meanwhile is counted once.
    let mut transaction = store.readers.begin().await?;
    let all = "SELECT count(DISTINCT entity) FROM events_of_entities WHERE context = ?";
    let indexed: i64 = sqlx::query_scalar(all).bind(context).fetch_one(&mut *transaction).await?;
    let mut count = number(indexed)? + in_memory.len() as u64;
    for (text, entities) in FIND_ENTITIES.cut(&in_memory) {
        let mut query = sqlx::query_scalar(text).bind(context);
        for entity in entities {
            query = query.bind(entity.as_bytes().to_vec());
        }
        let twice: i64 = query.fetch_one(&mut *transaction).await?;
        count -= number(twice)?;
    }
    Ok(count)
}
