//! Compares what a refold emits with what was emitted before. Facts stay facts: a difference is reported
//! and changes nothing.

use std::{collections::HashMap, sync::Arc};

use crate::{
    store::{Reduction, Store, StoreError},
    words::{Difference, Divergence, DomainKey, EntityId, EventId, Fact},
};

use super::asking::ask;

/// Every difference: what would be emitted now in the order in which it would be, then what is missing. Only
/// events behind `after` (none: all) were folded again.
pub(super) async fn compare(
    store: &Arc<dyn Store>,
    key: &DomainKey,
    entity: Option<EntityId>,
    after: Option<EventId>,
    repeated: &[Arc<Fact>],
) -> Result<Vec<Divergence>, StoreError> {
    let of = key.clone();
    let emitted = ask(store, |store| async move { store.emissions(&of, entity, after).await }).await?;
    let mut emitted: HashMap<EventId, Arc<Fact>> =
        emitted.into_iter().map(|event| (event.fact.id, event.fact)).collect();
    let mut divergences = Vec::new();
    for fact in repeated {
        match emitted.remove(&fact.id) {
            None => divergences.push(diverges(key, entity, fact, Difference::Extra)),
            Some(before) if !before.same_content(fact) => {
                let event_type = before.event_type.clone();
                let other = diverges(key, entity, fact, Difference::Other);
                divergences.push(Divergence { event_type, ..other });
            }
            Some(_) => {}
        }
    }
    let mut missing: Vec<_> = emitted.into_values().collect();
    missing.sort_unstable_by_key(|fact| fact.id);
    divergences.extend(missing.iter().map(|fact| diverges(key, entity, fact, Difference::Missing)));
    Ok(divergences)
}

/// The emissions of a reduction that were not inserted, because other content has their ids.
pub(super) fn taken(reduction: &Reduction, ids: &[EventId]) -> Vec<Divergence> {
    let taken = reduction.emissions.iter().filter(|fact| ids.contains(&fact.id));
    taken.map(|fact| diverges(&reduction.key, reduction.entity, fact, Difference::Taken)).collect()
}

fn diverges(key: &DomainKey, entity: Option<EntityId>, fact: &Fact, difference: Difference) -> Divergence {
    let is_missing = difference == Difference::Missing;
    Divergence {
        key: key.clone(),
        entity,
        id: fact.id,
        event_type: fact.event_type.clone(),
        cause: fact.cause,
        difference,
        data: (!is_missing).then(|| Divergence::shown(&fact.data)),
    }
}
