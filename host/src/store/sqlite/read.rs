//! Everything that only reads.

use sqlx::{AssertSqlSafe, QueryBuilder, Sqlite, SqliteConnection};

use crate::{
    store::{
        Catalogue, FileRecord, LogQuery, Result, RowCounts,
        catalogue::{ActivationRow, CatalogueRows},
        queries::last_before,
        rows::{EVENT_COLUMNS, event as to_event, hash, model_columns, number, signed},
    },
    words::{
        ActivationNumber, ContextName, DomainKey, EntityId, Event, EventId, ModuleHash, Position, Row,
        TypePattern,
    },
};

use super::{
    SqliteStore, import,
    rows::{self, EventRow, ModelRow, entity_key, event_row},
    statements::Statement,
};

static FIND_ROWS: Statement = Statement::new(
    concat!("SELECT ", model_columns!(), " FROM models WHERE domain = ? AND entity IN ("),
    "?",
    ")",
);

pub(super) async fn catalogue(store: &SqliteStore) -> Result<Catalogue> {
    let mut transaction = store.readers.begin().await?;
    catalogue_in(store, &mut transaction).await
}

/// The same as of a transaction that has begun.
pub(super) async fn catalogue_in(
    store: &SqliteStore,
    transaction: &mut SqliteConnection,
) -> Result<Catalogue> {
    let (position, version): (i64, i64) =
        sqlx::query_as("SELECT position, version FROM counters").fetch_one(&mut *transaction).await?;
    let contexts: Vec<String> =
        sqlx::query_scalar("SELECT name FROM contexts ORDER BY name").fetch_all(&mut *transaction).await?;
    let activations: Vec<ActivationRow> = sqlx::query_as(
        "SELECT number, domain, module, descriptor, head, at FROM activations ORDER BY number",
    )
    .fetch_all(&mut *transaction)
    .await?;
    let marks: Vec<(i64, i64, i64)> =
        sqlx::query_as("SELECT id, position, settled FROM domains").fetch_all(&mut *transaction).await?;
    let import = import::progress(transaction).await?;
    let (counted, leases) = ((position, version), 0);
    CatalogueRows { counted, leases, contexts, activations, marks, import }.catalogue(&store.names)
}

pub(super) async fn files(store: &SqliteStore, node: &str) -> Result<Vec<FileRecord>> {
    let files: Vec<(i64, Option<Vec<u8>>)> = sqlx::query_as("SELECT domain, hash FROM files WHERE node = ?")
        .bind(node.to_owned())
        .fetch_all(&store.readers)
        .await?;
    let file = |(domain, bytes): (i64, Option<Vec<u8>>)| -> Result<FileRecord> {
        let hash = bytes.as_deref().map(hash).transpose()?;
        Ok(FileRecord { node: node.to_owned(), key: store.names.domain_key(domain)?, hash })
    };
    files.into_iter().map(file).collect()
}

pub(super) async fn module(store: &SqliteStore, hash: &ModuleHash) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar("SELECT bytes FROM modules WHERE hash = ?")
        .bind(hash.as_bytes().to_vec())
        .fetch_optional(&store.readers)
        .await?)
}

pub(super) async fn event(store: &SqliteStore, context: &ContextName, id: EventId) -> Result<Option<Event>> {
    let text = format!("SELECT {EVENT_COLUMNS} FROM events WHERE context = ? AND id = ?");
    let row: Option<EventRow> = sqlx::query_as(AssertSqlSafe(text))
        .bind(store.names.context(context))
        .bind(id.as_sorted_bytes().to_vec())
        .fetch_optional(&store.readers)
        .await?;
    row.map(|row| to_event(&store.names, event_row(row)?)).transpose()
}

