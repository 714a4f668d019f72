//! What the writer knows of the file without asking it. One host holds a file, so what is in memory stays
//! true until a transaction ends otherwise than it should; then it is read again.

use std::collections::HashMap;

use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::{
    store::{
        Group, Head, Result,
        ids::Ids,
        judge::Known,
        memory::{Memory, Unknown},
        rows::{event, event_columns, number, signed},
    },
    words::{ActivationNumber, Event, Position, Version},
};

use super::{
    SqliteStore,
    by_entity::{Key, Place},
    expectations,
    rows::{self, bytes16, entity_key},
    statements::Statement,
};

static FIND_EVENTS: Statement = Statement::new(
    concat!("SELECT ", event_columns!(), " FROM events WHERE context = ? AND id IN ("),
    "?",
    ")",
);
static FIND_ROWS: Statement =
    Statement::new("SELECT entity, version, folded FROM models WHERE domain = ? AND entity IN (", "?", ")");

/// Reads it from the file, and with it what the index by entity lacks.
pub(super) async fn load(store: &SqliteStore, connection: &mut SqliteConnection) -> Result<Memory> {
    let counters = "SELECT position, version, recorded_at, indexed FROM counters";
    let (position, version, recorded_at, indexed): (i64, i64, i64, i64) =
        sqlx::query_as(counters).fetch_one(&mut *connection).await?;
    let mut activations = HashMap::new();
    let in_force: Vec<(i64, i64)> =
        sqlx::query_as("SELECT id, activation FROM domains").fetch_all(&mut *connection).await?;
    for (domain, activation) in in_force {
        activations.insert(store.names.domain_key(domain)?, ActivationNumber(number(activation)?));
    }
    let greatest = "SELECT id, (SELECT max(id) FROM events WHERE context = contexts.id) FROM contexts";
    let greatest: Vec<(i64, Option<Vec<u8>>)> = sqlx::query_as(greatest).fetch_all(&mut *connection).await?;
    let mut ids = Vec::new();
    for (context, id) in greatest {
        ids.extend(id.map(|id| rows::event_id(&id)).transpose()?.map(|id| (context, id)));
    }
    let indexed = Position(number(indexed)?);
    store.by_entity.begin(indexed, unindexed(connection, indexed).await?);
    let head = Head { position: Position(number(position)?), version: Version(number(version)?) };
    Ok(Memory::new((head, recorded_at), activations, Ids::of(ids)))
}

/// All that must be known to judge a group. The file is asked only for what may be there.
pub(super) async fn known(
    memory: &mut Memory,
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    group: &Group,
) -> Result<Known> {
    let (mut known, unknown) = memory.known(&store.names, group);
    find_events(store, connection, &unknown, &mut known).await?;
    find_rows(store, connection, &unknown, &mut known).await?;
    expectations::known(store, connection, &unknown, &mut known).await?;
    Ok(known)
}

async fn find_events(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    unknown: &Unknown<'_>,
    known: &mut Known,
) -> Result<()> {
    for (context, ids) in &unknown.events {
        for (text, ids) in FIND_EVENTS.cut(ids) {
            let mut query = sqlx::query_as(text).bind(store.names.context(context));
            for id in ids {
                query = query.bind(id.as_sorted_bytes().to_vec());
            }
            let found: Vec<rows::EventRow> = query.fetch_all(&mut *connection).await?;
            for row in found {
                let Event { position, fact, .. } = event(&store.names, rows::event_row(row)?)?;
                known.events.insert(((*context).clone(), fact.id), (position, fact));
            }
        }
    }
    Ok(())
}

async fn find_rows(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    unknown: &Unknown<'_>,
    known: &mut Known,
) -> Result<()> {
    for (key, entities) in &unknown.rows {
        let Some(domain) = store.names.domain(key) else { continue };
        for (text, entities) in FIND_ROWS.cut(entities) {
            let mut query = sqlx::query_as(text).bind(domain);
            for entity in entities {
                query = query.bind(entity_key(*entity));
            }
            let found: Vec<(Vec<u8>, i64, i64)> = query.fetch_all(&mut *connection).await?;
            for (entity, version, folded) in found {
                let state = (Version(number(version)?), Position(number(folded)?));
                known.rows.insert(((*key).clone(), rows::optional_entity(&entity)?), state);
            }
        }
    }
    Ok(())
}

/// A row of `events`, as far as the index by entity needs it.
type Unindexed = (i64, Vec<u8>, Vec<u8>, i64, bool);

/// The events that the index by entity may lack.
async fn unindexed(connection: &mut SqliteConnection, indexed: Position) -> Result<Vec<(Key, Place)>> {
    let text = "SELECT context, entity, id, position, origin IS NOT NULL FROM events WHERE position > ?";
    let found: Vec<Unindexed> =
        sqlx::query_as(AssertSqlSafe(text)).bind(signed(indexed.0)).fetch_all(connection).await?;
    let entry = |(context, entity, id, position, emitted): Unindexed| {
        let key = (context, bytes16(&entity)?, bytes16(&id)?);
        Ok((key, Place { position: Position(number(position)?), emitted }))
    };
    found.into_iter().map(entry).collect()
}
