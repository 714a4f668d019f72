//! Models, and the row that says what a domain has done about an entity.

use std::sync::Arc;

use super::{ActivationNumber, EntityId, EventId, ModuleHash, Position, Version};

/// From which position on which activation's module folded a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Segment {
    /// The activation.
    pub activation: u64,
    /// The first position that it may have folded.
    pub from: u64,
}

/// Why a row waits: its next reduction failed for a reason that a retry cannot mend.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Parked {
    /// The position of the event that could not be folded.
    pub position: u64,
    /// Its id, in its usual text form.
    pub event: String,
    /// The activation whose module failed.
    pub activation: u64,
    /// A short, stable name for programs.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// Events up to here were there when it failed; only a later one can mend it.
    pub tried: u64,
}

/// What a domain knows about an entity and how far it got: the truth behind promise 2.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// JSON bytes, if there is a model.
    pub model: Option<Arc<[u8]>>,
    /// The number of the last write of the model; 0 if there was none.
    pub version: Version,
    /// Every event of the entity up to here that the domain takes is folded.
    pub folded: Position,
    /// Every event up to here has emitted what it will ever emit.
    pub emitted: Position,
    /// The greatest id that is folded: a smaller one is late.
    pub last: Option<EventId>,
    /// How many events are folded in it: a hint where snapshots lie. Less in rows that are older than the count.
    pub events: u64,
    /// Who made it, oldest first.
    pub made_by: Vec<Segment>,
    /// Why it waits, if it does.
    pub parked: Option<Parked>,
}

impl Row {
    /// The activation that reduced it last; 0 if none did.
    #[must_use]
    pub fn activation(&self) -> ActivationNumber {
        ActivationNumber(self.made_by.last().map_or(0, |segment| segment.activation))
    }
}

/// A model as readers get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The entity; none under `whole-context`.
    pub entity: Option<EntityId>,
    /// JSON bytes; none where the reducer keeps no model (any more).
    pub data: Option<Arc<[u8]>>,
    /// The number of its last write.
    pub version: Version,
    /// Every event of the entity up to here that the domain takes is folded.
    pub position: Position,
    /// The module that made it.
    pub module: Option<ModuleHash>,
    /// Why it does not follow newer events, if it does not.
    pub parked: Option<Parked>,
}
