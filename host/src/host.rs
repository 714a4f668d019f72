//! The host as a library: start it, append, read, subscribe, shut it down.

use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    catalog::{Catalog, Domain},
    clock::SharedClock,
    committer::Committer,
    config::Config,
    error::Error,
    feed::{Feed, ModelFollower},
    ingest::{Ingest, RawEvent},
    lifecycle::Running,
    scheduler,
    sharing::Membership,
    store::{Appended, Head, HistoryCursor, HistoryQuery, Page, Store, Which},
    words::{ContextName, DomainKey, EntityId, Epoch, Event, EventId, Model, ModuleHash, Position, Row},
};

mod append;
mod chains;
mod log;
mod parked;
mod waits;

pub use append::Admission;
pub use parked::{ParkedQuery, ParkedRow};
pub use waits::Waited;

/// Results of the host.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// A running host. Cheap to clone; every clone is the same host.
#[derive(Clone)]
pub struct Host(pub(crate) Arc<Parts>);

/// What a host is made of, in the order in which data flows.
pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) ingest: Ingest,
    pub(crate) committer: Committer,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) scheduler: scheduler::Handle,
    pub(crate) membership: Membership,
    pub(crate) clock: SharedClock,
    pub(crate) running: Running,
    /// Cancelled once the store has another history than this host began with.
    pub(crate) over: CancellationToken,
}

