//! The back end for many hosts: one Postgres database, from version 14 on.
//!
//! | file | what it does |
//! |---|---|
//! | `commit` | the one transaction: judged by what is known, written by one statement |
//! | `write`, `rows`, `pieces`, `statement` | that statement |
//! | `place` | where a commit came to lie, behind what others wrote |
//! | `known` | what the writer knows, and how it notices that others wrote |
//! | `desk` | who writes; what became of a commit whose answer was lost |
//! | `activate` | what changes seldom |
//! | `read`, `history`, `listing`, `snapshots` | what is read |
//! | `export`, `import` | all of it, to another store and from one |
//! | `shared` | who shares it, and what others wrote |
//! | `names` | contexts and domains, also those that other hosts add |
//! | `open`, `server`, `settings`, `schema`, `epoch` | which servers are trusted, and what they are asked for |
//! | `trouble` | what a failure of the database means |
//! | `types` | how values are told to Postgres |

mod activate;
mod captures;
mod commit;
mod desk;
mod epoch;
mod export;
mod history;
mod import;
mod known;
mod listing;
mod names;
mod open;
mod pieces;
mod place;
mod read;
mod rows;
mod schema;
mod server;
mod settings;
mod shared;
mod snapshots;
mod statement;
#[cfg(test)]
mod tests;
pub(super) mod trouble;
mod types;
mod write;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use sqlx::postgres::{PgConnectOptions, PgPool};
use tokio::sync::Mutex;

use crate::words::{
    ActivationNumber, ContextName, DomainKey, EntityId, Epoch, Event, EventId, ModuleHash, Parked, Row,
    Snapshot,
};

use super::{
    Activation, Catalogue, Committed, EffectsQuery, FileRecord, Group, HistoriesQuery, HistoryQuery, Import,
    ImportOutcome, LogQuery, NewActivation, Page, Result, RowCounts, Shared, SnapshotQuery, Store, TakePart,
    Which, names::Names,
};

use trouble::read_in_time;

pub use schema::printed;

/// A store in a Postgres database, which other hosts may use as well.
pub struct PostgresStore {
    history: epoch::History,
    names: Names,
    readers: PgPool,
    options: PgConnectOptions,
    /// Who writes takes what lies here.
    drawer: Arc<Mutex<desk::Drawer>>,
    sharing: shared::Sharing,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("epoch", &self.history.epoch).finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Opens the store that a URL (`postgres://…`) names, with up to so many connections; tables are made if they are
    /// missing.
    ///
    /// # Errors
    /// [`StoreError::Open`](super::StoreError::Open) if the server cannot be reached, cannot promise durability, or
    /// the schema was written by a newer version.
    pub async fn open(url: &str, connections: u32) -> Result<Self> {
        open::open(url, connections).await
    }

    /// Waits for an answer of this history.
    fn of_now<'a, T: Send>(
        &'a self,
        answer: impl Future<Output = Result<T>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T>> {
        Box::pin(async move {
            self.history.check()?;
            let answer = read_in_time(answer).await;
            self.history.check()?;
            answer
        })
    }
}

#[async_trait]
impl Store for PostgresStore {
    fn epoch(&self) -> &Epoch {
        &self.history.epoch
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
        self.of_now(read::catalogue(self)).await
    }

    async fn files(&self, node: &str) -> Result<Vec<FileRecord>> {
        self.of_now(read::files(self, node)).await
    }

    async fn module(&self, hash: &ModuleHash) -> Result<Option<Vec<u8>>> {
        self.of_now(read::module(self, hash)).await
    }

    async fn event(&self, context: &ContextName, id: EventId) -> Result<Option<Event>> {
        self.of_now(read::event(self, context, id)).await
    }

    async fn log(&self, query: &LogQuery) -> Result<Vec<Event>> {
        self.of_now(read::log(self, query)).await
    }

    async fn history(&self, query: &HistoryQuery) -> Result<Vec<Event>> {
        self.of_now(history::history(self, query)).await
    }

    async fn histories(&self, query: &HistoriesQuery) -> Result<Vec<Option<Vec<Event>>>> {
        self.of_now(history::histories(self, query)).await
    }

    async fn count_outside(&self, context: &ContextName, entity: EntityId) -> Result<u64> {
        self.of_now(history::count_outside(self, context, entity)).await
    }

    async fn emissions(
        &self,
        key: &DomainKey,
        entity: Option<EntityId>,
        after: Option<EventId>,
    ) -> Result<Vec<Event>> {
        self.of_now(read::emissions(self, key, entity, after)).await
    }

    async fn snapshot(&self, query: &SnapshotQuery) -> Result<Option<Snapshot>> {
        self.of_now(snapshots::snapshot(self, query)).await
    }

    async fn effects(&self, query: &EffectsQuery) -> Result<Vec<Event>> {
        self.of_now(read::effects(self, query)).await
    }

    async fn rows(&self, key: &DomainKey, entities: &[Option<EntityId>]) -> Result<Vec<Option<Row>>> {
        self.of_now(read::rows(self, key, entities)).await
    }

    async fn rows_page(
        &self,
        key: &DomainKey,
        which: Which,
        after: Option<EntityId>,
        limit: u32,
    ) -> Result<Page<(Option<EntityId>, Row)>> {
        self.of_now(listing::rows_page(self, key, which, after, limit)).await
    }

    async fn keys(&self, key: &DomainKey, after: Option<EntityId>, limit: u32) -> Result<Vec<EntityId>> {
        self.of_now(listing::keys(self, key, after, limit)).await
    }

    async fn parked(
        &self,
        key: &DomainKey,
        after: Option<EntityId>,
        limit: u32,
    ) -> Result<Vec<(Option<EntityId>, Parked)>> {
        self.of_now(listing::parked(self, key, after, limit)).await
    }

    async fn capture(&self, key: &DomainKey, entity: Option<EntityId>) -> Result<Option<Vec<u8>>> {
        self.of_now(read::capture(self, key, entity)).await
    }

    async fn entities(
        &self,
        context: &ContextName,
        after: Option<EntityId>,
        limit: u32,
    ) -> Result<Vec<EntityId>> {
        self.of_now(history::entities(self, context, after, limit)).await
    }

    async fn count_entities(&self, context: &ContextName) -> Result<u64> {
        self.of_now(history::count_entities(self, context)).await
    }

    async fn count_rows(&self, key: &DomainKey, activation: ActivationNumber) -> Result<RowCounts> {
        self.of_now(read::count_rows(self, key, activation)).await
    }

    async fn export(&self, take: &mut TakePart<'_>) -> Result<()> {
        export::export(self, take).await
    }

    async fn import(&self, step: &Import) -> Result<ImportOutcome> {
        import::import(self, step).await
    }

    fn shared(&self) -> Option<&dyn Shared> {
        Some(self)
    }

    async fn close(&self) {
        self.close_desk().await;
        self.readers.close().await;
    }
}
