//! What the scheduler's task is told, by handles, workers and readers.

use std::sync::Arc;

use uuid::Uuid;

use crate::{
    sharing::Slots,
    store::{Activation, Leases, Mark},
    words::{DomainKey, EntityId},
};

use super::{
    domain::{Asker, Wait},
    reading::{EntitiesRead, LogRead},
    serving::{Reduce, Share, Under},
    workers::Finished,
};

/// What the scheduler is told.
pub(super) enum Message {
    Serve(Box<Activation>, Arc<dyn Reduce>),
    Retire(Box<Activation>),
    /// Parked entities are to be tried again.
    Retry(DomainKey, Vec<Option<EntityId>>, Asker),
    /// Somebody waits until something is folded.
    Wait(DomainKey, Wait),
    /// A worker has nothing to do.
    Free {
        worker: usize,
        /// How many folds go on there between batches.
        folds: usize,
        key: DomainKey,
        under: Under,
    },
    /// The fold of an entity takes long. It goes on between others.
    MadeWay {
        key: DomainKey,
        under: Under,
        entity: Option<EntityId>,
    },
    /// A domain is served by another module soon.
    Pause(DomainKey),
    /// Slots have moved between the hosts that share the store.
    Share(Box<Sharer>),
    /// Reductions were committed, dropped, or had nothing to commit.
    Finished {
        key: DomainKey,
        under: Under,
        finished: Vec<Finished>,
    },
    LogRead(LogRead),
    EntitiesRead(EntitiesRead),
}

/// What this host reduces of a store that others share, from now on.
pub(super) struct Sharer {
    pub(super) leases: Arc<Leases>,
    /// Which of the holders this host is.
    pub(super) me: Uuid,
    /// How far each domain has got, on whichever host.
    pub(super) marks: Vec<Mark>,
}

impl Sharer {
    pub(super) fn share(&self, key: &DomainKey) -> Share {
        Share { leases: self.leases.epoch, slots: Slots::of(&self.leases, self.me, key) }
    }
}