impl Host {
    /// The configuration that it was started with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// What it knows of contexts, domains and modules.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.0.catalog
    }

    /// The name of its store's history.
    #[must_use]
    pub fn epoch(&self) -> &Epoch {
        self.0.store.epoch()
    }

    /// Waits until the store has another history: it was restored, or a replica took over that may lack commits.
    /// Nothing that this host knows counts then, and it answers nothing any more: it must be started again, as
    /// [`serve`](Self::serve) does by itself. On a store that nobody shares that never happens.
    pub async fn history_over(&self) {
        self.0.over.cancelled().await;
    }

    /// This host among those that share its store.
    #[must_use]
    pub fn membership(&self) -> &Membership {
        &self.0.membership
    }

    /// How far its store has counted.
    #[must_use]
    pub fn head(&self) -> Head {
        self.0.feed.head()
    }

    /// Checks raw events and appends them: all of them, or none. They are durable once this returns.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::UnknownContext`], [`Error::Conflict`]: nothing was written.
    /// [`Error::Overloaded`]: the same, for now; [`Admission`] is the way to know before reading anything.
    /// [`Error::Closing`], [`Error::Store`]: nothing was acknowledged; posting the same again is safe.
    pub async fn append(&self, context: &ContextName, events: &[RawEvent<'_>]) -> Result<Vec<Appended>> {
        let bytes = events.iter().map(|event| event.data.len()).sum();
        self.admit(bytes)?.append(context, events, None).await
    }

    /// Fails unless somebody named this context.
    ///
    /// # Errors
    /// [`Error::UnknownContext`].
    pub fn require_context(&self, context: &ContextName) -> Result<()> {
        if self.0.catalog.knows(context) { Ok(()) } else { Err(Error::UnknownContext(context.clone())) }
    }

    /// One event.
    ///
    /// # Errors
    /// [`Error::UnknownContext`], [`Error::UnknownEvent`], [`Error::Store`].
    pub async fn event(&self, context: &ContextName, id: EventId) -> Result<Event> {
        self.require_context(context)?;
        let event = self.0.store.event(context, id).await?;
        event.ok_or_else(|| Error::UnknownEvent(context.clone(), id))
    }

    /// The events of one entity by event id, behind `after`.
    ///
    /// # Errors
    /// [`Error::UnknownContext`], [`Error::Store`].
    pub async fn entity_events(
        &self,
        context: &ContextName,
        entity: EntityId,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<Event>> {
        self.require_context(context)?;
        let after = HistoryCursor::Id(after);
        let query = HistoryQuery { context: context.clone(), entity, after, up_to: None, limit };
        Ok(self.0.store.history(&query).await?)
    }

    /// How many events from outside an entity has, for [`Expectation`](crate::Expectation). Count first, then
    /// read the events: whatever comes in between then fails the expectation and is not overlooked.
    ///
    /// # Errors
    /// [`Error::UnknownContext`], [`Error::Store`].
    pub async fn count_outside(&self, context: &ContextName, entity: EntityId) -> Result<u64> {
        self.require_context(context)?;
        Ok(self.0.store.count_outside(context, entity).await?)
    }

    /// The bytes of a module that serves or served.
    ///
    /// # Errors
    /// [`Error::UnknownModule`], [`Error::Store`].
    pub async fn module(&self, hash: &ModuleHash) -> Result<Vec<u8>> {
        self.0.store.module(hash).await?.ok_or(Error::UnknownModule(*hash))
    }

    /// What a domain knows about an entity (none: about the context). A row without data means that the
    /// reducer keeps no model there.
    ///
    /// # Errors
    /// [`Error::UnknownContext`], [`Error::UnknownDomain`], [`Error::OtherFold`], [`Error::NoModel`] (the
    /// domain never reduced that entity), [`Error::Store`].
    pub async fn model(&self, key: &DomainKey, entity: Option<EntityId>) -> Result<Model> {
        self.require_fold(key, entity.is_none())?;
        let row = self.0.store.rows(key, &[entity]).await?.pop().flatten();
        let row = row.ok_or_else(|| Error::NoModel(key.clone(), entity))?;
        Ok(self.to_model(key, entity, row))
    }

    /// The models of a domain by entity, behind `after`: at most `limit`, and fewer where they are large.
    ///
    /// # Errors
    /// As for [`Self::model`], without [`Error::NoModel`].
    pub async fn models(&self, key: &DomainKey, after: Option<EntityId>, limit: u32) -> Result<Page<Model>> {
        self.require_domain(key)?;
        let Page { entries, next } = self.0.store.rows_page(key, Which::WithModel, after, limit).await?;
        let model = |(entity, row)| self.to_model(key, entity, row);
        Ok(Page { entries: entries.into_iter().map(model).collect(), next })
    }

    /// The entities that have a model in a domain, behind `after`.
    ///
    /// # Errors
    /// As for [`Self::models`].
    pub async fn keys(&self, key: &DomainKey, after: Option<EntityId>, limit: u32) -> Result<Vec<EntityId>> {
        self.require_domain(key)?;
        Ok(self.0.store.keys(key, after, limit).await?)
    }

    /// Wakes whenever the log or any model has moved. Subscribe first, then read, then wait.
    #[must_use]
    pub fn watch_head(&self) -> watch::Receiver<Head> {
        self.0.feed.watch_head()
    }

    /// Wakes whenever one model is written or deleted. Subscribe first, then read, then wait.
    ///
    /// # Errors
    /// [`Error::UnknownContext`], [`Error::UnknownDomain`], [`Error::OtherFold`].
    pub fn follow_model(&self, key: &DomainKey, entity: Option<EntityId>) -> Result<ModelFollower> {
        self.require_fold(key, entity.is_none())?;
        Ok(self.0.feed.follow_model(key.clone(), entity))
    }

    /// The position of an event, for cursors that name it by its id.
    ///
    /// # Errors
    /// As for [`Self::event`].
    pub async fn position_of(&self, context: &ContextName, id: EventId) -> Result<Position> {
        Ok(self.event(context, id).await?.position)
    }

    /// Fails unless the domain is or was served.
    ///
    /// # Errors
    /// [`Error::UnknownContext`], [`Error::UnknownDomain`].
    pub fn require_domain(&self, key: &DomainKey) -> Result<Arc<Domain>> {
        self.require_context(&key.context)?;
        self.0.catalog.domain(key).ok_or_else(|| Error::UnknownDomain(key.clone()))
    }

    pub(crate) fn require_fold(&self, key: &DomainKey, whole_context: bool) -> Result<()> {
        let domain = self.require_domain(key)?;
        match domain.module().map(|(_, descriptor)| descriptor.is_whole_context()) {
            Some(true) if !whole_context => {
                Err(Error::OtherFold(key.clone(), "one model for the whole context: leave out the entity"))
            }
            Some(false) if whole_context => {
                Err(Error::OtherFold(key.clone(), "one model for each entity: name the entity"))
            }
            _ => Ok(()),
        }
    }

    fn to_model(&self, key: &DomainKey, entity: Option<EntityId>, row: Row) -> Model {
        let module: Option<ModuleHash> = self.0.catalog.module_of(key, row.activation().0);
        Model {
            entity,
            data: row.model,
            version: row.version,
            position: row.folded,
            module,
            parked: row.parked,
        }
    }
}
