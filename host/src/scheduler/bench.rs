//! A module on the bench: events are folded as everywhere here, but nothing is read or written.

use std::sync::Arc;

use crate::{
    config::Limits,
    sandbox::{Failure, Module},
    store::Activation,
    words::{ActivationNumber, DomainKey, EntityId, Event, Fact, Position},
};

use super::{
    serving::Serving,
    state::{Fold, State},
};

/// Folds with a module as if it had served its domain from the first event on: with the scheduler's own
/// checks, limits and ids, and without a store.
pub(crate) struct Bench {
    serving: Serving,
}

/// What folding them brought about.
pub(crate) struct Folded {
    /// The model after them.
    pub(crate) model: Option<Arc<[u8]>>,
    /// The events that were emitted, in order.
    pub(crate) events: Vec<Arc<Fact>>,
}

impl Bench {
    /// A bench for this module in this domain.
    pub(crate) fn new(key: DomainKey, module: Arc<Module>, limits: Limits) -> Self {
        let number = ActivationNumber(1);
        let named = Some((module.hash(), module.descriptor().clone()));
        // Put in force before the first event, so that none is history that stays silent.
        let activation = Activation { number, key: key.clone(), module: named, head: Position(0), at: 0 };
        Self { serving: Serving::new(key, number, module, vec![activation], limits) }
    }

    /// Folds events, in the order of the fold, onto a model, in as few calls as the limits allow. There must be at
    /// least one, and no more than `limits.call_events`.
    ///
    /// # Errors
    /// Why they could not be folded.
    pub(crate) fn fold(
        &self,
        entity: Option<EntityId>,
        model: Option<Arc<[u8]>>,
        events: &[Arc<Event>],
    ) -> Result<Folded, Failure> {
        let limits = &self.serving.limits;
        let emitted = Position::default();
        let fold = Fold { serving: &self.serving, limits, entity, emitted, snapshot_events: 0 };
        let mut state = State { model, ..State::default() };
        let mut left = events;
        while !left.is_empty() {
            let folded = events.len() - left.len();
            state.fold_portion(&fold, &mut left).map_err(|stuck| {
                let event = stuck.failure.event.map(|event| folded + event);
                Failure { event, ..*stuck.failure }
            })?;
        }
        Ok(Folded { model: state.model, events: state.emissions })
    }
}
