//! A module in force, and what it owes to those before it.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::{
    config::Limits,
    sandbox::{Call, Failure, Module, Reduced},
    sharing::Slots,
    store::Activation,
    words::{
        ActivationNumber, Descriptor, DomainKey, EntityId, EventType, History, LeaseEpoch, ModuleHash,
        Position, Row, Upgrade,
    },
};

use super::{lanes::Lane, pace::Pace, portion::Portion};

/// Under what a domain is served: who shares the store, and what of it is this host's.
#[derive(Clone)]
pub(super) struct Share {
    /// The lease epoch in force.
    pub(super) leases: LeaseEpoch,
    /// The entities that this host reduces.
    pub(super) slots: Slots,
}

impl Share {
    /// Of a store that nobody shares.
    pub(super) fn whole() -> Self {
        Self { leases: LeaseEpoch::default(), slots: Slots::all() }
    }
}

/// What a reduction is made under: of what is told about others nothing counts any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Under {
    pub(super) activation: ActivationNumber,
    pub(super) leases: LeaseEpoch,
}

/// Events that are taken at once where each needs a call of its own.
const SINGLE_EVENTS: usize = 8;

/// What the scheduler asks of a module. Tests put something in its place that needs no wasm.
pub(super) trait Reduce: Send + Sync {
    fn descriptor(&self) -> &Descriptor;
    fn hash(&self) -> ModuleHash;
    /// Whether a call may have one event only.
    fn takes_single_events(&self) -> bool;
    fn reduce(&self, call: &Call<'_>) -> Result<Reduced, Failure>;
}

impl Reduce for Module {
    fn descriptor(&self) -> &Descriptor {
        self.descriptor()
    }

    fn hash(&self) -> ModuleHash {
        self.hash()
    }

    fn takes_single_events(&self) -> bool {
        self.takes_single_events()
    }

    fn reduce(&self, call: &Call<'_>) -> Result<Reduced, Failure> {
        self.reduce(call)
    }
}

/// A module in force in a domain.
pub(super) struct Serving {
    pub(super) module: Arc<dyn Reduce>,
    /// The activation in force.
    pub(super) number: ActivationNumber,
    pub(super) key: DomainKey,
    /// What of it is this host's.
    pub(super) share: Share,
    /// The limits of this reducer.
    pub(super) limits: Limits,
    /// Whether another activation has taken its place: what is still being folded is of no use.
    pub(super) ended: CancellationToken,
    /// Every activation of the domain up to this one, oldest first.
    chain: Vec<Activation>,
    pace: Pace,
    /// How many events its calls take.
    pub(super) portion: Portion,
}

/// What a row needs from the module in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stance {
    /// It goes on from where it is.
    Continue,
    /// It is folded afresh, from the first event.
    Refold,
}

impl Serving {
    pub(super) fn new(
        key: DomainKey,
        number: ActivationNumber,
        module: Arc<dyn Reduce>,
        chain: Vec<Activation>,
        limits: Limits,
    ) -> Self {
        let (ended, pace) = (CancellationToken::new(), Pace::default());
        let portion = Portion::of_at_most(if module.takes_single_events() { 1 } else { usize::MAX });
        Self { module, number, key, share: Share::whole(), limits, ended, chain, pace, portion }
    }

    /// The same for a store that is shared.
    pub(super) fn sharing(self, share: Share) -> Self {
        Self { share, ..self }
    }

    /// Under what it serves.
    pub(super) fn under(&self) -> Under {
        Under { activation: self.number, leases: self.share.leases }
    }

    /// The activation in force, if it is known here.
    pub(super) fn activation(&self) -> Option<&Activation> {
        self.chain.iter().find(|activation| activation.number == self.number)
    }

    /// Whether this host reduces an entity (none: the context).
    pub(super) fn holds(&self, entity: Option<EntityId>) -> bool {
        self.share.slots.hold(&self.key, entity)
    }

    /// Calls the module.
    pub(super) fn reduce(&self, call: &Call<'_>) -> Result<Reduced, Failure> {
        self.pace.watch(|| self.module.reduce(call))
    }

    /// Where its batches run.
    pub(super) fn lane(&self) -> Lane {
        if self.pace.is_slow() { Lane::Back } else { Lane::Front }
    }

    /// How many events are taken at once. What needs a call for each event gets fewer, so that nobody
    /// waits long for its turn.
    pub(super) fn events_at_once(&self) -> usize {
        let most = self.limits.call_events;
        if self.module.takes_single_events() { most.min(SINGLE_EVENTS) } else { most }
    }

    pub(super) fn takes(&self, event_type: &EventType) -> bool {
        self.module.descriptor().takes(event_type)
    }

    pub(super) fn by_occurrence(&self) -> bool {
        self.module.descriptor().by_occurrence()
    }

    /// How many events lie between two snapshots of a row; 0: there are none. Only late events need them.
    pub(super) fn snapshot_events(&self) -> usize {
        if self.by_occurrence() { self.limits.snapshot_events } else { 0 }
    }

    /// The activations that put this very module in force, oldest first.
    pub(super) fn same_module(&self) -> Vec<ActivationNumber> {
        let hash = self.module.hash();
        let is_same =
            |activation: &&Activation| activation.module.as_ref().is_some_and(|(of, _)| *of == hash);
        self.chain.iter().filter(is_same).map(|activation| activation.number).collect()
    }

    /// Whether this very module was never in force before.
    pub(super) fn is_new(&self) -> bool {
        self.same_module().len() < 2
    }

    pub(super) fn stance(&self, row: Option<&Row>) -> Stance {
        let Some(row) = row else { return Stance::Continue };
        let reduced_by = row.activation();
        if row.folded == Position(0) || reduced_by == self.number || self.made_whole(row) {
            return Stance::Continue;
        }
        let since = self.chain.iter().filter(|activation| activation.number > reduced_by);
        let rebuilds = |activation: &Activation| {
            activation.module.as_ref().is_some_and(|(_, descriptor)| descriptor.upgrade == Upgrade::Rebuild)
        };
        // An unfinished rebuild in between has to be made good even if the newest module resumes.
        if since.into_iter().any(rebuilds) { Stance::Refold } else { Stance::Continue }
    }

    /// Whether this very module made all of the row, under whatever activation: folding it afresh would
    /// change nothing.
    fn made_whole(&self, row: &Row) -> bool {
        let [segment] = row.made_by.as_slice() else { return false };
        let by = self.chain.iter().find(|activation| activation.number.0 == segment.activation);
        let module = by.and_then(|activation| activation.module.as_ref());
        module.is_some_and(|(hash, _)| *hash == self.module.hash())
    }

    /// Events of this type at or below this position never emit: they were in the log before any module
    /// of the domain took them (for its first module: only if that asked for silence).
    pub(super) fn silent_up_to(&self, event_type: &EventType) -> Position {
        let mut modules = self.chain.iter().filter_map(|a| a.module.as_ref().map(|(_, d)| (a.head, d)));
        let Some((head, first)) = modules.next() else { return Position(0) };
        if first.takes(event_type) {
            return if first.history == History::Silent { head } else { Position(0) };
        }
        modules.find(|(_, descriptor)| descriptor.takes(event_type)).map_or(Position(0), |(head, _)| head)
    }
}
