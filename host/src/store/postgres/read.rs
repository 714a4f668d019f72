//! Everything that only reads, but for histories and snapshots.

use std::collections::HashMap;

use sqlx::{Connection, PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::{
    store::{
        Catalogue, EffectsQuery, FileRecord, LogQuery, Result, RowCounts,
        catalogue::CatalogueRows,
        queries::last_before,
        rows::{EVENT_COLUMNS, event as to_event, event_columns, hash, model_columns, number, signed},
    },
    words::{
        ActivationNumber, ContextName, DomainKey, EntityId, Event, EventId, ModuleHash, Position, Row,
        TypePattern,
    },
};

use super::{
    PostgresStore, import, names,
    types::{self, EventRow, Micros, ModelRow, entity_key, event_row, kept},
};

const FIND_EVENT: &str = concat!("SELECT ", event_columns!(), " FROM events WHERE context = $1 AND id = $2");
const FIND_EFFECTS: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM events WHERE context = $1 AND id > $2 AND id <= $3 AND cause IS NOT NULL ORDER BY id LIMIT $4"
);
const FIND_ROWS: &str =
    concat!("SELECT ", model_columns!(), " FROM models WHERE domain = $1 AND entity = ANY($2)");
/// What is read together must be of one moment.
pub(super) const AT_ONE_MOMENT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A row of `activations`.
type StampedRow = (i64, i64, Option<Vec<u8>>, Option<String>, i64, Micros);

pub(super) async fn catalogue(store: &PostgresStore) -> Result<Catalogue> {
    let mut connection = store.readers.acquire().await?;
    let mut moment = connection.begin_with(AT_ONE_MOMENT).await?;
    let known = catalogue_in(store, &mut moment).await?;
    moment.commit().await?;
    Ok(known)
}

/// The same as of a transaction that has begun.
pub(super) async fn catalogue_in(store: &PostgresStore, moment: &mut PgConnection) -> Result<Catalogue> {
    let (position, version, leases): (i64, i64, i64) =
        sqlx::query_as("SELECT position, version, leases FROM counters").fetch_one(&mut *moment).await?;
    names::read(&store.names, &mut *moment).await?;
    let contexts: Vec<String> = sqlx::query_scalar("SELECT name FROM contexts ORDER BY name COLLATE \"C\"")
        .fetch_all(&mut *moment)
        .await?;
    let activations: Vec<StampedRow> = sqlx::query_as(
        "SELECT number, domain, module, descriptor, head, at FROM activations ORDER BY number",
    )
    .fetch_all(&mut *moment)
    .await?;
    let marks: Vec<(i64, i64, i64)> =
        sqlx::query_as("SELECT id, position, settled FROM domains").fetch_all(&mut *moment).await?;
    let import = import::progress(moment).await?;
    let micros = |(number, domain, module, descriptor, head, Micros(at)): StampedRow| {
        (number, domain, module, descriptor, head, at)
    };
    let activations = activations.into_iter().map(micros).collect();
    let rows = CatalogueRows { counted: (position, version), leases, contexts, activations, marks, import };
    rows.catalogue(&store.names)
}

pub(super) async fn files(store: &PostgresStore, node: &str) -> Result<Vec<FileRecord>> {
    let files: Vec<(i64, Option<Vec<u8>>)> = sqlx::query_as("SELECT domain, hash FROM files WHERE node = $1")
        .bind(node.to_owned())
        .fetch_all(&store.readers)
        .await?;
    store.name([], files.iter().map(|(domain, _)| *domain)).await?;
    let file = |(domain, bytes): (i64, Option<Vec<u8>>)| -> Result<FileRecord> {
        let hash = bytes.as_deref().map(hash).transpose()?;
        Ok(FileRecord { node: node.to_owned(), key: store.names.domain_key(domain)?, hash })
    };
    files.into_iter().map(file).collect()
}

pub(super) async fn module(store: &PostgresStore, hash: &ModuleHash) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar("SELECT bytes FROM modules WHERE hash = $1")
        .bind(hash.as_bytes().to_vec())
        .fetch_optional(&store.readers)
        .await?)
}

/// Rows as events. Other hosts may have named contexts and domains.
pub(super) async fn events(store: &PostgresStore, rows: Vec<EventRow>) -> Result<Vec<Event>> {
    let rows = rows.into_iter().map(event_row).collect::<Result<Vec<_>>>()?;
    let domains = rows.iter().filter_map(|row| row.origin.map(|(domain, _)| domain));
    store.name(rows.iter().map(|row| row.context), domains).await?;
    rows.into_iter().map(|row| to_event(&store.names, row)).collect()
}

pub(super) async fn event(
    store: &PostgresStore,
    context: &ContextName,
    id: EventId,
) -> Result<Option<Event>> {
    let Some(context) = store.context(context).await? else { return Ok(None) };
    let found: Option<EventRow> =
        sqlx::query_as(FIND_EVENT).bind(context).bind(kept(id)).fetch_optional(&store.readers).await?;
    Ok(events(store, found.into_iter().collect()).await?.pop())
}

