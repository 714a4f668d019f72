//! Many hosts on one store: who is there, which entities each of them reduces, and what was written elsewhere.
//!
//! | file | what it does |
//! |---|---|
//! | `slots` | which entities are a host's, as a pure function of who is there |
//! | `keeper` | says again and again that this host is there, and hears of what others wrote |
//!
//! Whoever is there holds a lease. When one comes, goes or is silent for too long, the store's lease epoch rises,
//! and every host takes up what is its own from then on. Nothing that was folded under an older epoch is written,
//! so that nothing depends on clocks: they decide only when a silent host is given up.

mod keeper;
mod slots;

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use crate::{
    clock::random_uuid,
    config::Config,
    store::{Holder, Leases},
    words::LeaseEpoch,
};

pub(crate) use keeper::{Keeper, KeeperParts};
pub use slots::{SLOTS, Slots};

/// This host among those that share its store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Membership {
    me: Holder,
    lasts: Duration,
    /// As this host heard last.
    leases: Arc<RwLock<Arc<Leases>>>,
}

impl Membership {
    /// A host that has not heard of others.
    pub(crate) fn new(config: &Config) -> Self {
        let me = Holder {
            id: random_uuid(),
            node: config.node.clone(),
            listen: config.listen.clone(),
            reduces: config.reduces(),
        };
        let alone = Leases { epoch: LeaseEpoch::default(), holders: vec![me.clone()] };
        let lasts = Duration::from_millis(config.lease_ms);
        Self { me, lasts, leases: Arc::new(RwLock::new(Arc::new(alone))) }
    }

    /// This host.
    #[must_use]
    pub fn me(&self) -> &Holder {
        &self.me
    }

    /// Who shares the store, as this host heard last.
    #[must_use]
    pub fn leases(&self) -> Arc<Leases> {
        Arc::clone(&self.leases.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn heard(&self, leases: Arc<Leases>) {
        *self.leases.write().unwrap_or_else(PoisonError::into_inner) = leases;
    }
}
