//! Filling a database from an export, a step in each transaction.

use std::sync::Arc;

use sqlx::{Connection, PgConnection};

use crate::{
    store::{
        Activation, CaptureWrite, Import, ImportOutcome, Imported, Mark, ModelWrite, Part, Reduction, Result,
        SnapshotWrite, StoredRow,
        judge::RowWrite,
        rows::{number, signed, to_json},
    },
    words::{Epoch, Event, LeaseEpoch, Position, Version},
};

use super::{
    PostgresStore,
    activate::{ensure_context, ensure_domain, write_file},
    names, settings,
    types::Micros,
    write::{Piece, statement},
};

const LOCK: &str = "SELECT position + version + activation = 0 AND NOT EXISTS (SELECT FROM contexts) \
     FROM counters FOR UPDATE";
const NOTE: &str = "INSERT INTO imports VALUES (true, $1, $2) \
     ON CONFLICT (one) DO UPDATE SET lines = excluded.lines, sha256 = excluded.sha256";

pub(super) async fn import(store: &PostgresStore, step: &Import) -> Result<ImportOutcome> {
    let mut connection = settings::connect(&store.options).await?;
    let mut transaction = connection.begin().await?;
    let is_empty: bool = sqlx::query_scalar(LOCK).fetch_one(&mut *transaction).await?;
    let there = progress(&mut transaction).await?;
    match step {
        Import::More { since, now, parts } => {
            if there != *since {
                return Ok(ImportOutcome::Elsewhere);
            }
            if since.is_none() && !is_empty {
                return Ok(ImportOutcome::NotEmpty);
            }
            write(store, &mut transaction, parts).await?;
            let note = sqlx::query(NOTE).bind(signed(now.lines)).bind(now.sha256.clone());
            note.execute(&mut *transaction).await?;
        }
        Import::Done { since, epoch } => {
            if there.as_ref() != Some(since) {
                return Ok(ImportOutcome::Elsewhere);
            }
            if let Some(epoch) = epoch {
                name(&mut transaction, epoch).await?;
            }
            sqlx::query("DELETE FROM imports").execute(&mut *transaction).await?;
        }
    }
    sqlx::query("UPDATE counters SET commits = commits + 1").execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(ImportOutcome::Taken)
}

/// How far an import has got that has not ended.
pub(super) async fn progress(connection: &mut PgConnection) -> Result<Option<Imported>> {
    let found: Option<(i64, String)> =
        sqlx::query_as("SELECT lines, sha256 FROM imports").fetch_optional(connection).await?;
    found.map(|(lines, sha256)| Ok(Imported { lines: number(lines)?, sha256 })).transpose()
}

async fn name(connection: &mut PgConnection, epoch: &Epoch) -> Result<()> {
    let name = sqlx::query("UPDATE counters SET epoch = $1").bind(epoch.0.to_string());
    name.execute(connection).await?;
    Ok(())
}

/// Events and rows go by many; whatever they name stands before them.
async fn write(store: &PostgresStore, connection: &mut PgConnection, parts: &[Part]) -> Result<()> {
    let (mut events, mut rows) = (Vec::new(), Vec::new());
    for part in parts {
        match part {
            Part::Event(event) => events.push(Arc::clone(event)),
            Part::Row(row) => rows.push(reduction(row)),
            other => write_name(connection, other).await?,
        }
    }
    names::read(&store.names, connection).await?;
    // What one commit wrote was recorded at one time, and a statement writes no other.
    for recorded in events.chunk_by(|one, next| one.recorded_at == next.recorded_at) {
        statement(store, &Piece::of_events(recorded), None)?.execute(connection).await?;
    }
    count_events(connection, &events).await?;
    let rows: Vec<RowWrite<'_>> = rows.iter().map(|(reduction, version)| row(reduction, *version)).collect();
    if !rows.is_empty() {
        statement(store, &Piece::of_rows(&rows), None)?.execute(connection).await?;
    }
    Ok(())
}

