//! Tells readers that something was committed. A signal carries numbers and no data: whoever hears it
//! reads the store, or the newest events that are kept here.

mod models;
mod tail;

use std::sync::Arc;

use tokio::sync::watch;

pub use models::ModelFollower;

use crate::{
    store::{Committed, Head},
    words::{DomainKey, EntityId, Event, Position},
};

/// Where the committer publishes and readers listen.
#[derive(Debug)]
pub struct Feed {
    head: watch::Sender<Head>,
    tail: tail::Tail,
    models: Arc<models::Followed>,
}

impl Feed {
    /// A feed for a store that has counted up to `head`, keeping the newest `tail_events` events.
    #[must_use]
    pub fn new(head: Head, tail_events: usize) -> Self {
        Self { head: watch::Sender::new(head), tail: tail::Tail::new(tail_events), models: Arc::default() }
    }

    /// How far the store has counted.
    #[must_use]
    pub fn head(&self) -> Head {
        *self.head.borrow()
    }

    /// Wakes whenever the store has counted on. Subscribe first, then read, then wait.
    #[must_use]
    pub fn watch_head(&self) -> watch::Receiver<Head> {
        self.head.subscribe()
    }

    /// Wakes whenever this model is written or deleted. Subscribe first, then read, then wait.
    #[must_use]
    pub fn follow_model(&self, key: DomainKey, entity: Option<EntityId>) -> ModelFollower {
        models::follow(&self.models, key, entity)
    }

    /// Up to `limit` events behind `after` that are `wanted`, if all events behind it are still kept here;
    /// otherwise none, and the store must be asked.
    #[must_use]
    pub fn recent(
        &self,
        after: Position,
        limit: usize,
        wanted: impl Fn(&Event) -> bool,
    ) -> Option<Vec<Arc<Event>>> {
        self.tail.after(after, limit, wanted)
    }

    /// Makes a commit visible. Called by the committer, in commit order, before it answers.
    pub(crate) fn publish(&self, committed: &Committed) {
        self.tail.push(&committed.events);
        self.models.written(&committed.models);
        self.head.send_if_modified(|head| std::mem::replace(head, committed.head) != committed.head);
    }
}
