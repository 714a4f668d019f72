//! Filling a database from an export, a step in each transaction.

use std::{borrow::Cow, sync::Arc};

use sqlx::{Connection, PgConnection};

use crate::{
    store::{
        Activation, CaptureWrite, Head, Import, ImportOutcome, Imported, Mark, ModelWrite, Part, Reduction,
        Result, SnapshotWrite, StoredRow,
        judge::RowWrite,
        rows::{damaged, number, signed, to_json},
    },
    words::{DomainKey, Epoch, Event, LeaseEpoch, Version},
};

use super::{
    PostgresStore,
    activate::{ensure_context, ensure_domain, write_file},
    names,
    pieces::{Piece, cut, event_bytes, row_bytes},
    trouble::in_time,
    types::Micros,
    write::{Start, statement},
};

const LOCK: &str = "SELECT commits FROM counters FOR UPDATE";
const IS_EMPTY: &str =
    "SELECT position + version + activation = 0 AND NOT EXISTS (SELECT 1 FROM contexts) FROM counters";
const IS_IN_USE: &str = "SELECT EXISTS (SELECT 1 FROM hosts WHERE expires > now())";
const NOTE: &str = "INSERT INTO imports (one, lines, sha256, epoch) VALUES (true, $1, $2, $3) \
     ON CONFLICT (one) DO UPDATE SET lines = excluded.lines, sha256 = excluded.sha256, \
     epoch = coalesce(excluded.epoch, imports.epoch)";
const NAME_HISTORY: &str =
    "UPDATE counters SET epoch = coalesce($1, (SELECT epoch FROM imports), epoch), commits = commits + 1";

pub(super) async fn import(store: &PostgresStore, step: &Import) -> Result<ImportOutcome> {
    let mut drawer = store.desk().await?;
    let mut connection = drawer.take_connection(store).await?;
    drawer.remembered = None;
    let outcome = take(store, &mut connection, step).await?;
    // Where it failed, the connection goes, and with it what it began. Had it come to pass all the same, the next
    // attempt finds it done.
    drawer.put_back(connection);
    Ok(outcome)
}

/// How far an import has got that has not ended.
pub(super) async fn progress(connection: &mut PgConnection) -> Result<Option<Imported>> {
    let found: Option<(i64, String)> =
        sqlx::query_as("SELECT lines, sha256 FROM imports").fetch_optional(connection).await?;
    found.map(|(lines, sha256)| Ok(Imported { lines: number(lines)?, sha256 })).transpose()
}

async fn take(store: &PostgresStore, connection: &mut PgConnection, step: &Import) -> Result<ImportOutcome> {
    let mut transaction = in_time(connection.begin()).await?;
    in_time(sqlx::query(LOCK).execute(&mut *transaction)).await?;
    let there = in_time(progress(&mut transaction)).await?;
    let outcome = match step {
        Import::More { since, now, parts } => {
            if there != *since {
                ImportOutcome::Elsewhere
            } else if since.is_none() && !look(&mut transaction, IS_EMPTY).await? {
                ImportOutcome::NotEmpty
            } else if since.is_none() && look(&mut transaction, IS_IN_USE).await? {
                ImportOutcome::InUse
            } else {
                write(store, &mut transaction, parts).await?;
                note(&mut transaction, now, parts).await?;
                ImportOutcome::Taken
            }
        }
        Import::Done { since, .. } if there.as_ref() != Some(since) => ImportOutcome::Elsewhere,
        Import::Done { epoch, .. } => {
            let epoch = epoch.as_ref().map(|Epoch(name)| name.to_string());
            in_time(sqlx::query(NAME_HISTORY).bind(epoch).execute(&mut *transaction)).await?;
            in_time(sqlx::query("DELETE FROM imports").execute(&mut *transaction)).await?;
            ImportOutcome::Taken
        }
    };
    match outcome {
        ImportOutcome::Taken => in_time(transaction.commit()).await?,
        _ => in_time(transaction.rollback()).await?,
    }
    Ok(outcome)
}

async fn look(connection: &mut PgConnection, question: &'static str) -> Result<bool> {
    Ok(in_time(sqlx::query_scalar(question).fetch_one(connection)).await?)
}

async fn note(connection: &mut PgConnection, now: &Imported, parts: &[Part]) -> Result<()> {
    let epoch = parts.iter().find_map(|part| match part {
        Part::Head { epoch, .. } => Some(epoch.0.to_string()),
        _ => None,
    });
    let noting = sqlx::query(NOTE).bind(signed(now.lines)).bind(now.sha256.clone()).bind(epoch);
    in_time(noting.execute(connection)).await?;
    Ok(())
}

