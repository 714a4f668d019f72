//! What a domain has, by entity, page by page.

use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use crate::{
    store::{
        Page, Result, Which,
        queries::{PARKED, fitting},
        rows::{MODEL_COLUMNS, from_json},
    },
    words::{DomainKey, EntityId, Parked, Row},
};

use super::{
    PostgresStore,
    types::{self, ModelRow, optional_entity, uuid},
};

pub(super) async fn rows_page(
    store: &PostgresStore,
    key: &DomainKey,
    which: Which,
    after: Option<EntityId>,
    limit: u32,
) -> Result<Page<(Option<EntityId>, Row)>> {
    let Some(domain) = store.domain(key).await? else { return Ok(Page { entries: Vec::new(), next: None }) };
    let condition = which.condition();
    // A length is known without the model being read.
    let mut sizes = select(domain, "coalesce(octet_length(model), 0)::bigint, entity", condition, after);
    let sizes: Vec<(i64, Uuid)> =
        limited(&mut sizes, limit).build_query_as().fetch_all(&store.readers).await?;
    let (fitting, more) = fitting(&sizes, limit);
    let Some((_, last)) = fitting.last() else { return Ok(Page { entries: Vec::new(), next: None }) };
    // Not by their number: what has come since would push others out.
    let mut found = select(domain, MODEL_COLUMNS, condition, after);
    found.push(" AND entity <= ").push_bind(*last);
    let found: Vec<ModelRow> = limited(&mut found, limit).build_query_as().fetch_all(&store.readers).await?;
    let entries = found.into_iter().map(types::row).collect::<Result<Vec<_>>>()?;
    let last = if more { optional_entity(*last) } else { None };
    Ok(Page::of(entries, limit, last))
}

pub(super) async fn keys(
    store: &PostgresStore,
    key: &DomainKey,
    after: Option<EntityId>,
    limit: u32,
) -> Result<Vec<EntityId>> {
    let Some(domain) = store.domain(key).await? else { return Ok(Vec::new()) };
    let mut found = select(domain, "entity", Which::WithModel.condition(), after);
    let found: Vec<Uuid> = limited(&mut found, limit).build_query_scalar().fetch_all(&store.readers).await?;
    Ok(found.into_iter().filter_map(optional_entity).collect())
}

pub(super) async fn parked(
    store: &PostgresStore,
    key: &DomainKey,
    after: Option<EntityId>,
    limit: u32,
) -> Result<Vec<(Option<EntityId>, Parked)>> {
    let Some(domain) = store.domain(key).await? else { return Ok(Vec::new()) };
    let mut found = select(domain, "entity, parked", PARKED, after);
    let found: Vec<(Uuid, String)> =
        limited(&mut found, limit).build_query_as().fetch_all(&store.readers).await?;
    found.iter().map(|(entity, parked)| Ok((optional_entity(*entity), from_json(parked)?))).collect()
}

/// Some columns of the rows of a domain that meet a condition.
fn select(
    domain: i64,
    columns: &'static str,
    condition: &'static str,
    after: Option<EntityId>,
) -> QueryBuilder<Postgres> {
    let mut text = QueryBuilder::new("SELECT ");
    text.push(columns).push(" FROM models WHERE domain = ").push_bind(domain);
    if let Some(after) = after {
        text.push(" AND entity > ").push_bind(uuid(after));
    }
    text.push(condition);
    text
}

fn limited(text: &mut QueryBuilder<Postgres>, limit: u32) -> &mut QueryBuilder<Postgres> {
    text.push(" ORDER BY entity LIMIT ").push_bind(i64::from(limit))
}
