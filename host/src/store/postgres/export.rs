//! All that a database holds, as of one moment, part by part.

use std::{
    collections::HashMap,
    ops::ControlFlow::{self, Break, Continue},
};

use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::{
    store::{
        Catalogue, FileRecord, Part, Result, StoredRow, TakePart,
        rows::{event, event_columns, hash, model_columns},
    },
    words::{DomainKey, Epoch, LeaseEpoch},
};

use super::{
    PostgresStore,
    read::{AT_ONE_MOMENT, catalogue_in},
    types::{self, EventRow, ModelRow, entity_key, event_row},
};

/// Events read at once, ...
const EVENTS: i64 = 256;
/// ... and rows, whose models may be larger.
const ROWS: i64 = 64;
const READ_EVENTS: &str =
    concat!("SELECT ", event_columns!(), " FROM events WHERE position > $1 ORDER BY position LIMIT $2");
const READ_ROWS: &str = concat!(
    "SELECT ",
    model_columns!(),
    " FROM models WHERE domain = $1 AND entity >= $2 ORDER BY entity LIMIT $3"
);
const READ_CAPTURES: &str =
    "SELECT entity, capture FROM captures WHERE domain = $1 AND entity BETWEEN $2 AND $3";
/// Until an import is done, the epoch in force is not the imported one.
const EPOCH: &str = "SELECT coalesce((SELECT epoch FROM imports), epoch) FROM counters";
/// Whoever takes the parts may do so slowly.
const PATIENT: &str = "SET LOCAL idle_in_transaction_session_timeout = 0";

pub(super) async fn export(store: &PostgresStore, take: &mut TakePart<'_>) -> Result<()> {
    store.history.check()?;
    let mut connection = store.readers.acquire().await?;
    let mut moment = connection.begin_with(AT_ONE_MOMENT).await?;
    sqlx::raw_sql(PATIENT).execute(&mut *moment).await?;
    let epoch: String = sqlx::query_scalar(EPOCH).fetch_one(&mut *moment).await?;
    let known = catalogue_in(store, &mut moment).await?;
    let keys: Vec<DomainKey> = known.marks.iter().map(|mark| mark.key.clone()).collect();
    let mut exporter = Exporter { store, connection: &mut moment, take };
    if exporter.names(Epoch(epoch.into()), known).await?.is_continue()
        && exporter.events().await?.is_continue()
    {
        for key in keys {
            if exporter.rows(key).await?.is_break() {
                break;
            }
        }
    }
    Ok(moment.rollback().await?)
}

struct Exporter<'a, 'b> {
    store: &'a PostgresStore,
    /// In the one transaction that reads.
    connection: &'a mut PgConnection,
    take: &'a mut TakePart<'b>,
}

impl Exporter<'_, '_> {
    /// What there is little of.
    async fn names(&mut self, epoch: Epoch, known: Catalogue) -> Result<ControlFlow<()>> {
        let mut parts = vec![Part::Head { epoch, head: known.head }];
        parts.extend(known.contexts.into_iter().map(Part::Context));
        if parts.into_iter().try_for_each(&mut *self.take).is_break() {
            return Ok(Break(()));
        }
        let hashes: Vec<Vec<u8>> = sqlx::query_scalar("SELECT hash FROM modules ORDER BY hash")
            .fetch_all(&mut *self.connection)
            .await?;
        for name in hashes {
            let bytes: Vec<u8> = sqlx::query_scalar("SELECT bytes FROM modules WHERE hash = $1")
                .bind(name.clone())
                .fetch_one(&mut *self.connection)
                .await?;
            if (self.take)(Part::Module(hash(&name)?, bytes.into())).is_break() {
                return Ok(Break(()));
            }
        }
        let mut parts = Vec::new();
        for mut mark in known.marks {
            mark.leases = LeaseEpoch::default();
            parts.push(Part::Domain(mark));
        }
        parts.extend(known.activations.into_iter().map(Part::Activation));
        parts.extend(self.files().await?.into_iter().map(Part::File));
        Ok(parts.into_iter().try_for_each(&mut *self.take))
    }

    async fn files(&mut self) -> Result<Vec<FileRecord>> {
        let found: Vec<(String, i64, Option<Vec<u8>>)> =
            sqlx::query_as("SELECT node, domain, hash FROM files").fetch_all(&mut *self.connection).await?;
        let file = |(node, domain, bytes): (String, i64, Option<Vec<u8>>)| {
            let hash = bytes.as_deref().map(hash).transpose()?;
            Ok(FileRecord { node, key: self.store.names.domain_key(domain)?, hash })
        };
        let mut files = found.into_iter().map(file).collect::<Result<Vec<_>>>()?;
        files.sort_unstable_by(|one, other| (&one.node, &one.key).cmp(&(&other.node, &other.key)));
        Ok(files)
    }

    async fn events(&mut self) -> Result<ControlFlow<()>> {
        let mut after = 0_i64;
        loop {
            let found: Vec<EventRow> =
                sqlx::query_as(READ_EVENTS).bind(after).bind(EVENTS).fetch_all(&mut *self.connection).await?;
            let Some((last, ..)) = found.last() else { return Ok(Continue(())) };
            after = *last;
            for row in found {
                let event = event(&self.store.names, event_row(row)?)?;
                if (self.take)(Part::Event(event.into())).is_break() {
                    return Ok(Break(()));
                }
            }
        }
    }

    async fn rows(&mut self, key: DomainKey) -> Result<ControlFlow<()>> {
        let domain = self.store.names.domain(&key);
        let mut from = Uuid::nil();
        loop {
            let found: Vec<ModelRow> = sqlx::query_as(READ_ROWS)
                .bind(domain)
                .bind(from)
                .bind(ROWS)
                .fetch_all(&mut *self.connection)
                .await?;
            let Some((last, ..)) = found.last() else { return Ok(Continue(())) };
            let captures: Vec<(Uuid, Vec<u8>)> = sqlx::query_as(READ_CAPTURES)
                .bind(domain)
                .bind(from)
                .bind(*last)
                .fetch_all(&mut *self.connection)
                .await?;
            let mut captures: HashMap<_, _> = captures.into_iter().collect();
            from = Uuid::from_u128(last.as_u128().saturating_add(1));
            for row in found {
                let (entity, row) = types::row(row)?;
                let capture = captures.remove(&entity_key(entity));
                let stored = StoredRow { key: key.clone(), entity, row, capture };
                if (self.take)(Part::Row(Box::new(stored))).is_break() {
                    return Ok(Break(()));
                }
            }
        }
    }
}
