//! The embedded back end: one SQLite file, one host per file; or a store in memory.

mod activate;
pub mod backup;
mod bind;
mod by_entity;
mod captures;
mod checkpoint;
mod commit;
mod desk;
mod effects;
mod expectations;
mod export;
mod histories;
mod history;
mod import;
mod listing;
mod memory;
mod names;
mod open;
mod read;
mod rows;
mod schema;
mod snapshots;
mod statements;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use sqlx::SqlitePool;
use tokio::task::JoinHandle;

use crate::words::{
    ActivationNumber, ContextName, DomainKey, EntityId, Epoch, Event, EventId, ModuleHash, Parked, Row,
    Snapshot,
};

use super::{
    Activation, Catalogue, Committed, EffectsQuery, FileRecord, Group, HistoriesQuery, HistoryQuery, Import,
    ImportOutcome, LogQuery, NewActivation, Page, Result, RowCounts, SnapshotQuery, Store, TakePart, Which,
    names::Names,
};

/// A store in one SQLite file (or in memory).
pub struct SqliteStore {
    in_memory: bool,
    /// One connection, which writes.
    writer: SqlitePool,
    /// Connections that read beside it; in memory, the writer's own.
    readers: SqlitePool,
    epoch: Epoch,
    names: Names,
    /// Who writes takes what lies here.
    drawer: Arc<tokio::sync::Mutex<desk::Drawer>>,
    /// What the index by entity does not have yet.
    by_entity: by_entity::Unindexed,
    checkpoints: Arc<checkpoint::Checkpoints>,
    /// Who copies the WAL; none in memory, or once the store is closed.
    copying: Mutex<Option<JoinHandle<()>>>,
    /// Held as long as the store is open; none in memory.
    lock: Mutex<Option<open::Lock>>,
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens the store at `place`: a file, made if it is missing, or `:memory:`. `holder` is what another
    /// host is told that finds the file taken.
    ///
    /// # Errors
    /// [`StoreError::Open`](super::StoreError::Open) if the file is held by another host, cannot be written, is not a
    /// store, was written by a newer version, or if this SQLite cannot promise durability.
    pub async fn open(place: &str, holder: &str) -> Result<Self> {
        open::open(place, holder).await
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.checkpoints.ended.cancel();
    }
}

#[async_trait]
impl Store for SqliteStore {
    fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    async fn commit(&self, group: &Group) -> Result<Committed> {
        commit::commit(self, group).await
    }

    async fn activate(&self, activation: &NewActivation) -> Result<Activation> {
        activate::activate(self, activation).await
    }

    async fn note_file(&self, file: &FileRecord) -> Result<()> {
        activate::note_file(self, file).await
    }

    async fn name_context(&self, context: &ContextName) -> Result<()> {
        activate::name_context(self, context).await
    }

    async fn catalogue(&self) -> Result<Catalogue> {
        read::catalogue(self).await
    }

    async fn files(&self, node: &str) -> Result<Vec<FileRecord>> {
        read::files(self, node).await
    }

    async fn module(&self, hash: &ModuleHash) -> Result<Option<Vec<u8>>> {
        read::module(self, hash).await
    }

    async fn event(&self, context: &ContextName, id: EventId) -> Result<Option<Event>> {
        read::event(self, context, id).await
    }

    async fn log(&self, query: &LogQuery) -> Result<Vec<Event>> {
        read::log(self, query).await
    }

    async fn history(&self, query: &HistoryQuery) -> Result<Vec<Event>> {
        history::history(self, query).await
    }

    async fn histories(&self, query: &HistoriesQuery) -> Result<Vec<Option<Vec<Event>>>> {
        histories::histories(self, query).await
    }

    async fn count_outside(&self, context: &ContextName, entity: EntityId) -> Result<u64> {
        expectations::count(self, context, entity).await
    }

    async fn emissions(
        &self,
        key: &DomainKey,
        entity: Option<EntityId>,
        after: Option<EventId>,
    ) -> Result<Vec<Event>> {
        read::emissions(self, key, entity, after).await
    }

    async fn snapshot(&self, query: &SnapshotQuery) -> Result<Option<Snapshot>> {
        snapshots::snapshot(self, query).await
    }

    async fn effects(&self, query: &EffectsQuery) -> Result<Vec<Event>> {
        effects::effects(self, query).await
    }

    async fn rows(&self, key: &DomainKey, entities: &[Option<EntityId>]) -> Result<Vec<Option<Row>>> {
        read::rows(self, key, entities).await
    }

    async fn rows_page(
        &self,
        key: &DomainKey,
        which: Which,
        after: Option<EntityId>,
        limit: u32,
    ) -> Result<Page<(Option<EntityId>, Row)>> {
        listing::rows_page(self, key, which, after, limit).await
    }

    async fn keys(&self, key: &DomainKey, after: Option<EntityId>, limit: u32) -> Result<Vec<EntityId>> {
        listing::keys(self, key, after, limit).await
    }

    async fn parked(
        &self,
        key: &DomainKey,
        after: Option<EntityId>,
        limit: u32,
    ) -> Result<Vec<(Option<EntityId>, Parked)>> {
        listing::parked(self, key, after, limit).await
    }

    async fn capture(&self, key: &DomainKey, entity: Option<EntityId>) -> Result<Option<Vec<u8>>> {
        read::capture(self, key, entity).await
    }

    async fn entities(
        &self,
        context: &ContextName,
        after: Option<EntityId>,
        limit: u32,
    ) -> Result<Vec<EntityId>> {
        history::entities(self, context, after, limit).await
    }

    async fn count_entities(&self, context: &ContextName) -> Result<u64> {
        history::count_entities(self, context).await
    }

    async fn count_rows(&self, key: &DomainKey, activation: ActivationNumber) -> Result<RowCounts> {
        read::count_rows(self, key, activation).await
    }

    async fn export(&self, take: &mut TakePart<'_>) -> Result<()> {
        export::export(self, take).await
    }

    async fn import(&self, step: &Import) -> Result<ImportOutcome> {
        import::import(self, step).await
    }

    async fn close(&self) {
        self.checkpoints.ended.cancel();
        let copying = self.copying.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(copying) = copying {
            // It holds the file open, which must end before the file is free. It has nothing to say.
            drop(copying.await);
        }
        desk::close(self).await;
        self.readers.close().await;
        self.writer.close().await;
        // Others may still hold this object: the file is free all the same.
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
