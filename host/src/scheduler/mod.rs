//! Decides what is reduced next, and folds it.
//!
//! It wakes on the log's head, reads what is new, and gives entities with waiting events to workers: all
//! waiting events of an entity in one call, one reduction of an entity at a time, different entities at
//! once. The row in the store is the truth about what is folded; everything here can be forgotten.

mod actor;
mod ahead;
mod asking;
mod bench;
mod divergence;
mod domain;
#[cfg(test)]
mod harness;
mod history;
mod lanes;
mod mending;
mod message;
mod outcome;
mod pace;
mod portion;
mod priority;
mod reading;
mod reduce;
mod report;
mod rows;
mod serving;
mod snapshots;
mod state;
#[cfg(test)]
mod tests;
mod turn;
mod turns;
mod verify;
mod visit;
mod workers;

use std::{ops::Add, sync::Arc};

use tokio::sync::{
    mpsc::{self, UnboundedSender},
    oneshot,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::{
    catalog::Catalog,
    clock::SharedClock,
    committer::Committer,
    config::Config,
    feed::Feed,
    sandbox::Module,
    store::{Activation, Leases, Mark, Store},
    words::{DomainKey, EntityId, Position},
};

use actor::Actor;
pub(crate) use bench::{Bench, Folded};
pub use domain::Tried;
use domain::Wait;
use message::{Message, Sharer};
pub use verify::{Refolded, Verifier, VerifyError};

/// What the scheduler works with.
pub struct SchedulerParts {
    /// The configuration.
    pub config: Arc<Config>,
    /// Where events and rows are.
    pub store: Arc<dyn Store>,
    /// Where reductions go.
    pub committer: Committer,
    /// Where the head is told.
    pub feed: Arc<Feed>,
    /// Where progress is shown.
    pub catalog: Arc<Catalog>,
    /// Tells when a reduction failed.
    pub clock: SharedClock,
    /// How far each domain had got when the store was opened.
    pub marks: Vec<Mark>,
}

/// A handle to the scheduler. Cheap to clone; calls return at once.
#[derive(Clone)]
pub struct Handle {
    inbox: UnboundedSender<Message>,
}

impl Handle {
    /// A module serves its domain from now on, under this activation. The catalog must know the
    /// activation already.
    pub fn serve(&self, activation: Activation, module: Arc<Module>) {
        // Nobody listens any more while the host shuts down.
        drop(self.inbox.send(Message::Serve(Box::new(activation), module)));
    }

    /// Another host has put a module in force that is still to be loaded here: what is reduced until then would
    /// not be written.
    pub fn pause(&self, key: DomainKey) {
        drop(self.inbox.send(Message::Pause(key)));
    }

    /// A domain is retired: nothing is reduced there any more.
    pub fn retire(&self, activation: Activation) {
        drop(self.inbox.send(Message::Retire(Box::new(activation))));
    }

    /// Tries parked entities of a domain again, though neither module nor events have changed; comes back
    /// once each was reduced and committed. What is given waits in memory: give a page at a time.
    pub async fn retry(&self, key: &DomainKey, entities: Vec<Option<EntityId>>) -> Retried {
        let count = entities.len();
        let (asker, mut answers) = mpsc::channel(count.max(1));
        drop(self.inbox.send(Message::Retry(key.clone(), entities, asker)));
        let mut retried = Retried { unserved: count as u64, ..Retried::default() };
        while let Some(mended) = answers.recv().await {
            retried.unserved -= 1;
            *(if mended { &mut retried.mended } else { &mut retried.parked }) += 1;
        }
        retried
    }

    /// Waits until a domain has nothing left to try of an entity (none: of the context) up to this position:
    /// then it is folded, or parked. None where no module serves the domain any more. Where none serves it yet,
    /// that is waited for as well.
    pub async fn tried(
        &self,
        key: &DomainKey,
        entity: Option<EntityId>,
        position: Position,
    ) -> Option<Tried> {
        let (told, hears) = oneshot::channel();
        drop(self.inbox.send(Message::Wait(key.clone(), Wait { entity, position, told })));
        hears.await.ok()
    }

    /// Slots have moved between the hosts that share the store: from now on this one, `me`, reduces what the
    /// leases say, from where the marks say that all of them have got.
    pub fn share(&self, leases: Arc<Leases>, me: Uuid, marks: Vec<Mark>) {
        drop(self.inbox.send(Message::Share(Box::new(Sharer { leases, me, marks }))));
    }
}

/// What became of parked entities that were tried again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retried {
    /// Those that are parked no more.
    pub mended: u64,
    /// Those that are parked again.
    pub parked: u64,
    /// Those that were not tried: no module serves the domain (any more).
    pub unserved: u64,
}

impl Add for Retried {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            mended: self.mended + other.mended,
            parked: self.parked + other.parked,
            unserved: self.unserved + other.unserved,
        }
    }
}

/// Starts the scheduler and its workers. When `shutdown` fires, reductions in flight are finished, marks
/// are written, and it ends.
///
/// # Errors
/// Where the machine gives no threads.
pub fn start(
    parts: SchedulerParts,
    shutdown: CancellationToken,
    tracker: &TaskTracker,
) -> std::io::Result<Handle> {
    // The inbox needs no bound: each message answers one batch, page, activation or request, and those are
    // bounded.
    let (inbox, messages) = mpsc::unbounded_channel();
    let handle = Handle { inbox: inbox.clone() };
    let actor = Actor::start(parts, inbox, messages)?;
    tracker.spawn(actor.run(shutdown));
    Ok(handle)
}
