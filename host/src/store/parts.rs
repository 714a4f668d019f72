//! A store in parts: what an export is made of, and what an import brings.

use std::{ops::ControlFlow, sync::Arc};

use crate::words::{ContextName, DomainKey, EntityId, Epoch, Event, ModuleHash, Row};

use super::{Activation, FileRecord, Head, Mark};

/// A part of what a store holds: all together are all of it that is not a cache (snapshots are). They are
/// exported, and imported, in the order in which they stand here; names, keys, hashes and entities ascend by
/// their bytes. So what is the same is exported the same by every back end.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// The name of the store's history, and how far it has counted. The first part, and only that.
    Head {
        /// The name.
        epoch: Epoch,
        /// The newest event, and the newest write of a model.
        head: Head,
    },
    /// A context.
    Context(ContextName),
    /// The bytes of a module, by its hash.
    Module(ModuleHash, Arc<[u8]>),
    /// A domain by its key, and how far it has got. Each is here, also those that no module ever served. Which
    /// hosts share the store is not part of it: the lease epoch is the default here.
    Domain(Mark),
    /// An activation, by its number. The greatest number is what the store has counted to.
    Activation(Activation),
    /// What a host saw at a path of its folder: by host, then by key.
    File(FileRecord),
    /// An event by its position: 1, 2, 3 … up to the head's.
    Event(Arc<Event>),
    /// A row: by domain, then by entity.
    Row(Box<StoredRow>),
}

/// A row with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRow {
    /// The domain.
    pub key: DomainKey,
    /// The entity; none under `whole-context`, which comes first.
    pub entity: Option<EntityId>,
    /// The row.
    pub row: Row,
    /// The call that it failed at, if one is kept: a [`Capture`](crate::words::Capture) as JSON.
    pub capture: Option<Vec<u8>>,
}

/// Who takes the parts of an export, one by one. `Break`: no more of them.
pub type TakePart<'a> = dyn FnMut(Part) -> ControlFlow<()> + Send + 'a;

/// How far an import has got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// So many lines of the export are in the store.
    pub lines: u64,
    /// The SHA-256 of these lines, in hexadecimal.
    pub sha256: String,
}

/// A step of an import. From the first to the last, the store is half of something: nobody serves it.
#[derive(Debug, Clone)]
pub enum Import {
    /// The next parts.
    More {
        /// How far the import was. None: it begins, in a store in which there is nothing.
        since: Option<Imported>,
        /// How far it is then.
        now: Imported,
        /// The parts, in their order.
        parts: Vec<Part>,
    },
    /// Nothing is missing: whoever opens the store now may serve it.
    Done {
        /// How far the import was.
        since: Imported,
        /// Another name for the history, if the store that was exported goes on with its own.
        epoch: Option<Epoch>,
    },
}

/// What became of a step. Where it was not taken, it left no trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportOutcome {
    /// It is durable.
    Taken,
    /// An import cannot begin: there is something in the store.
    NotEmpty,
    /// An import cannot begin: hosts share the store.
    InUse,
    /// The import is not where the step goes on.
    Elsewhere,
}
