//! All that a file holds, as of one moment, part by part.

use std::ops::ControlFlow::{self, Break, Continue};

use sqlx::SqliteConnection;

use crate::{
    store::{
        Catalogue, FileRecord, Part, Result, StoredRow, TakePart,
        rows::{event, event_columns, hash, model_columns},
    },
    words::{DomainKey, Epoch},
};

use super::{
    SqliteStore, captures,
    read::catalogue_in,
    rows::{self, EventRow, ModelRow, entity_key, event_row},
};

/// Events read at once, ...
const EVENTS: u32 = 256;
/// ... and rows, whose models may be larger.
const ROWS: u32 = 64;
const READ_EVENTS: &str =
    concat!("SELECT ", event_columns!(), " FROM events WHERE position > ? ORDER BY position LIMIT ?");
const READ_ROWS: &str = concat!(
    "SELECT ",
    model_columns!(),
    " FROM models WHERE domain = ? AND entity >= ? ORDER BY entity LIMIT ?"
);

pub(super) async fn export(store: &SqliteStore, take: &mut TakePart<'_>) -> Result<()> {
    let mut transaction = store.readers.begin().await?;
    let epoch: String = sqlx::query_scalar("SELECT epoch FROM counters").fetch_one(&mut *transaction).await?;
    let known = catalogue_in(store, &mut transaction).await?;
    let keys: Vec<DomainKey> = known.marks.iter().map(|mark| mark.key.clone()).collect();
    let mut exporter = Exporter { store, connection: &mut transaction, take };
    if exporter.names(Epoch(epoch.into()), known).await?.is_continue()
        && exporter.events().await?.is_continue()
    {
        for key in keys {
            if exporter.rows(key).await?.is_break() {
                break;
            }
        }
    }
    Ok(())
}

struct Exporter<'a, 'b> {
    store: &'a SqliteStore,
    /// In the one transaction that reads.
    connection: &'a mut SqliteConnection,
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
            let bytes: Vec<u8> = sqlx::query_scalar("SELECT bytes FROM modules WHERE hash = ?")
                .bind(name.clone())
                .fetch_one(&mut *self.connection)
                .await?;
            if (self.take)(Part::Module(hash(&name)?, bytes.into())).is_break() {
                return Ok(Break(()));
            }
        }
        let mut parts: Vec<Part> = known.marks.into_iter().map(Part::Domain).collect();
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
        let mut after = 0;
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
        let mut from = Vec::new();
        loop {
            let found: Vec<ModelRow> = sqlx::query_as(READ_ROWS)
                .bind(domain)
                .bind(from.clone())
                .bind(ROWS)
                .fetch_all(&mut *self.connection)
                .await?;
            let Some((last, ..)) = found.last() else { return Ok(Continue(())) };
            let mut captures = captures::read(&mut *self.connection, domain, &from, last).await?;
            // With a zero behind it, it is the least that is greater.
            from = [last.as_slice(), &[0]].concat();
            for row in found {
                let (entity, row) = rows::row(row)?;
                let capture = captures.remove(&entity_key(entity));
                let stored = StoredRow { key: key.clone(), entity, row, capture };
                if (self.take)(Part::Row(Box::new(stored))).is_break() {
                    return Ok(Break(()));
                }
            }
        }
    }
}
