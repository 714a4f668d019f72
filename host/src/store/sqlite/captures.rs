//! Captures of failed reductions: written where a row parks, deleted where it does so no more.

use std::collections::BTreeMap;

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

/// The capture of a row, if there is one.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    domain: Option<i64>,
    entity: Option<EntityId>,
) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar("SELECT capture FROM captures WHERE domain = ? AND entity = ?")
        .bind(domain)
        .bind(entity_key(entity))
        .fetch_optional(connection)
        .await?)
}
