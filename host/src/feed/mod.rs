//! Tells readers that something was committed. A signal carries numbers and no data: whoever hears it
//! reads the store, or the newest events that are kept here.

mod models;
mod tail;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use tokio::sync::watch;

pub use models::ModelFollower;

use crate::{
    store::{Change, Committed, Head},
    words::{DomainKey, EntityId, Event, Position, Version},
};

/// Where the committer publishes and readers listen.
#[derive(Debug)]
pub struct Feed {
    head: watch::Sender<Head>,
    tail: tail::Tail,
    models: Arc<models::Followed>,
    /// Every model up to this version was told of.
    told: AtomicU64,
    /// Counts what other hosts were seen to have written.
    elsewhere: watch::Sender<u64>,
}

impl Feed {
    /// A feed for a store that has counted up to `head`, keeping the newest `tail_events` events.
    #[must_use]
    pub fn new(head: Head, tail_events: usize) -> Self {
        Self {
            head: watch::Sender::new(head),
            tail: tail::Tail::new(tail_events),
            models: Arc::default(),
            told: AtomicU64::new(head.version.0),
            elsewhere: watch::Sender::default(),
        }
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

    /// Wakes whenever another host was seen to have written something. Subscribe first, then read, then wait.
    #[must_use]
    pub fn watch_elsewhere(&self) -> watch::Receiver<u64> {
        self.elsewhere.subscribe()
    }

    /// Makes a commit visible. Called by the committer, in commit order, before it answers.
    pub(crate) fn publish(&self, committed: &Committed) {
        self.tail.push(&committed.events);
        self.models.written(&committed.models);
        // Where another host wrote in between, that is still to be told, and this once more with it.
        let (before, now) = (committed.before.version.0, committed.head.version.0);
        let _ = self.told.compare_exchange(before, now, Relaxed, Relaxed);
        self.counted(committed.head);
    }

    /// Up to where every model was told of that was written, if anybody follows one.
    pub(crate) fn told(&self) -> Option<Version> {
        if self.models.is_empty() { None } else { Some(Version(self.told.load(Relaxed))) }
    }

    /// Models were written, on whichever host: all up to this version are told of now.
    pub(crate) fn tell(&self, changes: &[Change], up_to: Version) {
        self.models.written(changes);
        self.told.fetch_max(up_to.0, Relaxed);
    }

    /// Another host has written something, and the store has counted up to there.
    pub(crate) fn written_elsewhere(&self, head: Head) {
        self.counted(head);
        self.elsewhere.send_modify(|count| *count += 1);
    }

    /// News of a commit may come after those of a later one.
    fn counted(&self, newer: Head) {
        self.head.send_if_modified(|head| {
            let before = *head;
            head.position = before.position.max(newer.position);
            head.version = before.version.max(newer.version);
            *head != before
        });
    }
}
