//! Captures of failed reductions: written where a row parks, deleted where it does so no more.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use crate::store::{CaptureWrite, Reduction, Result, judge::RowWrite};

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
            CaptureWrite::Put(capture) => put(store, connection, reduction, capture).await?,
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
async fn put(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    reduction: &Reduction,
    capture: &[u8],
) -> Result<()> {
    sqlx::query("INSERT OR REPLACE INTO captures VALUES (?, ?, ?)")
        .bind(store.names.domain(&reduction.key))
        .bind(entity_key(reduction.entity))
        .bind(capture.to_vec())
        .execute(connection)
        .await?;
    Ok(())
}