pub(super) async fn log(store: &SqliteStore, query: &LogQuery) -> Result<Vec<Event>> {
    let mut after = query.after;
    if let Some(since) = query.since {
        after = after.max(recorded_before(store, since).await?);
    }
    let mut text = QueryBuilder::<Sqlite>::new("SELECT ");
    text.push(EVENT_COLUMNS).push(" FROM events WHERE position > ").push_bind(signed(after.0));
    if let Some(context) = &query.context {
        text.push(" AND context = ").push_bind(store.names.context(context));
    }
    if let Some(up_to) = query.up_to {
        text.push(" AND position <= ").push_bind(signed(up_to.0));
    }
    if !query.types.is_empty() {
        let mut types = text.push(" AND (").separated(" OR ");
        for pattern in &query.types {
            // Names hold nothing that GLOB takes for more than itself.
            match pattern {
                TypePattern::Exactly(name) => types.push("type = ").push_bind_unseparated(name.to_string()),
                TypePattern::StartsWith(_) => {
                    types.push("type GLOB ").push_bind_unseparated(pattern.to_string())
                }
            };
        }
        text.push(")");
    }
    text.push(" ORDER BY position LIMIT ").push_bind(i64::from(query.limit));
    fetch_events(store, text).await
}

/// The newest position that was recorded before a time.
async fn recorded_before(store: &SqliteStore, since: i64) -> Result<Position> {
    let newest: i64 = sqlx::query_scalar("SELECT position FROM counters").fetch_one(&store.readers).await?;
    let recorded_at = move |position: i64| async move {
        let at = "SELECT recorded_at FROM events WHERE position = ?";
        Ok(sqlx::query_scalar(at).bind(position).fetch_one(&store.readers).await?)
    };
    Ok(Position(number(last_before(newest, since, recorded_at).await?)?))
}

pub(super) async fn emissions(
    store: &SqliteStore,
    key: &DomainKey,
    entity: Option<EntityId>,
    after: Option<EventId>,
) -> Result<Vec<Event>> {
    let mut text = QueryBuilder::<Sqlite>::new("SELECT ");
    text.push(EVENT_COLUMNS).push(" FROM events WHERE origin = ").push_bind(store.names.domain(key));
    text.push(" AND origin_entity = ").push_bind(entity_key(entity));
    if let Some(after) = after {
        text.push(" AND cause > ").push_bind(after.as_sorted_bytes().to_vec());
    }
    text.push(" ORDER BY position");
    fetch_events(store, text).await
}

pub(super) async fn fetch_events(store: &SqliteStore, mut text: QueryBuilder<Sqlite>) -> Result<Vec<Event>> {
    let found: Vec<EventRow> = text.build_query_as().fetch_all(&store.readers).await?;
    found.into_iter().map(|row| to_event(&store.names, event_row(row)?)).collect()
}

pub(super) async fn rows(
    store: &SqliteStore,
    key: &DomainKey,
    entities: &[Option<EntityId>],
) -> Result<Vec<Option<Row>>> {
    let Some(domain) = store.names.domain(key) else { return Ok(vec![None; entities.len()]) };
    let mut found = std::collections::HashMap::with_capacity(entities.len());
    for (text, entities) in FIND_ROWS.cut(entities) {
        let mut query = sqlx::query_as(text).bind(domain);
        for entity in entities {
            query = query.bind(entity_key(*entity));
        }
        let rows: Vec<ModelRow> = query.fetch_all(&store.readers).await?;
        for row in rows {
            let (entity, row) = rows::row(row)?;
            found.insert(entity, row);
        }
    }
    // An entity may be asked for more than once.
    Ok(entities.iter().map(|entity| found.get(entity).cloned()).collect())
}

pub(super) async fn capture(
    store: &SqliteStore,
    key: &DomainKey,
    entity: Option<EntityId>,
) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar("SELECT capture FROM captures WHERE domain = ? AND entity = ?")
        .bind(store.names.domain(key))
        .bind(entity_key(entity))
        .fetch_optional(&store.readers)
        .await?)
}

pub(super) async fn count_rows(
    store: &SqliteStore,
    key: &DomainKey,
    activation: ActivationNumber,
) -> Result<RowCounts> {
    let text = "SELECT count(*), count(*) FILTER (WHERE activation = ?), count(model), count(parked) FROM models WHERE domain = ?";
    let (all, reduced, models, parked): (i64, i64, i64, i64) = sqlx::query_as(text)
        .bind(signed(activation.0))
        .bind(store.names.domain(key))
        .fetch_one(&store.readers)
        .await?;
    Ok(RowCounts {
        all: number(all)?,
        reduced: number(reduced)?,
        models: number(models)?,
        parked: number(parked)?,
    })
}
