//! Filling a file from an export, a step in each transaction.

use std::sync::Arc;

use sqlx::{Connection, SqliteConnection};

use crate::{
    store::{
        Activation, Import, ImportOutcome, Imported, Mark, Part, Result, StoredRow,
        rows::{damaged, number, signed, to_json},
    },
    words::{DomainKey, Epoch, Event},
};

use super::{
    SqliteStore,
    activate::{ensure_context, ensure_domain, in_force, write_file},
    bind::Bind,
    captures,
    commit::INSERT_EVENTS,
    desk::Desk,
    statements::Statement,
};

/// No row is written twice.
static INSERT_ROWS: Statement =
    Statement::new("INSERT OR FAIL INTO models VALUES ", "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "");
/// Written all at once and in order, the index takes a fraction of the time that event by event would.
const INDEX: &str = "INSERT INTO events_of_entities \
    SELECT context, entity, id, position, origin IS NOT NULL FROM events ORDER BY context, entity, id";
/// Files and domains have a context.
const IS_EMPTY: &str =
    "SELECT position + version + activation = 0 AND NOT EXISTS (SELECT 1 FROM contexts) FROM counters";

pub(super) async fn import(store: &SqliteStore, step: &Import) -> Result<ImportOutcome> {
    let mut desk = Desk::take(store).await?;
    desk.forget();
    let mut transaction = desk.connection()?.begin_with("BEGIN IMMEDIATE").await?;
    let there = progress(&mut transaction).await?;
    match step {
        Import::More { since, now, parts } => {
            if there != *since {
                return Ok(ImportOutcome::Elsewhere);
            }
            if since.is_none() && !is_empty(&mut transaction).await? {
                return Ok(ImportOutcome::NotEmpty);
            }
            write(store, &mut transaction, parts).await?;
            sqlx::query("INSERT OR REPLACE INTO imports VALUES (1, ?, ?)")
                .bind(signed(now.lines))
                .bind(now.sha256.clone())
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            store.checkpoints.written(parts.len());
        }
        Import::Done { since, epoch } => {
            if there.as_ref() != Some(since) {
                return Ok(ImportOutcome::Elsewhere);
            }
            end(&mut transaction, epoch.as_ref()).await?;
            transaction.commit().await?;
        }
    }
    Ok(ImportOutcome::Taken)
}

/// How far an import has got that has not ended.
pub(super) async fn progress(connection: &mut SqliteConnection) -> Result<Option<Imported>> {
    let found: Option<(i64, String)> =
        sqlx::query_as("SELECT lines, sha256 FROM imports").fetch_optional(connection).await?;
    found.map(|(lines, sha256)| Ok(Imported { lines: number(lines)?, sha256 })).transpose()
}

async fn is_empty(connection: &mut SqliteConnection) -> Result<bool> {
    Ok(sqlx::query_scalar(IS_EMPTY).fetch_one(connection).await?)
}

async fn end(connection: &mut SqliteConnection, epoch: Option<&Epoch>) -> Result<()> {
    sqlx::query(INDEX).execute(&mut *connection).await?;
    if let Some(epoch) = epoch {
        sqlx::query("UPDATE counters SET epoch = ?")
            .bind(epoch.0.to_string())
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query("DELETE FROM imports").execute(connection).await?;
    Ok(())
}

/// Events and rows go by many; whatever they name stands before them.
async fn write(store: &SqliteStore, connection: &mut SqliteConnection, parts: &[Part]) -> Result<()> {
    let (mut events, mut rows) = (Vec::new(), Vec::new());
    for part in parts {
        match part {
            Part::Event(event) => events.push(event),
            Part::Row(row) => rows.push(&**row),
            other => write_name(store, &mut *connection, other).await?,
        }
    }
    insert(store, &mut *connection, &INSERT_EVENTS, &events).await?;
    count_events(&mut *connection, &events).await?;
    insert(store, &mut *connection, &INSERT_ROWS, &rows).await?;
    for StoredRow { key, entity, capture, .. } in rows {
        if let Some(capture) = capture {
            captures::put(store, &mut *connection, key, *entity, capture).await?;
        }
    }
    Ok(())
}

async fn insert<T: Bind>(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    statement: &'static Statement,
    rows: &[T],
) -> Result<()> {
    for (text, rows) in statement.cut(rows) {
        let mut query = sqlx::query(text);
        for row in rows {
            query = row.bind(store, query)?;
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// The index by entity has none of them yet, but nobody looks into it before the import is done. Otherwise
/// whoever opens the file to go on would read all of them first.
async fn count_events(connection: &mut SqliteConnection, events: &[&Arc<Event>]) -> Result<()> {
    let Some(newest) = events.last() else { return Ok(()) };
    sqlx::query("UPDATE counters SET position = ?1, indexed = ?1, recorded_at = ?2")
        .bind(signed(newest.position.0))
        .bind(newest.recorded_at)
        .execute(connection)
        .await?;
    Ok(())
}

/// What there is little of. Should the transaction fail, what is noted of its names here is noted anew when they
/// are written again; until then nobody asks.
async fn write_name(store: &SqliteStore, connection: &mut SqliteConnection, part: &Part) -> Result<()> {
    match part {
        Part::Head { epoch, head } => {
            sqlx::query("UPDATE counters SET epoch = ?, version = ?")
                .bind(epoch.0.to_string())
                .bind(signed(head.version.0))
                .execute(connection)
                .await?;
        }
        Part::Context(name) => store.names.add_context(name, ensure_context(connection, name).await?),
        Part::Module(hash, bytes) => {
            sqlx::query("INSERT INTO modules VALUES (?, ?)")
                .bind(hash.as_bytes().to_vec())
                .bind(bytes.to_vec())
                .execute(connection)
                .await?;
        }
        Part::Domain(mark) => write_domain(store, connection, mark).await?,
        Part::Activation(activation) => write_activation(store, connection, activation).await?,
        Part::File(file) => write_file(connection, number_of(store, &file.key)?, file).await?,
        Part::Event(_) | Part::Row(_) => {}
    }
    Ok(())
}

fn number_of(store: &SqliteStore, key: &DomainKey) -> Result<i64> {
    let number = store.names.domain(key);
    number.ok_or_else(|| damaged(format!("domain {key} is not in the store")))
}

async fn write_domain(store: &SqliteStore, connection: &mut SqliteConnection, mark: &Mark) -> Result<()> {
    let (_, domain) = ensure_domain(&mut *connection, &mark.key, signed(mark.position.0)).await?;
    store.names.add_domain(&mark.key, domain);
    sqlx::query("UPDATE domains SET settled = ? WHERE id = ?")
        .bind(signed(mark.settled.0))
        .bind(domain)
        .execute(connection)
        .await?;
    Ok(())
}

async fn write_activation(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    activation: &Activation,
) -> Result<()> {
    let domain = number_of(store, &activation.key)?;
    sqlx::query("INSERT INTO activations VALUES (?, ?, ?, ?, ?, ?)")
        .bind(signed(activation.number.0))
        .bind(domain)
        .bind(activation.module.as_ref().map(|(hash, _)| hash.as_bytes().to_vec()))
        .bind(activation.module.as_ref().map(|(_, descriptor)| to_json(descriptor)).transpose()?)
        .bind(signed(activation.head.0))
        .bind(activation.at)
        .execute(&mut *connection)
        .await?;
    in_force(connection, domain, signed(activation.number.0)).await
}
