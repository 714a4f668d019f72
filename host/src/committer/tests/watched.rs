//! A store that remembers what was asked of it, and fails on demand.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use crate::{
    store::{
        Activation, Catalogue, Committed, EffectsQuery, FileRecord, Group, HistoriesQuery, HistoryQuery,
        Import, ImportOutcome, LogQuery, NewActivation, Page, Result, RowCounts, SnapshotQuery, Store,
        StoreError, TakePart, Which, sqlite::SqliteStore,
    },
    words::{
        ActivationNumber, ContextName, DomainKey, EntityId, Epoch, Event, EventId, ModuleHash, Parked, Row,
        Snapshot,
    },
};

pub(super) struct Watched {
    pub(super) inner: SqliteStore,
    /// Commits that hold an event of this id fail.
    pub(super) poison: Option<EventId>,
    /// What was asked, in order: appends, reductions and marks of each commit, and the rest by name.
    asked: Mutex<Vec<String>>,
}

impl Watched {
    pub(super) async fn open(poison: Option<EventId>) -> Arc<Self> {
        let inner = SqliteStore::open(":memory:", "a test").await.unwrap();
        inner.name_context(&"shop".parse().unwrap()).await.unwrap();
        Arc::new(Self { inner, poison, asked: Mutex::default() })
    }

    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn note(&self, what: String) {
        self.asked.lock().unwrap().push(what);
    }
}

#[async_trait]
impl Store for Watched {
    fn epoch(&self) -> &Epoch {
        self.inner.epoch()
    }

    async fn commit(&self, group: &Group) -> Result<Committed> {
        self.note(format!("{}+{}+{}", group.appends.len(), group.reductions.len(), group.marks.len()));
        let posted = group.appends.iter().flat_map(|append| &append.facts);
        let emitted = group.reductions.iter().flat_map(|reduction| &reduction.emissions);
        if posted.chain(emitted).any(|fact| Some(fact.id) == self.poison) {
            return Err(StoreError::Damaged("poison".into()));
        }
        self.inner.commit(group).await
    }

    async fn activate(&self, activation: &NewActivation) -> Result<Activation> {
        self.note("activate".into());
        self.inner.activate(activation).await
    }

    async fn note_file(&self, file: &FileRecord) -> Result<()> {
        self.inner.note_file(file).await
    }

    async fn name_context(&self, context: &ContextName) -> Result<()> {
        self.inner.name_context(context).await
    }

    async fn catalogue(&self) -> Result<Catalogue> {
        self.inner.catalogue().await
    }

    async fn files(&self, node: &str) -> Result<Vec<FileRecord>> {
        self.inner.files(node).await
    }

    async fn module(&self, hash: &ModuleHash) -> Result<Option<Vec<u8>>> {
        self.inner.module(hash).await
    }

    async fn event(&self, context: &ContextName, id: EventId) -> Result<Option<Event>> {
        self.inner.event(context, id).await
    }

    async fn log(&self, query: &LogQuery) -> Result<Vec<Event>> {
        self.inner.log(query).await
    }

    async fn history(&self, query: &HistoryQuery) -> Result<Vec<Event>> {
        self.inner.history(query).await
    }

    async fn histories(&self, query: &HistoriesQuery) -> Result<Vec<Option<Vec<Event>>>> {
        self.inner.histories(query).await
    }

    async fn count_outside(&self, context: &ContextName, entity: EntityId) -> Result<u64> {
        self.inner.count_outside(context, entity).await
    }

    async fn emissions(
        &self,
        key: &DomainKey,
        entity: Option<EntityId>,
        after: Option<EventId>,
    ) -> Result<Vec<Event>> {
        self.inner.emissions(key, entity, after).await
    }

    async fn snapshot(&self, query: &SnapshotQuery) -> Result<Option<Snapshot>> {
        self.inner.snapshot(query).await
    }

    async fn effects(&self, query: &EffectsQuery) -> Result<Vec<Event>> {
        self.inner.effects(query).await
    }

    async fn rows(&self, key: &DomainKey, entities: &[Option<EntityId>]) -> Result<Vec<Option<Row>>> {
        self.inner.rows(key, entities).await
    }

    async fn rows_page(
        &self,
        key: &DomainKey,
        which: Which,
        after: Option<EntityId>,
        limit: u32,
    ) -> Result<Page<(Option<EntityId>, Row)>> {
        self.inner.rows_page(key, which, after, limit).await
    }

    async fn keys(&self, key: &DomainKey, after: Option<EntityId>, limit: u32) -> Result<Vec<EntityId>> {
        self.inner.keys(key, after, limit).await
    }

    async fn parked(
        &self,
        key: &DomainKey,
        after: Option<EntityId>,
        limit: u32,
    ) -> Result<Vec<(Option<EntityId>, Parked)>> {
        self.inner.parked(key, after, limit).await
    }

    async fn capture(&self, key: &DomainKey, entity: Option<EntityId>) -> Result<Option<Vec<u8>>> {
        self.inner.capture(key, entity).await
    }

    async fn entities(
        &self,
        context: &ContextName,
        after: Option<EntityId>,
        limit: u32,
    ) -> Result<Vec<EntityId>> {
        self.inner.entities(context, after, limit).await
    }

    async fn count_entities(&self, context: &ContextName) -> Result<u64> {
        self.inner.count_entities(context).await
    }

    async fn count_rows(&self, key: &DomainKey, activation: ActivationNumber) -> Result<RowCounts> {
        self.inner.count_rows(key, activation).await
    }

    async fn export(&self, take: &mut TakePart<'_>) -> Result<()> {
        self.inner.export(take).await
    }

    async fn import(&self, step: &Import) -> Result<ImportOutcome> {
        self.inner.import(step).await
    }

    async fn close(&self) {
        self.note("close".into());
    }
}