/// Events and rows go by many; whatever they name stands before them.
async fn write(store: &PostgresStore, connection: &mut PgConnection, parts: &[Part]) -> Result<()> {
    let (mut events, mut reductions) = (Vec::new(), Vec::new());
    let mut has_names = false;
    for part in parts {
        match part {
            Part::Event(event) => events.push(Arc::clone(event)),
            Part::Row(row) => reductions.push((reduction_of(row), row.row.version)),
            other => {
                in_time(write_name(store, &mut *connection, other)).await?;
                has_names = true;
            }
        }
    }
    if has_names {
        in_time(names::read(&store.names, &mut *connection)).await?;
    }
    write_events(store, &mut *connection, &events).await?;
    let none = SnapshotWrite::default();
    let rows: Vec<_> = reductions
        .iter()
        .map(|(reduction, version)| RowWrite {
            reduction,
            model: &reduction.model,
            capture: &reduction.capture,
            snapshots: Cow::Borrowed(&none),
            version: *version,
            seen: Default::default(),
        })
        .collect();
    for range in cut(&rows, row_bytes) {
        let piece = Piece { rows: &rows[range], ..Piece::default() };
        let statement = statement(store, &piece, Head::default(), Start::Given)?;
        in_time(statement.execute(&mut *connection)).await?;
    }
    Ok(())
}

async fn write_events(
    store: &PostgresStore,
    connection: &mut PgConnection,
    events: &[Arc<Event>],
) -> Result<()> {
    let Some(newest) = events.last() else { return Ok(()) };
    for range in cut(events, event_bytes) {
        let piece = Piece { events: &events[range], ..Piece::default() };
        let statement = statement(store, &piece, Head::default(), Start::Given)?;
        in_time(statement.execute(&mut *connection)).await?;
    }
    let counting = sqlx::query("UPDATE counters SET position = $1, recorded_at = $2, commits = commits + 1")
        .bind(signed(newest.position.0))
        .bind(Micros(newest.recorded_at));
    in_time(counting.execute(connection)).await?;
    Ok(())
}

/// The reduction that would have left this row.
fn reduction_of(stored: &StoredRow) -> Reduction {
    let StoredRow { key, entity, row, capture } = stored;
    Reduction {
        key: key.clone(),
        entity: *entity,
        activation: row.activation(),
        leases: LeaseEpoch::default(),
        seen: (Version(0), row.folded),
        model: row.model.clone().map_or(ModelWrite::Delete, ModelWrite::Put),
        folded: row.folded,
        emitted: row.emitted,
        last: row.last,
        events: row.events,
        made_by: row.made_by.clone(),
        parked: row.parked.clone(),
        capture: capture.as_deref().map_or(CaptureWrite::Keep, |json| CaptureWrite::Put(json.into())),
        snapshots: SnapshotWrite::default(),
        emissions: Vec::new(),
    }
}

/// What there is little of.
async fn write_name(store: &PostgresStore, connection: &mut PgConnection, part: &Part) -> Result<()> {
    match part {
        Part::Head { head, .. } => {
            let counting = sqlx::query("UPDATE counters SET version = $1, commits = commits + 1");
            counting.bind(signed(head.version.0)).execute(connection).await?;
        }
        Part::Context(name) => drop(ensure_context(connection, name).await?),
        Part::Module(hash, bytes) => {
            sqlx::query("INSERT INTO modules VALUES ($1, $2)")
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

fn number_of(store: &PostgresStore, key: &DomainKey) -> Result<i64> {
    let number = store.names.domain(key);
    number.ok_or_else(|| damaged(format!("domain {key} is not in the store")))
}

async fn write_domain(store: &PostgresStore, connection: &mut PgConnection, mark: &Mark) -> Result<()> {
    let domain = ensure_domain(&mut *connection, &mark.key, mark.position).await?;
    store.names.add_domain(&mark.key, domain);
    sqlx::query("UPDATE domains SET settled = $1 WHERE id = $2")
        .bind(signed(mark.settled.0))
        .bind(domain)
        .execute(connection)
        .await?;
    Ok(())
}

async fn write_activation(
    store: &PostgresStore,
    connection: &mut PgConnection,
    activation: &Activation,
) -> Result<()> {
    let domain = number_of(store, &activation.key)?;
    let number = signed(activation.number.0);
    sqlx::query("INSERT INTO activations VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(number)
        .bind(domain)
        .bind(activation.module.as_ref().map(|(hash, _)| hash.as_bytes().to_vec()))
        .bind(activation.module.as_ref().map(|(_, descriptor)| to_json(descriptor)).transpose()?)
        .bind(signed(activation.head.0))
        .bind(Micros(activation.at))
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE domains SET activation = $1 WHERE id = $2")
        .bind(number)
        .bind(domain)
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE counters SET activation = $1, commits = commits + 1")
        .bind(number)
        .execute(connection)
        .await?;
    Ok(())
}
