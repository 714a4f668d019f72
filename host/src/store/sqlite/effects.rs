//! What events led to: found by their ids, without an index of causes.

use crate::{
    store::{
        EffectsQuery, Result,
        rows::{event, event_columns},
    },
    words::Event,
};

use super::{
    SqliteStore,
    rows::{EventRow, event_row},
};

/// In the index by id a stretch of ids lies side by side.
const FIND: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM events WHERE context = ? AND id > ? AND id <= ? AND cause IS NOT NULL ORDER BY id LIMIT ?"
);

pub(super) async fn effects(store: &SqliteStore, query: &EffectsQuery) -> Result<Vec<Event>> {
    let found: Vec<EventRow> = sqlx::query_as(FIND)
        .bind(store.names.context(&query.context))
        .bind(query.after.as_sorted_bytes().to_vec())
        .bind(query.up_to.as_sorted_bytes().to_vec())
        .bind(i64::from(query.limit))
        .fetch_all(&store.readers)
        .await?;
    found.into_iter().map(|row| event(&store.names, event_row(row)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn they_are_found_by_the_index_of_ids() {
        let store = SqliteStore::open(":memory:", "a test").await.unwrap();
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {FIND}")))
                .fetch_all(&store.readers)
                .await
                .unwrap();
        let [(_, _, _, step)] = plan.as_slice() else { panic!("{plan:?}") };
        assert_eq!(step, "SEARCH events USING INDEX events_by_id (context=? AND id>? AND id<?)");
    }
}
