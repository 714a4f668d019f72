//! Tells readers that something was committed. A signal carries numbers and no data: whoever hears it
//! reads the store, or the newest events that are kept here.

mod models;
mod tail;

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

pub use models::ModelFollower;

use crate::{
    store::{Change, Committed, Head},
    words::{DomainKey, EntityId, Event, Position, Version},
};

/// For so long it counts what was heard of other hosts, of whom is heard several times a second: a host that was
/// paused must not tell what was true before.
const HEARD: Duration = Duration::from_secs(1);

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
    /// Told when this host wrote behind what others did, before that was brought.
    gap: Notify,
    /// As of when it is known what other hosts wrote; none: nobody else can write.
    heard: Option<RwLock<Instant>>,
}

impl Feed {
    /// A feed for a store that has counted up to `head`, keeping the newest `tail_events` events. Where other hosts
    /// share the store, somebody has to bring what they write ([`missing`](Self::missing)): the head waits for it.
    #[must_use]
    pub fn new(head: Head, tail_events: usize, shared: bool) -> Self {
        Self {
            head: watch::Sender::new(head),
            tail: tail::Tail::new(head.position, tail_events, shared),
            models: Arc::default(),
            told: AtomicU64::new(head.version.0),
            elsewhere: watch::Sender::default(),
            gap: Notify::new(),
            heard: shared.then(|| RwLock::new(Instant::now())),
        }
    }

    /// How far the store has counted, as far as every event up to there is known here.
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

    /// Up to `limit` events behind `after` that are `wanted`, if all events behind it are kept here: those that this
    /// host has written, and those of others a moment ago. Otherwise none, and the store must be asked.
    #[must_use]
    pub fn recent(
        &self,
        after: Position,
        limit: usize,
        wanted: impl Fn(&Event) -> bool,
    ) -> Option<Vec<Arc<Event>>> {
        let heard = self.heard.as_ref().map(|heard| *heard.read().unwrap_or_else(PoisonError::into_inner));
        if heard.is_some_and(|heard| heard.elapsed() > HEARD) {
            return None;
        }
        self.tail.after(after, limit, wanted).filter(|(_, more)| !more).map(|(events, _)| events)
    }

    /// The same up to the head only: what lies behind it follows by itself.
    #[must_use]
    pub fn next(&self, after: Position, limit: usize) -> Option<Vec<Arc<Event>>> {
        self.tail.after(after, limit, |_| true).map(|(events, _)| events)
    }

    /// Wakes whenever another host was seen to have written something. Subscribe first, then read, then wait.
    #[must_use]
    pub fn watch_elsewhere(&self) -> watch::Receiver<u64> {
        self.elsewhere.subscribe()
    }

    /// Makes a commit visible. Called by the committer, in commit order, before it answers.
    pub(crate) fn publish(&self, committed: &Committed) {
        let position = self.tail.push(committed.before.position, &committed.events);
        if position < committed.head.position && !committed.events.is_empty() {
            self.gap.notify_one();
        }
        self.models.written(&committed.models);
        // Where another host wrote in between, that is still to be told, and this once more with it.
        let (before, now) = (committed.before.version.0, committed.head.version.0);
        let _ = self.told.compare_exchange(before, now, Relaxed, Relaxed);
        self.counted(Head { position, version: committed.head.version });
    }

    /// Wakes when this host wrote behind what others did and that was not brought yet.
    pub(crate) async fn gap(&self) {
        self.gap.notified().await;
    }

    /// Where the next gap begins in what is known of the log up to a position, and how many events fill it.
    pub(crate) fn missing(&self, up_to: Position) -> Option<(Position, u64)> {
        self.tail.missing(up_to)
    }

    /// Takes what other hosts wrote, from where the gap begins.
    pub(crate) fn fill(&self, events: impl IntoIterator<Item = Arc<Event>>) {
        let position = self.tail.fill(events);
        self.counted(Head { position, version: Version(0) });
    }

    /// Leaves a gap to the store: it is not worth the memory.
    pub(crate) fn skip(&self, to: Position) {
        let position = self.tail.skip(to);
        self.counted(Head { position, version: Version(0) });
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

    /// Whatever other hosts had written then was brought.
    pub(crate) fn heard(&self, as_of: Instant) {
        if let Some(heard) = &self.heard {
            *heard.write().unwrap_or_else(PoisonError::into_inner) = as_of;
        }
    }

    /// Another host has written something. What it wrote to the log was brought before.
    pub(crate) fn written_elsewhere(&self, version: Version) {
        self.counted(Head { position: Position(0), version });
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

#[cfg(test)]
mod tests;
