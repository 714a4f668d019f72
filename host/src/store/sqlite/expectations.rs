//! How many events from outside entities have.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use crate::{
    store::{Group, Result, judge::Known},
    words::{ContextName, EntityId},
};

use super::{
    SqliteStore,
    rows::{bytes16, number},
    statements::Statement,
};

static COUNT: Statement = Statement::new(
    "SELECT entity, count(*) FROM events WHERE context = ? AND entity IN (",
    "?",
    ") AND origin IS NULL GROUP BY entity",
);

/// Of the entities that a group's requests expect something of. Where none does, nothing is executed.
pub(super) async fn known(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    group: &Group,
    known: &mut Known,
) -> Result<()> {
    let mut expecting: BTreeMap<&ContextName, Vec<EntityId>> = BTreeMap::new();
    for append in &group.appends {
        if let Some((entity, _)) = append.expecting() {
            expecting.entry(&append.context).or_default().push(entity);
        }
    }
    for (context, mut entities) in expecting {
        let Some(number_of_context) = store.names.context(context) else { continue };
        entities.sort_unstable();
        entities.dedup();
        for (text, entities) in COUNT.cut(&entities) {
            let mut query = sqlx::query_as(text).bind(number_of_context);
            for entity in entities {
                query = query.bind(entity.as_bytes().to_vec());
            }
            let found: Vec<(Vec<u8>, i64)> = query.fetch_all(&mut *connection).await?;
            for (entity, count) in found {
                let entity = EntityId::from_stored(bytes16(&entity)?);
                known.outside.insert((context.clone(), entity), number(count)?);
            }
        }
    }
    Ok(())
}

/// Of one entity.
pub(super) async fn count(store: &SqliteStore, context: &ContextName, entity: EntityId) -> Result<u64> {
    let text = "SELECT count(*) FROM events WHERE context = ? AND entity = ? AND origin IS NULL";
    let count: i64 = sqlx::query_scalar(text)
        .bind(store.names.context(context))
        .bind(entity.as_bytes().to_vec())
        .fetch_one(&store.readers)
        .await?;
    number(count)
}
