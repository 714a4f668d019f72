//! Events: what happened, and where the log keeps it.

use std::sync::Arc;

use super::{ContextName, DomainName, EntityId, EventId, EventType, Position};

/// What was sent along with an event, in the order in which it was sent.
pub type Metadata = Vec<(String, String)>;

/// Who emitted an event: the domain, and the entity whose model it keeps (none under `whole-context`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The domain.
    pub domain: DomainName,
    /// The model's entity.
    pub entity: Option<EntityId>,
}

/// What happened: all of an event but its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Its id, unique in its context.
    pub id: EventId,
    /// The entity that it happened to.
    pub entity: EntityId,
    /// What kind of thing happened.
    pub event_type: EventType,
    /// JSON text without insignificant white space.
    pub data: Vec<u8>,
    /// What was sent along with it.
    pub metadata: Metadata,
    /// The event that led to it; none for what came from outside.
    pub cause: Option<EventId>,
    /// How many causes lie between it and the outside.
    pub depth: u32,
    /// Who emitted it; none for what came from outside.
    pub origin: Option<Origin>,
}

impl Fact {
    /// Whether both say the same: type, entity and data (metadata does not count).
    #[must_use]
    pub fn same_content(&self, other: &Self) -> bool {
        self.event_type == other.event_type && self.entity == other.entity && self.data == other.data
    }
}

/// An event in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place in the log.
    pub position: Position,
    /// When it was recorded, in microseconds since the Unix epoch, by the host's clock.
    pub recorded_at: i64,
    /// The context that it belongs to.
    pub context: ContextName,
    /// What happened.
    pub fact: Arc<Fact>,
}
