//! Captures of failed reductions: written where a row parks, deleted where it does so no more.

use std::collections::{BTreeMap, HashMap};

use sqlx::SqliteConnection;

use crate::{
    store::{CaptureWrite, Result, judge::RowWrite},
    words::{DomainKey, EntityId},
};

use super::{SqliteStore, rows::entity_key, statements::Statement};

static DELETE: Statement = Statement::new("DELETE FROM captures WHERE domain = ? AND entity IN (", "?", ")");

/// Brings captures to what becomes of their rows. Where no row parks or is mended, nothing is executed.
pub(super) async fn write(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    writes: &[RowWrite<'_>],
) -> Result<()> {
    let mut gone: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for RowWrite { reduction, capture, .. } in writes {
        match capture {
            CaptureWrite::Keep => {}
            CaptureWrite::Put(capture) => {
                put(store, &mut *connection, &reduction.key, reduction.entity, capture).await?;
            }
            CaptureWrite::Delete => gone.entry(&reduction.key).or_default().push(reduction.entity),
        }
    }
    for (key, entities) in gone {
        for (text, entities) in DELETE.cut(&entities) {
            let mut query = sqlx::query(text).bind(store.names.domain(key));
            for entity in entities {
                query = query.bind(entity_key(*entity));
            }
            query.execute(&mut *connection).await?;
        }
    }
    Ok(())
}

/// Each by itself: together they would be as large as many models, and parking is seldom.
pub(super) async fn put(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    key: &DomainKey,
    entity: Option<EntityId>,
    capture: &[u8],
) -> Result<()> {
    sqlx::query("INSERT OR REPLACE INTO captures VALUES (?, ?, ?)")
        .bind(store.names.domain(key))
        .bind(entity_key(entity))
        .bind(capture.to_vec())
        .execute(connection)
        .await?;
    Ok(())
}

/// The captures of rows from one entity to another, both included.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    domain: Option<i64>,
    from: &[u8],
    to: &[u8],
) -> Result<HashMap<Vec<u8>, Vec<u8>>> {
    let text = "SELECT entity, capture FROM captures WHERE domain = ? AND entity BETWEEN ? AND ?";
    let query = sqlx::query_as(text).bind(domain).bind(from.to_vec()).bind(to.to_vec());
    let found: Vec<(Vec<u8>, Vec<u8>)> = query.fetch_all(connection).await?;
    Ok(found.into_iter().collect())
}
