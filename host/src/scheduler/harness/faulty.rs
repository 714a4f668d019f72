//! A store that fails or dies when the plan says so, lets others go first at random, and notes what was
//! really written.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::{sync::RwLock, task::yield_now};
use tokio_util::sync::CancellationToken;

use crate::{
    store::{
        Activation, Catalogue, Committed, EffectsQuery, FileRecord, Group, HistoriesQuery, HistoryQuery,
        Import, ImportOutcome, LogQuery, NewActivation, Page, Reduction, ReductionOutcome, Result, RowCounts,
        SnapshotQuery, Store, StoreError, TakePart, Which, sqlite::SqliteStore,
    },
    words::{
        ActivationNumber, ContextName, DomainKey, EntityId, Epoch, Event, EventId, ModuleHash, Parked, Row,
        Snapshot, Version,
    },
};

use super::plan::{Faults, When};

/// What was written, in order, by all hosts of a case.
#[derive(Debug, Clone)]
pub(super) enum Note {
    Activated(DomainKey, ActivationNumber),
    Reduced(Arc<Reduction>, Version, Vec<EventId>),
}

pub(super) type Notes = Arc<Mutex<Vec<Note>>>;

pub(super) struct Faulty {
    pub(super) inner: SqliteStore,
    notes: Notes,
    ahead: Mutex<Ahead>,
    /// The host is dead: nobody gets an answer any more.
    stopped: CancellationToken,
    /// The dead host's tasks may end.
    released: CancellationToken,
    /// Held for reading while the real store works.
    working: RwLock<()>,
}

struct Ahead {
    chance: fastrand::Rng,
    operations: u32,
    faults: Faults,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    Fails(When),
    Stops(When),
}

impl Ahead {
    /// How often to let others go first before and after an operation, and what befalls it.
    fn next(&mut self) -> (u8, u8, Fault) {
        let now = self.operations;
        self.operations += 1;
        let struck = |(at, when): &(u32, When)| (*at == now).then_some(*when);
        let stops = self.faults.stops.as_ref().and_then(struck).map(Fault::Stops);
        let fault = stops.or_else(|| self.faults.fails.iter().find_map(struck).map(Fault::Fails));
        (self.chance.u8(0..6), self.chance.u8(0..6), fault.unwrap_or(Fault::None))
    }
}

async fn let_others_go_first(times: u8) {
    for _ in 0..times {
        yield_now().await;
    }
}

impl Faulty {
    pub(super) fn new(inner: SqliteStore, notes: &Notes, faults: Faults, seed: u64) -> Self {
        let chance = fastrand::Rng::with_seed(seed);
        Self {
            inner,
            notes: Arc::clone(notes),
            ahead: Mutex::new(Ahead { chance, operations: 0, faults }),
            stopped: CancellationToken::new(),
            released: CancellationToken::new(),
            working: RwLock::new(()),
        }
    }

    /// Comes back when the host is dead.
    pub(super) async fn stopped(&self) {
        self.stopped.cancelled().await;
    }

    /// Comes back when nothing moves in the files of a dead host any more.
    pub(super) async fn at_rest(&self) {
        drop(self.working.write().await);
    }

    /// Lets the dead host's tasks end. Whatever they ask for fails.
    pub(super) fn release(&self) {
        self.released.cancel();
    }

    fn note(&self, note: Note) {
        self.notes.lock().unwrap().push(note);
    }

    async fn pass<T>(&self, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let next = self.ahead.lock().unwrap().next();
        self.pass_with(next, call).await
    }

    async fn pass_with<T>(
        &self,
        (before, after, fault): (u8, u8, Fault),
        call: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let_others_go_first(before).await;
        match fault {
            Fault::Fails(When::Before) => return Err(StoreError::crashed()),
            Fault::Stops(When::Before) => self.stopped.cancel(),
            _ => {}
        }
        let mut answer = Err(StoreError::crashed());
        {
            let _working = self.working.read().await;
            if !self.stopped.is_cancelled() {
                answer = call.await;
            }
        }
        let_others_go_first(after).await;
        match fault {
            Fault::Fails(When::After) => return Err(StoreError::crashed()),
            Fault::Stops(When::After) => self.stopped.cancel(),
            _ => {}
        }
        if self.stopped.is_cancelled() {
            self.released.cancelled().await;
            return Err(StoreError::crashed());
        }
        answer
    }
}

#[async_trait]
impl Store for Faulty {
    fn epoch(&self) -> &Epoch {
        self.inner.epoch()
    }

