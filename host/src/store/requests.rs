//! What is asked of a store, and what it answers.

use std::{collections::BTreeSet, sync::Arc};

use crate::words::{
    ActivationNumber, ContextName, Descriptor, DomainKey, EntityId, Event, EventId, Fact, LeaseEpoch,
    ModuleHash, Parked, Position, Segment, Version,
};

use super::{Expectation, Imported, SnapshotWrite};

/// How far the store has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// The position of the newest event.
    pub position: Position,
    /// The version of the newest model write.
    pub version: Version,
}

/// Events of one request: all are written, or none.
#[derive(Debug, Clone)]
pub struct Append {
    /// The context.
    pub context: ContextName,
    /// The events, in order. Never empty.
    pub facts: Vec<Arc<Fact>>,
    /// What the entity must be like before; then all events are of that entity.
    pub expected: Option<Expectation>,
}

impl Append {
    /// Of which entity something is expected, and what.
    #[must_use]
    pub fn expecting(&self) -> Option<(EntityId, &Expectation)> {
        Some((self.facts.first()?.entity, self.expected.as_ref()?))
    }
}

/// Where an event of a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Its place in the log.
    pub position: Position,
    /// Whether this request wrote it; otherwise it was there already, with the same content.
    pub new: bool,
}

/// Why nothing of a request was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppendRefusal {
    /// The id is taken by an event with other content.
    Conflict {
        /// The id.
        id: EventId,
        /// Where the other event is; 0 if it is in the same request.
        position: Position,
    },
    /// The entity is not as the request expects it.
    Unmet {
        /// The entity.
        entity: EntityId,
        /// How many events from outside it has.
        current: u64,
    },
}

/// What becomes of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelWrite {
    /// Nothing: no version is taken.
    Keep,
    /// It becomes this.
    Put(Arc<[u8]>),
    /// There is none any more.
    Delete,
}

/// What becomes of the capture of a row: it is there while the row is parked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaptureWrite {
    /// Nothing: the row was not parked, and is not.
    Keep,
    /// The row is parked (again): it becomes this, the JSON of a [`Capture`](crate::words::Capture).
    Put(Arc<[u8]>),
    /// The row is parked no more.
    Delete,
}

/// A finished reduction of one entity.
#[derive(Debug, Clone)]
pub struct Reduction {
    /// The domain.
    pub key: DomainKey,
    /// The entity; none under `whole-context`.
    pub entity: Option<EntityId>,
    /// The activation that it was made under. If another is in force, the reduction is stale.
    pub activation: ActivationNumber,
    /// The lease epoch that it was made under. If another is in force, the reduction is stale.
    pub leases: LeaseEpoch,
    /// The row's version and folded-up-to as they were read, both 0 if there was no row. If the row has
    /// moved, the reduction is stale.
    pub seen: (Version, Position),
    /// What becomes of the model.
    pub model: ModelWrite,
    /// The row's new folded-up-to.
    pub folded: Position,
    /// The row's new emitted-up-to.
    pub emitted: Position,
    /// The row's new greatest id.
    pub last: Option<EventId>,
    /// How many events are folded in the row now.
    pub events: u64,
    /// Who made the row.
    pub made_by: Vec<Segment>,
    /// Why the row waits from now on, if it does.
    pub parked: Option<Parked>,
    /// What becomes of the call that it failed at.
    pub capture: CaptureWrite,
    /// What becomes of the row's snapshots.
    pub snapshots: SnapshotWrite,
    /// New events.
    pub emissions: Vec<Arc<Fact>>,
}

/// What became of a reduction.
#[derive(Debug, Clone)]
pub enum ReductionOutcome {
    /// It is written.
    Committed {
        /// The row's version now.
        version: Version,
        /// Ids of emissions that were not written, because other content has them.
        divergent: Vec<EventId>,
    },
    /// It was dropped: the row or the activation has moved since it was read.
    Stale,
}

/// How far a domain has got: a hint where to look after a restart. May lag, never leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The domain.
    pub key: DomainKey,
    /// Every event up to here is folded (or its entity is parked, or yet to be visited).
    pub position: Position,
    /// The activation whose visit to every entity is complete; 0 if none is.
    pub settled: ActivationNumber,
    /// The lease epoch under which that is so; under another the mark is not written.
    pub leases: LeaseEpoch,
}

impl Mark {
    /// Of each domain the last mark: only that one matters.
    pub(super) fn newest(marks: &[Self]) -> impl Iterator<Item = &Self> {
        let mut met = BTreeSet::new();
        marks.iter().rev().filter(move |mark| met.insert(&mark.key))
    }
}

/// All that waits to be written.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// The time of recording, in microseconds since the Unix epoch. The store keeps it from running
    /// backwards.
    pub recorded_at: i64,
    /// Events from outside.
    pub appends: Vec<Append>,
    /// Finished reductions.
    pub reductions: Vec<Arc<Reduction>>,
    /// Marks.
    pub marks: Vec<Mark>,
}

impl Group {
    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.appends.is_empty() && self.reductions.is_empty() && self.marks.is_empty()
    }
}

/// What a commit brought about.
#[derive(Debug, Clone, Default)]
pub struct Committed {
    /// One answer for each append, in order.
    pub appends: Vec<Result<Vec<Appended>, AppendRefusal>>,
    /// One answer for each reduction, in order.
    pub reductions: Vec<ReductionOutcome>,
    /// The events that are new in the log, by position.
    pub events: Vec<Arc<Event>>,
    /// The models that were written or deleted.
    pub models: Vec<(DomainKey, Option<EntityId>, Version)>,
    /// How far the store had counted before.
    pub before: Head,
    /// How far the store has counted now.
    pub head: Head,
}

/// What a host saw at a path of its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRecord {
    /// The host.
    pub node: String,
    /// The domain that the path stands for.
    pub key: DomainKey,
    /// The file's content; none: the file was recorded as gone.
    pub hash: Option<ModuleHash>,
}

/// A module that is to serve a domain, or its retirement.
#[derive(Debug, Clone)]
pub struct NewActivation {
    /// The domain.
    pub key: DomainKey,
    /// The module; none retires the domain.
    pub module: Option<(ModuleHash, Arc<[u8]>, Descriptor)>,
    /// The file that said so, to be recorded with it.
    pub file: Option<FileRecord>,
    /// When, in microseconds since the Unix epoch.
    pub at: i64,
}

/// Which module serves a domain from a point of the log on.
#[derive(Debug, Clone, PartialEq)]
pub struct Activation {
    /// Its number, counted by the store over all domains.
    pub number: ActivationNumber,
    /// The domain.
    pub key: DomainKey,
    /// The module and what it says about itself; none: the domain is retired from here on.
    pub module: Option<(ModuleHash, Descriptor)>,
    /// The log's head when it came into force.
    pub head: Position,
    /// When that was, in microseconds since the Unix epoch.
    pub at: i64,
}

/// All that a host must know before it starts.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    /// The contexts that are known, by name.
    pub contexts: Vec<ContextName>,
    /// Every activation there ever was, by number.
    pub activations: Vec<Activation>,
    /// How far each domain has got, by key.
    pub marks: Vec<Mark>,
    /// How far the store has counted.
    pub head: Head,
    /// How far an import has got that has not ended: half of a store, which nobody may serve.
    pub import: Option<Imported>,
}