/// What would have led to a row at once.
fn reduction(stored: &StoredRow) -> (Reduction, Version) {
    let StoredRow { key, entity, row, capture } = stored;
    let reduction = Reduction {
        key: key.clone(),
        entity: *entity,
        activation: row.activation(),
        leases: LeaseEpoch::default(),
        seen: (Version(0), Position(0)),
        model: row.model.clone().map_or(ModelWrite::Delete, ModelWrite::Put),
        folded: row.folded,
        emitted: row.emitted,
        last: row.last,
        events: row.events,
        made_by: row.made_by.clone(),
        parked: row.parked.clone(),
        capture: capture.clone().map_or(CaptureWrite::Keep, |capture| CaptureWrite::Put(capture.into())),
        snapshots: SnapshotWrite::default(),
        emissions: Vec::new(),
    };
    (reduction, row.version)
}

fn row(reduction: &Reduction, version: Version) -> RowWrite<'_> {
    let Reduction { model, capture, .. } = reduction;
    let snapshots = std::borrow::Cow::Borrowed(&reduction.snapshots);
    RowWrite { reduction, model, capture, snapshots, version }
}

async fn count_events(connection: &mut PgConnection, events: &[Arc<Event>]) -> Result<()> {
    let Some(newest) = events.last() else { return Ok(()) };
    sqlx::query("UPDATE counters SET position = $1, recorded_at = $2")
        .bind(signed(newest.position.0))
        .bind(Micros(newest.recorded_at))
        .execute(connection)
        .await?;
    Ok(())
}

/// What there is little of.
async fn write_name(connection: &mut PgConnection, part: &Part) -> Result<()> {
    match part {
        Part::Head { epoch, head } => {
            name(connection, epoch).await?;
            let count = sqlx::query("UPDATE counters SET version = $1").bind(signed(head.version.0));
            count.execute(connection).await?;
        }
        Part::Context(context) => drop(ensure_context(connection, context).await?),
        Part::Module(hash, bytes) => {
            let module = sqlx::query("INSERT INTO modules VALUES ($1, $2)").bind(hash.as_bytes().to_vec());
            module.bind(bytes.to_vec()).execute(connection).await?;
        }
        Part::Domain(Mark { key, position, settled, .. }) => {
            let domain = ensure_domain(connection, key, *position).await?;
            let settle = sqlx::query("UPDATE domains SET settled = $1 WHERE id = $2").bind(signed(settled.0));
            settle.bind(domain).execute(connection).await?;
        }
        Part::Activation(activation) => write_activation(connection, activation).await?,
        Part::File(file) => {
            let domain = ensure_domain(connection, &file.key, Position(0)).await?;
            write_file(connection, domain, file).await?;
        }
        Part::Event(_) | Part::Row(_) => {}
    }
    Ok(())
}

async fn write_activation(connection: &mut PgConnection, activation: &Activation) -> Result<()> {
    let Activation { number, key, module, head, at } = activation;
    // Its domain stands before it, with its own mark.
    let domain = ensure_domain(connection, key, Position(0)).await?;
    sqlx::query("INSERT INTO activations VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(signed(number.0))
        .bind(domain)
        .bind(module.as_ref().map(|(hash, _)| hash.as_bytes().to_vec()))
        .bind(module.as_ref().map(|(_, descriptor)| to_json(descriptor)).transpose()?)
        .bind(signed(head.0))
        .bind(Micros(*at))
        .execute(&mut *connection)
        .await?;
    let in_force = sqlx::query("UPDATE domains SET activation = $1 WHERE id = $2").bind(signed(number.0));
    in_force.bind(domain).execute(&mut *connection).await?;
    let count = sqlx::query("UPDATE counters SET activation = $1").bind(signed(number.0));
    count.execute(connection).await?;
    Ok(())
}
