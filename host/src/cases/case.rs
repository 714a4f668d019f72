//! A case that was read: everything in it is valid.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use crate::words::{EntityId, Event, EventId, EventType};

use super::json::Json;

/// Given events and a model, when these events come, then this is what becomes of them.
#[derive(Debug)]
pub struct Case {
    /// The file that it stands in.
    pub file: PathBuf,
    /// What it is called.
    pub name: String,
    /// The model's entity; none under `whole-context`.
    pub(super) entity: Option<EntityId>,
    pub(super) model: Option<Arc<[u8]>>,
    /// What came before, in the order of the fold.
    pub(super) given: Vec<Arc<Event>>,
    /// What comes now, in the order of the fold. Never empty.
    pub(super) when: Vec<Arc<Event>>,
    /// Their ids, in the order of the file: the indices in the file count these.
    pub(super) written: Vec<EventId>,
    pub(super) then: Then,
}

/// What is expected; what is none is not looked at.
#[derive(Debug)]
pub(super) enum Then {
    Folded {
        /// The inner none: there is no model.
        model: Option<Option<Json>>,
        events: Option<Vec<Emitted>>,
    },
    Failure {
        code: Option<String>,
        /// A part of it.
        message: Option<String>,
        /// The event that it is about.
        event: Option<EventId>,
    },
}

/// An emitted event that is expected; what is none is not looked at.
#[derive(Debug)]
pub(super) struct Emitted {
    pub(super) event_type: EventType,
    pub(super) data: Option<Json>,
    pub(super) entity: Option<EntityId>,
    pub(super) metadata: Option<BTreeMap<String, String>>,
    pub(super) cause: Option<EventId>,
}

impl Case {
    /// The index in the file of one of the events that come now.
    pub(super) fn index_of(&self, id: EventId) -> Option<usize> {
        self.written.iter().position(|written| *written == id)
    }
}
