//! Where events, models and modules are kept.
//!
//! [`Store`] is the only way to them. Each method is one whole transaction: when a method that writes
//! returns, what it wrote survives `kill -9` and power loss. To add a back end, implement the trait,
//! let [`judge`](judge::judge) decide what a commit does, and run the contract suite against it.

mod catalogue;
#[cfg(test)]
mod contract;
mod expectation;
mod histories;
mod ids;
pub mod judge;
mod memory;
mod names;
mod parts;
pub mod postgres;
mod queries;
mod requests;
mod rows;
mod shared;
mod snapshots;
pub mod sqlite;

use std::sync::Arc;

use async_trait::async_trait;

pub use expectation::Expectation;
pub use histories::HistoriesQuery;
pub use parts::{Import, ImportOutcome, Imported, Part, StoredRow, TakePart};
pub use queries::{EffectsQuery, HistoryCursor, HistoryQuery, LogQuery, Page, Which};
pub use requests::{
    Activation, Append, AppendRefusal, Appended, CaptureWrite, Catalogue, Committed, FileRecord, Group, Head,
    Mark, ModelWrite, NewActivation, Reduction, ReductionOutcome,
};
pub use shared::{Change, Holder, Leases, News, Reduces, Renewal, Shared};
pub use snapshots::{SnapshotQuery, SnapshotWrite};

use crate::words::{
    ActivationNumber, ContextName, DomainKey, EntityId, Epoch, Event, EventId, ModuleHash, Parked, Row,
    Snapshot,
};

/// Why a store failed. Nothing that was asked for has happened, unless it says otherwise.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// It cannot be opened; the sentence says why and what to do.
    #[error("cannot open the store {store}: {why}")]
    Open {
        /// The store, as configured.
        store: String,
        /// Why, and the way out.
        why: String,
    },
    /// The database refused or failed.
    #[error("the store failed: {0}")]
    Database(Arc<sqlx::Error>),
    /// Another host that shares the store has the same name.
    #[error(
        "another host calls itself {node}, and listens on {listen}: give each host that shares the store a --node of its own"
    )]
    Namesake {
        /// The name.
        node: String,
        /// Where the other one listens.
        listen: String,
    },
    /// The database cannot be reached, or cannot do now what it mostly can. The store goes on by itself once it can.
    #[error("the database does not serve now: {0}")]
    Unavailable(Arc<sqlx::Error>),
    /// The connection broke while it was being written, and it could not be looked up whether it was. To ask for
    /// the same again is safe.
    #[error("the connection to the database broke, and whether this was written is not known: {0}")]
    Unknown(Arc<sqlx::Error>),
    /// The database's history is not the one that this host began with: everything that it told may be void.
    #[error(
        "the database has another history now (it was restored, or a replica took over): this host has to begin anew"
    )]
    OtherHistory,
    /// What was read is not what was ever written.
    #[error("the store holds a damaged value: {0}")]
    Damaged(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let absent = postgres::trouble::is_absence(&error);
        let error = Arc::new(error);
        if absent { Self::Unavailable(error) } else { Self::Database(error) }
    }
}

impl StoreError {
    /// What was asked crashed on the way.
    pub(crate) fn crashed() -> Self {
        Self::Database(Arc::new(sqlx::Error::WorkerCrashed))
    }

    /// Whether it is the database's absence: what else is asked now will fail as well.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Unknown(_) | Self::OtherHistory)
    }
}

/// Results of the store.
pub type Result<T> = std::result::Result<T, StoreError>;