    async fn commit(&self, group: &Group) -> Result<Committed> {
        self.pass(async {
            let committed = self.inner.commit(group).await?;
            for (reduction, outcome) in group.reductions.iter().zip(&committed.reductions) {
                if let ReductionOutcome::Committed { version, divergent } = outcome {
                    self.note(Note::Reduced(Arc::clone(reduction), *version, divergent.clone()));
                }
            }
            Ok(committed)
        })
        .await
    }

    async fn activate(&self, new: &NewActivation) -> Result<Activation> {
        let (before, after, fault) = self.ahead.lock().unwrap().next();
        // A host does not look for an activation that it was told has failed, so it must not have happened.
        let fault = if fault == Fault::Fails(When::After) { Fault::Fails(When::Before) } else { fault };
        self.pass_with((before, after, fault), async {
            let activation = self.inner.activate(new).await?;
            self.note(Note::Activated(activation.key.clone(), activation.number));
            Ok(activation)
        })
        .await
    }

    async fn note_file(&self, file: &FileRecord) -> Result<()> {
        self.pass(self.inner.note_file(file)).await
    }

    async fn name_context(&self, context: &ContextName) -> Result<()> {
        self.pass(self.inner.name_context(context)).await
    }

    async fn catalogue(&self) -> Result<Catalogue> {
        self.pass(self.inner.catalogue()).await
    }

    async fn files(&self, node: &str) -> Result<Vec<FileRecord>> {
        self.pass(self.inner.files(node)).await
    }

    async fn module(&self, hash: &ModuleHash) -> Result<Option<Vec<u8>>> {
        self.pass(self.inner.module(hash)).await
    }

    async fn event(&self, context: &ContextName, id: EventId) -> Result<Option<Event>> {
        self.pass(self.inner.event(context, id)).await
    }

    async fn log(&self, query: &LogQuery) -> Result<Vec<Event>> {
        self.pass(self.inner.log(query)).await
    }

    async fn history(&self, query: &HistoryQuery) -> Result<Vec<Event>> {
        self.pass(self.inner.history(query)).await
    }

    async fn histories(&self, query: &HistoriesQuery) -> Result<Vec<Option<Vec<Event>>>> {
        self.pass(self.inner.histories(query)).await
    }

    async fn count_outside(&self, context: &ContextName, entity: EntityId) -> Result<u64> {
        self.pass(self.inner.count_outside(context, entity)).await
    }

    async fn emissions(
        &self,
        key: &DomainKey,
        entity: Option<EntityId>,
        after: Option<EventId>,
    ) -> Result<Vec<Event>> {
        self.pass(self.inner.emissions(key, entity, after)).await
    }

    async fn snapshot(&self, query: &SnapshotQuery) -> Result<Option<Snapshot>> {
        self.pass(self.inner.snapshot(query)).await
    }

    async fn effects(&self, query: &EffectsQuery) -> Result<Vec<Event>> {
        self.pass(self.inner.effects(query)).await
    }

    async fn rows(&self, key: &DomainKey, entities: &[Option<EntityId>]) -> Result<Vec<Option<Row>>> {
        self.pass(self.inner.rows(key, entities)).await
    }

    async fn rows_page(
        &self,
        key: &DomainKey,
        which: Which,
        after: Option<EntityId>,
        limit: u32,
    ) -> Result<Page<(Option<EntityId>, Row)>> {
        self.pass(self.inner.rows_page(key, which, after, limit)).await
    }

    async fn keys(&self, key: &DomainKey, after: Option<EntityId>, limit: u32) -> Result<Vec<EntityId>> {
        self.pass(self.inner.keys(key, after, limit)).await
    }

    async fn parked(
        &self,
        key: &DomainKey,
        after: Option<EntityId>,
        limit: u32,
    ) -> Result<Vec<(Option<EntityId>, Parked)>> {
        self.pass(self.inner.parked(key, after, limit)).await
    }

    async fn capture(&self, key: &DomainKey, entity: Option<EntityId>) -> Result<Option<Vec<u8>>> {
        self.pass(self.inner.capture(key, entity)).await
    }

    async fn entities(
        &self,
        context: &ContextName,
        after: Option<EntityId>,
        limit: u32,
    ) -> Result<Vec<EntityId>> {
        self.pass(self.inner.entities(context, after, limit)).await
    }

    async fn count_entities(&self, context: &ContextName) -> Result<u64> {
        self.pass(self.inner.count_entities(context)).await
    }

    async fn count_rows(&self, key: &DomainKey, activation: ActivationNumber) -> Result<RowCounts> {
        self.pass(self.inner.count_rows(key, activation)).await
    }

    async fn export(&self, take: &mut TakePart<'_>) -> Result<()> {
        self.pass(self.inner.export(take)).await
    }

    async fn import(&self, step: &Import) -> Result<ImportOutcome> {
        self.pass(self.inner.import(step)).await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}
