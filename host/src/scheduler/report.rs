//! Shows in the catalog what the scheduler does.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::{
    catalog::{Catalog, Diverged, ParkedEntity, State},
    clock::SharedClock,
    store::{Activation, Store},
    words::{ActivationNumber, Divergence, DomainKey, EntityId, EventId, Parked, Time},
};

use super::{divergence, domain::Domain, outcome::Done};

pub(super) struct Report {
    catalog: Arc<Catalog>,
    store: Arc<dyn Store>,
    /// Tells when something was found.
    clock: SharedClock,
}

impl Report {
    pub(super) fn new(catalog: Arc<Catalog>, store: Arc<dyn Store>, clock: SharedClock) -> Self {
        Self { catalog, store, clock }
    }

    /// Every activation of a domain.
    pub(super) fn chain(&self, key: &DomainKey) -> Vec<Activation> {
        self.catalog.domain(key).map(|domain| domain.activations.clone()).unwrap_or_default()
    }

    /// A module has begun to serve. What stands in the store is counted in the background.
    pub(super) fn serves(&self, domain: &Domain) {
        let (done, total) = domain.visit.progress();
        let state = if domain.visit.is_settled() { State::Active } else { State::Rebuilding { done, total } };
        self.catalog.update(&domain.serving.key, |known| known.state = state);
        let (catalog, store) = (Arc::clone(&self.catalog), Arc::clone(&self.store));
        let (key, number) = (domain.serving.key.clone(), domain.serving.number);
        tokio::spawn(count(catalog, store, key, number));
    }

    /// How far the domain has got.
    pub(super) fn progress(&self, domain: &mut Domain) {
        let has_just_settled = domain.visit.has_just_settled();
        let (done, total) = domain.visit.progress();
        let position = domain.mark();
        self.catalog.update(&domain.serving.key, |known| {
            known.position = position;
            match &mut known.state {
                state @ State::Rebuilding { .. } if has_just_settled => *state = State::Active,
                state @ State::Rebuilding { .. } => *state = State::Rebuilding { done, total },
                _ => {}
            }
        });
    }

    pub(super) fn stale(&self, key: &DomainKey) {
        self.catalog.update(key, |known| known.counts.stale += 1);
    }

    /// What a reduction emitted otherwise than it was emitted before.
    fn diverged(&self, done: &Done, divergent: &[EventId]) -> Vec<Diverged> {
        // Late events legitimately cause it, so it is told and not warned of.
        for divergence in &done.divergences {
            tracing::info!("divergence: {divergence}");
        }
        let taken = match &done.reduction {
            Some(reduction) if !divergent.is_empty() => divergence::taken(reduction, divergent),
            _ => Vec::new(),
        };
        for divergence in &taken {
            tracing::warn!("divergence: {divergence}");
        }
        let found = |divergence: Divergence| Diverged { at: Time(self.clock.now()), divergence };
        done.divergences.iter().cloned().chain(taken).map(found).collect()
    }

    /// A reduction was committed.
    pub(super) fn committed(
        &self,
        key: &DomainKey,
        entity: Option<EntityId>,
        done: &Done,
        divergent: &[EventId],
    ) {
        let Some(after) = &done.after else { return };
        let had_model = done.before.as_ref().is_some_and(|row| row.model.is_some());
        let was_parked = done.before.as_ref().is_some_and(|row| row.parked.is_some());
        let emitted =
            done.reduction.as_ref().map_or(0, |reduction| reduction.emissions.len() - divergent.len());
        let diverged = self.diverged(done, divergent);
        if let Some(parked) = &after.parked {
            tracing::warn!(domain = %key, ?entity, event = parked.event, code = parked.code, "parked: {}", parked.message);
        }
        self.catalog.update(key, |known| {
            let counts = &mut known.counts;
            counts.reductions += 1;
            counts.folded += done.count;
            counts.refolds += u64::from(done.refolded);
            counts.emitted += emitted as u64;
            counts.divergent += diverged.len() as u64;
            counts.models =
                (counts.models + u64::from(after.model.is_some())).saturating_sub(u64::from(had_model));
            counts.parked =
                (counts.parked + u64::from(after.parked.is_some())).saturating_sub(u64::from(was_parked));
            known.diverged(diverged);
            if was_parked {
                let name = entity.map(|entity| entity.to_string());
                known.parked.retain(|shown| shown.entity != name);
            }
            if let Some(parked) = &after.parked {
                known.parked.insert(0, shown(entity, parked));
                known.parked.truncate(Catalog::PARKED_SHOWN as usize);
            }
        });
    }
}

/// How often a domain is counted at most: each time reads all of its rows. Under steady load its counts may
/// be off by what was committed meanwhile.
const COUNTED: u32 = 3;
/// How long after a count nothing may have been committed for it to be right.
const QUIET: Duration = Duration::from_millis(200);

/// Counts what stands in the store. Nobody waits for it, so commits go on meanwhile: a count that may have
/// missed one of them, or may hold one that is reported only afterwards, is taken again.
async fn count(catalog: Arc<Catalog>, store: Arc<dyn Store>, key: DomainKey, number: ActivationNumber) {
    let reductions = || catalog.domain(&key).map(|known| known.counts.reductions);
    for round in 1..=COUNTED {
        let before = reductions();
        let counts = store.count_rows(&key, number).await;
        let parked = store.parked(&key, None, Catalog::PARKED_SHOWN).await;
        let (Ok(counts), Ok(parked)) = (counts, parked) else {
            tracing::warn!(domain = %key, "models could not be counted; the counts start from zero");
            return;
        };
        let parked = parked.iter().map(|(entity, parked)| shown(*entity, parked)).collect();
        catalog.update(&key, |known| {
            known.counts.models = counts.models;
            known.counts.parked = counts.parked;
            known.parked = parked;
        });
        sleep(QUIET * round).await;
        if reductions() == before {
            return;
        }
    }
}

fn shown(entity: Option<EntityId>, parked: &Parked) -> ParkedEntity {
    ParkedEntity {
        entity: entity.map(|entity| entity.to_string()),
        event: parked.event.clone(),
        position: parked.position,
        code: parked.code.clone(),
        message: parked.message.clone(),
    }
}