/// The log, the models, the modules. See the module's documentation.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The name of this store's history.
    fn epoch(&self) -> &Epoch;

    /// Writes all that waits, judged request by request in the group's order: appends first, then
    /// reductions. A refused append or a stale reduction leaves no trace and harms no other.
    async fn commit(&self, group: &Group) -> Result<Committed>;

    /// Lets a module serve a domain from now on, or retires the domain, under the counters' lock; notes
    /// the file that said so, and names the context, in the same transaction.
    async fn activate(&self, activation: &NewActivation) -> Result<Activation>;

    /// Remembers what a host saw at a path of its folder, without acting on it.
    async fn note_file(&self, file: &FileRecord) -> Result<()>;

    /// Makes a context known. It stays known for ever.
    async fn name_context(&self, context: &ContextName) -> Result<()>;

    /// All contexts, activations and marks, and the log's head.
    async fn catalogue(&self) -> Result<Catalogue>;

    /// What `node` last recorded of the files in its folder.
    async fn files(&self, node: &str) -> Result<Vec<FileRecord>>;

    /// The bytes of a module.
    async fn module(&self, hash: &ModuleHash) -> Result<Option<Vec<u8>>>;

    /// One event.
    async fn event(&self, context: &ContextName, id: EventId) -> Result<Option<Event>>;

    /// Events by position.
    async fn log(&self, query: &LogQuery) -> Result<Vec<Event>>;

    /// The events of one entity, by id or by position.
    async fn history(&self, query: &HistoryQuery) -> Result<Vec<Event>>;

    /// The whole histories of some entities, each by id. There is one answer for each entity, from the first on,
    /// but only for as many as fit the limit. None: this history must be read page by page, because the limit is
    /// too small for it alone, or because it holds an event that is too large.
    async fn histories(&self, query: &HistoriesQuery) -> Result<Vec<Option<Vec<Event>>>>;

    /// How many events from outside an entity has: those that no reducer emitted.
    async fn count_outside(&self, context: &ContextName, entity: EntityId) -> Result<u64>;

    /// The events that this model's reducer emitted, by position: only those whose cause sorts behind `after`
    /// (none: all).
    async fn emissions(
        &self,
        key: &DomainKey,
        entity: Option<EntityId>,
        after: Option<EventId>,
    ) -> Result<Vec<Event>>;

    /// The newest of a model's snapshots that is asked for and not void.
    async fn snapshot(&self, query: &SnapshotQuery) -> Result<Option<Snapshot>>;

    /// The events in a stretch of ids that others led to, by id.
    async fn effects(&self, query: &EffectsQuery) -> Result<Vec<Event>>;

    /// The rows of some entities (none: the one of a `whole-context` domain), in the order asked for.
    async fn rows(&self, key: &DomainKey, entities: &[Option<EntityId>]) -> Result<Vec<Option<Row>>>;

    /// Rows of a domain, by entity, after this one. At most `limit`, and fewer where models are large.
    async fn rows_page(
        &self,
        key: &DomainKey,
        which: Which,
        after: Option<EntityId>,
        limit: u32,
    ) -> Result<Page<(Option<EntityId>, Row)>>;

    /// The entities that have a model in a domain, ascending, after this one. At most `limit`.
    async fn keys(&self, key: &DomainKey, after: Option<EntityId>, limit: u32) -> Result<Vec<EntityId>>;

    /// Who waits in a domain (none: the row of a `whole-context` domain), and why: by entity, after this one. At
    /// most `limit`.
    async fn parked(
        &self,
        key: &DomainKey,
        after: Option<EntityId>,
        limit: u32,
    ) -> Result<Vec<(Option<EntityId>, Parked)>>;

    /// The call that a parked row failed at: a [`Capture`](crate::words::Capture) as JSON. None for a row that
    /// does not wait, or waits since before captures were kept.
    async fn capture(&self, key: &DomainKey, entity: Option<EntityId>) -> Result<Option<Vec<u8>>>;

    /// The entities that have events in this context, ascending, after this one. At most `limit`.
    async fn entities(
        &self,
        context: &ContextName,
        after: Option<EntityId>,
        limit: u32,
    ) -> Result<Vec<EntityId>>;

    /// How many entities have events in this context.
    async fn count_entities(&self, context: &ContextName) -> Result<u64>;

    /// How many rows a domain has, and how many of them were reduced by this activation, hold a model, and
    /// are parked.
    async fn count_rows(&self, key: &DomainKey, activation: ActivationNumber) -> Result<RowCounts>;

    /// Gives all that the store holds, part by part, as of one moment: whoever writes meanwhile changes nothing
    /// of it. A store that is half imported gives what it has.
    async fn export(&self, take: &mut TakePart<'_>) -> Result<()>;

    /// Takes a step of an import, judged under the counters' lock. What it brings is written as it is, numbers
    /// and all; that it fits together is the caller's business. Once the import is done, the store must be
    /// opened again before anything but [`Self::export`] is asked of it.
    async fn import(&self, step: &Import) -> Result<ImportOutcome>;

    /// What hosts ask that share it; none where only one can have it.
    fn shared(&self) -> Option<&dyn Shared> {
        None
    }

    /// Ends all work and releases the store for others. Methods called afterwards fail.
    async fn close(&self);
}

/// How the rows of a domain stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RowCounts {
    /// All of them.
    pub all: u64,
    /// Rows that the asked-for activation reduced last.
    pub reduced: u64,
    /// Rows that hold a model.
    pub models: u64,
    /// Rows that wait.
    pub parked: u64,
}
