//! What this host knows of contexts, domains and the modules that serve them. Written by `deploy` and
//! `scheduler`; read wherever a name must be known.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use serde::Serialize;

use crate::{
    store::Activation,
    words::{ContextName, Descriptor, Divergence, DomainKey, DomainName, ModuleHash, Position, Time},
};

/// What a domain is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum State {
    /// Its module is being compiled.
    Compiling,
    /// Its module serves; every entity has been visited.
    Active,
    /// Its module serves, and visits entities that an older one (or none) reduced.
    Rebuilding {
        /// Entities visited so far.
        done: u64,
        /// Entities to visit.
        total: u64,
    },
    /// Its module cannot serve here.
    Failed {
        /// Why.
        why: String,
    },
    /// Its file was deleted. Its models stay readable.
    Retired,
}

/// A failed reduction, as shown to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParkedEntity {
    /// The entity; none under `whole-context`.
    pub entity: Option<String>,
    /// The event that could not be folded.
    pub event: String,
    /// Its position.
    pub position: u64,
    /// A short, stable name for programs.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

/// What a domain has done since this host started, and what of it waits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rows that hold a model.
    pub models: u64,
    /// Entities that are parked.
    pub parked: u64,
    /// Committed reductions.
    pub reductions: u64,
    /// Events folded by them, refolds included.
    pub folded: u64,
    /// Committed reductions that folded an entity afresh.
    pub refolds: u64,
    /// Events emitted.
    pub emitted: u64,
    /// Reductions that were dropped because their row or activation had moved.
    pub stale: u64,
    /// Emissions that a refold left out, added or changed.
    pub divergent: u64,
}

/// A divergence, and when this host found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diverged {
    /// When, by the host's clock.
    pub at: Time,
    /// What differs.
    pub divergence: Divergence,
}

/// Everything about one domain.
#[derive(Debug, Clone)]
pub struct Domain {
    /// Every activation that it ever had, oldest first. Empty while its first module is not in force.
    pub activations: Vec<Activation>,
    /// What it is doing.
    pub state: State,
    /// Why the newest file at its path is not in force, if it is not.
    pub refused: Option<String>,
    /// What it has done.
    pub counts: Counts,
    /// Every event up to here is folded, or its entity is parked or yet to be visited.
    pub position: Position,
    /// The entities that were parked last, newest first; at most [`Catalog::PARKED_SHOWN`].
    pub parked: Vec<ParkedEntity>,
    /// The divergences that this host found last, newest first; at most [`Catalog::DIVERGENCES_KEPT`].
    pub divergences: Arc<VecDeque<Diverged>>,
}

impl Domain {
    fn new() -> Self {
        Self {
            activations: Vec::new(),
            state: State::Compiling,
            refused: None,
            counts: Counts::default(),
            position: Position::default(),
            parked: Vec::new(),
            divergences: Arc::default(),
        }
    }

    /// Divergences were found, the last one last.
    pub(crate) fn diverged(&mut self, found: Vec<Diverged>) {
        if found.is_empty() {
            return;
        }
        let divergences = Arc::make_mut(&mut self.divergences);
        found.into_iter().for_each(|diverged| divergences.push_front(diverged));
        divergences.truncate(Catalog::DIVERGENCES_KEPT);
    }

    /// The newest module that served or serves, and what it says about itself.
    #[must_use]
    pub fn module(&self) -> Option<&(ModuleHash, Descriptor)> {
        self.activations.iter().rev().find_map(|activation| activation.module.as_ref())
    }

    /// The activation in force: the newest, unless it is a retirement.
    #[must_use]
    pub fn active(&self) -> Option<&Activation> {
        self.activations.last().filter(|activation| activation.module.is_some())
    }

    /// Whether it was served once and is no longer.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        !self.activations.is_empty() && self.active().is_none()
    }
}

#[derive(Debug, Default)]
struct Known {
    contexts: BTreeSet<ContextName>,
    domains: BTreeMap<DomainKey, Arc<Domain>>,
}

/// What this host knows. Cheap to read; share it behind an `Arc`.
#[derive(Debug, Default)]
pub struct Catalog(RwLock<Known>);

impl Catalog {
    /// How many parked entities of a domain are shown beside it.
    pub const PARKED_SHOWN: u32 = 20;
    /// How many divergences of a domain are kept.
    pub const DIVERGENCES_KEPT: usize = 100;

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody named this context.
    #[must_use]
    pub fn knows(&self, context: &ContextName) -> bool {
        self.read().contexts.contains(context)
    }

    /// Makes a context known; tells whether it was not.
    pub fn name_context(&self, context: &ContextName) -> bool {
        !self.knows(context) && self.write().contexts.insert(context.clone())
    }

    /// Every context that somebody named.
    #[must_use]
    pub fn contexts(&self) -> Vec<ContextName> {
        self.read().contexts.iter().cloned().collect()
    }

    /// What is known of a domain that is or was served.
    #[must_use]
    pub fn domain(&self, key: &DomainKey) -> Option<Arc<Domain>> {
        self.read().domains.get(key).filter(|domain| !domain.activations.is_empty()).cloned()
    }

    /// The domains of a context that are or were served, by name.
    #[must_use]
    pub fn domains(&self, context: &ContextName) -> Vec<DomainName> {
        let known = self.read();
        let of_context = known.domains.iter().filter(|(key, _)| key.context == *context);
        of_context.filter(|(_, d)| !d.activations.is_empty()).map(|(key, _)| key.domain.clone()).collect()
    }

    /// Everything, also domains whose first file was refused, by name.
    #[must_use]
    pub fn all(&self) -> Vec<(DomainKey, Arc<Domain>)> {
        self.read().domains.iter().map(|(key, domain)| (key.clone(), domain.clone())).collect()
    }

    /// The module that a past or present activation put in force.
    #[must_use]
    pub fn module_of(&self, key: &DomainKey, activation: u64) -> Option<ModuleHash> {
        let known = self.read();
        let mut activations = known.domains.get(key)?.activations.iter();
        activations.find(|a| a.number.0 == activation)?.module.as_ref().map(|(hash, _)| *hash)
    }

    /// Changes what is known of a domain, which becomes known by it.
    pub fn update(&self, key: &DomainKey, change: impl FnOnce(&mut Domain)) {
        let mut known = self.write();
        let domain = known.domains.entry(key.clone()).or_insert_with(|| Arc::new(Domain::new()));
        change(Arc::make_mut(domain));
    }

    /// An activation is in force, or was, as the store says. What is known already changes nothing; tells whether
    /// it was not known. Where it is the newest, its module is still to be loaded.
    pub fn learn(&self, activation: &Activation) -> bool {
        let mut is_new = false;
        self.update(&activation.key, |domain| {
            let known = &mut domain.activations;
            let Err(place) = known.binary_search_by_key(&activation.number, |known| known.number) else {
                return;
            };
            is_new = true;
            known.insert(place, activation.clone());
            if place + 1 == known.len() {
                domain.state = if activation.module.is_some() { State::Compiling } else { State::Retired };
            }
        });
        is_new
    }

    /// Forgets that the newest file of a domain was refused, and with it a domain that never had another.
    pub fn clear_refusal(&self, key: &DomainKey) {
        let mut known = self.write();
        let Some(domain) = known.domains.get_mut(key) else { return };
        if domain.activations.is_empty() {
            known.domains.remove(key);
        } else if domain.refused.is_some() {
            Arc::make_mut(domain).refused = None;
        }
    }
}
