//! How many events from outside entities have: those in the index, and those that it does not have yet.

use sqlx::SqliteConnection;

use crate::{
    store::{
        Result,
        judge::Known,
        memory::Unknown,
        rows::{number, signed},
    },
    words::{ContextName, EntityId, Position},
};

use super::{SqliteStore, rows::bytes16, statements::Statement};

static COUNT: Statement = Statement::new(
    "SELECT entity, count(*) FROM events_of_entities \
     WHERE context = ? AND position <= ? AND emitted = 0 AND entity IN (",
    "?",
    ") GROUP BY entity",
);

/// Of the entities that a group's requests expect something of. Where none does, nothing is executed. Only
/// the writer asks, so that nothing moves to the index meanwhile.
pub(super) async fn known(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    unknown: &Unknown<'_>,
    known: &mut Known,
) -> Result<()> {
    for (context, entities) in &unknown.outside {
        let Some(in_store) = store.names.context(context) else { continue };
        let mut indexed = Position(0);
        for entity in entities {
            let (in_memory, up_to) = store.by_entity.count_outside(in_store, *entity);
            known.outside.insert(((*context).clone(), *entity), in_memory);
            indexed = up_to;
        }
        for (entity, count) in in_index(&mut *connection, in_store, entities, indexed).await? {
            *known.outside.entry(((*context).clone(), entity)).or_default() += count;
        }
    }
    Ok(())
}

/// Of one entity.
pub(super) async fn count(store: &SqliteStore, context: &ContextName, entity: EntityId) -> Result<u64> {
    let Some(context) = store.names.context(context) else { return Ok(0) };
    // Memory first: what leaves it in between is in the index then, behind the position that is asked for.
    let (in_memory, indexed) = store.by_entity.count_outside(context, entity);
    let mut connection = store.readers.acquire().await?;
    let in_index = in_index(&mut connection, context, &[entity], indexed).await?;
    Ok(in_memory + in_index.first().map_or(0, |(_, count)| *count))
}

async fn in_index(
    connection: &mut SqliteConnection,
    context: i64,
    entities: &[EntityId],
    up_to: Position,
) -> Result<Vec<(EntityId, u64)>> {
    let mut counts = Vec::new();
    for (text, entities) in COUNT.cut(entities) {
        let mut query = sqlx::query_as(text).bind(context).bind(signed(up_to.0));
        for entity in entities {
            query = query.bind(entity.as_bytes().to_vec());
        }
        let found: Vec<(Vec<u8>, i64)> = query.fetch_all(&mut *connection).await?;
        for (entity, count) in found {
            counts.push((EntityId::from_stored(bytes16(&entity)?), number(count)?));
        }
    }
    Ok(counts)
}
