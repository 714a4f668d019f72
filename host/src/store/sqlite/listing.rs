//! What a domain has, by entity, page by page.

use sqlx::{QueryBuilder, Sqlite};

use crate::{
    store::{
        Page, Result, Which,
        queries::{PARKED, fitting},
        rows::{MODEL_COLUMNS, from_json},
    },
    words::{DomainKey, EntityId, Parked, Row},
};

use super::{
    SqliteStore,
    rows::{self, ModelRow, optional_entity},
};

pub(super) async fn rows_page(
    store: &SqliteStore,
    key: &DomainKey,
    which: Which,
    after: Option<EntityId>,
    limit: u32,
) -> Result<Page<(Option<EntityId>, Row)>> {
    let condition = which.condition();
    // A length is known without the model being read.
    let mut sizes = select(store, key, "coalesce(length(model), 0), entity", condition, after);
    let sizes: Vec<(i64, Vec<u8>)> =
        limited(&mut sizes, limit).build_query_as().fetch_all(&store.readers).await?;
    let (fitting, more) = fitting(&sizes, limit);
    let Some((_, last)) = fitting.last() else { return Ok(Page { entries: Vec::new(), next: None }) };
    // Not by their number: what has come since would push others out.
    let mut found = select(store, key, MODEL_COLUMNS, condition, after);
    found.push(" AND entity <= ").push_bind(last.clone());
    let found: Vec<ModelRow> = limited(&mut found, limit).build_query_as().fetch_all(&store.readers).await?;
    let entries = found.into_iter().map(rows::row).collect::<Result<Vec<_>>>()?;
    let last = if more { optional_entity(last)? } else { None };
    Ok(Page::of(entries, limit, last))
}

pub(super) async fn keys(
    store: &SqliteStore,
    key: &DomainKey,
    after: Option<EntityId>,
    limit: u32,
) -> Result<Vec<EntityId>> {
    let mut found = select(store, key, "entity", Which::WithModel.condition(), after);
    let found: Vec<Vec<u8>> =
        limited(&mut found, limit).build_query_scalar().fetch_all(&store.readers).await?;
    found.iter().filter_map(|entity| optional_entity(entity).transpose()).collect()
}

pub(super) async fn parked(
    store: &SqliteStore,
    key: &DomainKey,
    after: Option<EntityId>,
    limit: u32,
) -> Result<Vec<(Option<EntityId>, Parked)>> {
    let mut found = select(store, key, "entity, parked", PARKED, after);
    let found: Vec<(Vec<u8>, String)> =
        limited(&mut found, limit).build_query_as().fetch_all(&store.readers).await?;
    found.iter().map(|(entity, parked)| Ok((optional_entity(entity)?, from_json(parked)?))).collect()
}

/// Some columns of the rows of a domain that meet a condition.
fn select(
    store: &SqliteStore,
    key: &DomainKey,
    columns: &'static str,
    condition: &'static str,
    after: Option<EntityId>,
) -> QueryBuilder<Sqlite> {
    let mut text = QueryBuilder::new("SELECT ");
    text.push(columns).push(" FROM models WHERE domain = ").push_bind(store.names.domain(key));
    if let Some(after) = after {
        text.push(" AND entity > ").push_bind(after.as_bytes().to_vec());
    }
    text.push(condition);
    text
}

fn limited(text: &mut QueryBuilder<Sqlite>, limit: u32) -> &mut QueryBuilder<Sqlite> {
    text.push(" ORDER BY entity LIMIT ").push_bind(i64::from(limit))
}