pub(super) async fn effects(store: &PostgresStore, query: &EffectsQuery) -> Result<Vec<Event>> {
    let Some(context) = store.context(&query.context).await? else { return Ok(Vec::new()) };
    let found: Vec<EventRow> = sqlx::query_as(FIND_EFFECTS)
        .bind(context)
        .bind(kept(query.after))
        .bind(kept(query.up_to))
        .bind(i64::from(query.limit))
        .fetch_all(&store.readers)
        .await?;
    events(store, found).await
}

pub(super) async fn log(store: &PostgresStore, query: &LogQuery) -> Result<Vec<Event>> {
    let mut after = query.after;
    if let Some(since) = query.since {
        after = after.max(recorded_before(store, since).await?);
    }
    let mut text = QueryBuilder::<Postgres>::new("SELECT ");
    text.push(EVENT_COLUMNS).push(" FROM events WHERE position > ").push_bind(signed(after.0));
    if let Some(context) = &query.context {
        let Some(context) = store.context(context).await? else { return Ok(Vec::new()) };
        text.push(" AND context = ").push_bind(context);
    }
    if let Some(up_to) = query.up_to {
        text.push(" AND position <= ").push_bind(signed(up_to.0));
    }
    if !query.types.is_empty() {
        let mut types = text.push(" AND (").separated(" OR ");
        for pattern in &query.types {
            match pattern {
                TypePattern::Exactly(name) => types.push("type = ").push_bind_unseparated(name.to_string()),
                TypePattern::StartsWith(start) => {
                    let types = types.push("starts_with(type, ").push_bind_unseparated(start.to_string());
                    types.push_unseparated(")")
                }
            };
        }
        text.push(")");
    }
    text.push(" ORDER BY position LIMIT ").push_bind(i64::from(query.limit));
    events(store, text.build_query_as().fetch_all(&store.readers).await?).await
}

/// The newest position that was recorded before a time.
async fn recorded_before(store: &PostgresStore, since: i64) -> Result<Position> {
    let newest: i64 = sqlx::query_scalar("SELECT position FROM counters").fetch_one(&store.readers).await?;
    let recorded_at = move |position: i64| async move {
        let at = "SELECT recorded_at FROM events WHERE position = $1";
        let at: Micros = sqlx::query_scalar(at).bind(position).fetch_one(&store.readers).await?;
        Ok(at.0)
    };
    Ok(Position(number(last_before(newest, since, recorded_at).await?)?))
}

pub(super) async fn emissions(
    store: &PostgresStore,
    key: &DomainKey,
    entity: Option<EntityId>,
    after: Option<EventId>,
) -> Result<Vec<Event>> {
    let Some(domain) = store.domain(key).await? else { return Ok(Vec::new()) };
    let mut text = QueryBuilder::<Postgres>::new("SELECT ");
    text.push(EVENT_COLUMNS).push(" FROM events WHERE origin = ").push_bind(domain);
    text.push(" AND origin_entity = ").push_bind(entity_key(entity));
    if let Some(after) = after {
        text.push(" AND cause > ").push_bind(kept(after));
    }
    text.push(" ORDER BY position");
    events(store, text.build_query_as().fetch_all(&store.readers).await?).await
}

pub(super) async fn rows(
    store: &PostgresStore,
    key: &DomainKey,
    entities: &[Option<EntityId>],
) -> Result<Vec<Option<Row>>> {
    let Some(domain) = store.domain(key).await? else { return Ok(vec![None; entities.len()]) };
    let keys: Vec<Uuid> = entities.iter().copied().map(entity_key).collect();
    let rows: Vec<ModelRow> =
        sqlx::query_as(FIND_ROWS).bind(domain).bind(keys).fetch_all(&store.readers).await?;
    let found: HashMap<_, _> = rows.into_iter().map(types::row).collect::<Result<_>>()?;
    // An entity may be asked for more than once.
    Ok(entities.iter().map(|entity| found.get(entity).cloned()).collect())
}

pub(super) async fn capture(
    store: &PostgresStore,
    key: &DomainKey,
    entity: Option<EntityId>,
) -> Result<Option<Vec<u8>>> {
    let Some(domain) = store.domain(key).await? else { return Ok(None) };
    Ok(sqlx::query_scalar("SELECT capture FROM captures WHERE domain = $1 AND entity = $2")
        .bind(domain)
        .bind(entity_key(entity))
        .fetch_optional(&store.readers)
        .await?)
}

pub(super) async fn count_rows(
    store: &PostgresStore,
    key: &DomainKey,
    activation: ActivationNumber,
) -> Result<RowCounts> {
    let Some(domain) = store.domain(key).await? else { return Ok(RowCounts::default()) };
    let text = "SELECT count(*), count(*) FILTER (WHERE activation = $1), count(model), count(parked) \
                FROM models WHERE domain = $2";
    let (all, reduced, models, parked): (i64, i64, i64, i64) =
        sqlx::query_as(text).bind(signed(activation.0)).bind(domain).fetch_one(&store.readers).await?;
    Ok(RowCounts {
        all: number(all)?,
        reduced: number(reduced)?,
        models: number(models)?,
        parked: number(parked)?,
    })
}
