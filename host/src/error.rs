//! What can go wrong, in the words of the domain. How it is told over HTTP is `http`'s business.

use crate::{
    store::StoreError,
    words::{ContextName, DomainKey, EntityId, EventId, EventType, IdError, ModuleHash, NameError, Position},
};

/// Input that the host does not take. Nothing was written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Invalid {
    /// A name that breaks its rule.
    #[error(transparent)]
    Name(#[from] NameError),
    /// An id of the wrong kind.
    #[error(transparent)]
    Id(#[from] IdError),
    /// An event id from the future.
    #[error(
        "event id {id} is {ahead_ms} ms ahead of this host's clock; at most {limit_ms} ms are taken (max_clock_ahead_ms): set the clock that made it, or raise the limit"
    )]
    Ahead {
        /// The id.
        id: EventId,
        /// How far ahead it is, in milliseconds.
        ahead_ms: i64,
        /// How far it may be, in milliseconds.
        limit_ms: u64,
    },
    /// Text that is not JSON.
    #[error("{what} is not JSON: {why}")]
    NotJson {
        /// What should be JSON, such as `the event's data`.
        what: String,
        /// What the parser says.
        why: String,
    },
    /// JSON that does not say what it should.
    #[error("{what} does not have the right form: {why}")]
    Shape {
        /// What it is about, such as `line 3 of the batch`.
        what: String,
        /// What the parser says.
        why: String,
    },
    /// A list that needs at least one member.
    #[error("{0} is empty: send at least one event")]
    Empty(&'static str),
    /// A value that makes no sense where it stands.
    #[error("{what} {value:?} is not valid: {rule}")]
    Value {
        /// What it is about, such as `query parameter limit`.
        what: String,
        /// The value as given.
        value: String,
        /// What would be valid.
        rule: String,
    },
    /// One member of a batch; none of the batch was written.
    #[error("event {index} of the batch: {error}")]
    Member {
        /// Its index, counted from 0.
        index: usize,
        /// What is wrong with it.
        error: Box<Invalid>,
    },
    /// Something is expected of one entity, but the events are of several.
    #[error(
        "something is expected of one entity, but the events are of {one} and of {other}: send a request for each entity, or expect nothing"
    )]
    SeveralEntities {
        /// The first event's entity.
        one: EntityId,
        /// Another event's.
        other: EntityId,
    },
    /// Something larger than its limit.
    #[error(
        "{what} has {actual}, but {limit} is the limit ({name}): send less at once, or raise limits.{name}"
    )]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit's name in the config.
        name: &'static str,
        /// Its size.
        actual: usize,
        /// The limit.
        limit: usize,
    },
}

impl Invalid {
    /// Whether it is a matter of size (and not of form).
    #[must_use]
    pub fn is_size(&self) -> bool {
        match self {
            Self::TooLarge { .. } => true,
            Self::Member { error, .. } => error.is_size(),
            _ => false,
        }
    }
}

/// Why a request to the host failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Input that the host does not take.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Nobody named this context.
    #[error(
        "there is no context {0}: name it in the config (contexts), make a folder for it below the reducers folder, or set auto_create_contexts"
    )]
    UnknownContext(ContextName),
    /// No module ever served this domain.
    #[error("there is no domain {domain} in context {context}: put a reducer at {0}.wasm in the reducers folder", domain = .0.domain, context = .0.context)]
    UnknownDomain(DomainKey),
    /// The domain keeps one model for the context, or one for each entity, and the other was asked for.
    #[error("{0} keeps {1}")]
    OtherFold(DomainKey, &'static str),
    /// There is no such event.
    #[error("there is no event {1} in context {0}")]
    UnknownEvent(ContextName, EventId),
    /// There is no such model.
    #[error("{0} has no model of {what}", what = what(.1.as_ref()))]
    NoModel(DomainKey, Option<EntityId>),
    /// It waits for nothing.
    #[error("{what} is not parked in {0}", what = what(.1.as_ref()))]
    NotParked(DomainKey, Option<EntityId>),
    /// It was parked when failed reductions were not captured yet.
    #[error(
        "{what} was parked in {0} before failed reductions were captured: try it again (POST …/retry), and if it fails the call is captured",
        what = what(.1.as_ref())
    )]
    NoCapture(DomainKey, Option<EntityId>),
    /// No module serves the domain, so that nothing can be folded or tried again.
    #[error(
        "no module serves {0} now: nothing is folded there, or tried again, until one does (GET /_/reducers says what it is doing)"
    )]
    NotServed(DomainKey),
    /// The domain will never fold an event of this type.
    #[error(
        "{0} does not take events of type {1}: nothing would come of waiting for it (GET /_/reducers says what it takes)"
    )]
    NotTaken(DomainKey, EventType),
    /// No module of this name ever served.
    #[error("there is no module {0}: no domain of this store was ever served by it")]
    UnknownModule(ModuleHash),
    /// The id is taken by an event with other content.
    #[error(
        "event id {id} is taken: position {position} holds an event of this id with another type, entity or data; nothing was written"
    )]
    Conflict {
        /// The id.
        id: EventId,
        /// Where the other event is; 0 if it is in the same request.
        position: Position,
    },
    /// The entity is not as the request expected it.
    #[error(
        "entity {entity} has {current} events from outside, which is not what was expected; nothing was written: read them, and decide again"
    )]
    Unmet {
        /// The entity.
        entity: EntityId,
        /// How many events from outside it has.
        current: u64,
    },
    /// As much as may wait to be written is waiting.
    #[error(
        "too much waits to be written: limits.{name} is {most}; nothing of this request was read or written: send it again in a moment, or raise limits.{name}"
    )]
    Overloaded {
        /// The limit's name in the config, below `limits`.
        name: &'static str,
        /// The limit.
        most: usize,
    },
    /// The host is shutting down.
    #[error("the host is shutting down: try again in a moment")]
    Closing,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whose model, in a sentence.
fn what(entity: Option<&EntityId>) -> String {
    entity.map_or_else(|| "the context".to_owned(), |entity| format!("entity {entity}"))
}
