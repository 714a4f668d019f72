//! Compares what a refold emits with what was emitted before. Facts stay facts: a difference is reported
//! and changes nothing.

use std::{collections::HashMap, sync::Arc};

use crate::{
    store::{Store, StoreError},
    words::{DomainKey, EntityId, EventId, Fact},
};

use super::asking::ask;

/// Every difference, each in a sentence. Only events behind `after` (none: all) were folded again.
pub(super) async fn compare(
    store: &Arc<dyn Store>,
    key: &DomainKey,
    entity: Option<EntityId>,
    after: Option<EventId>,
    repeated: &[Arc<Fact>],
) -> Result<Vec<String>, StoreError> {
    let of = key.clone();
    let emitted = ask(store, |store| async move { store.emissions(&of, entity, after).await }).await?;
    let mut emitted: HashMap<EventId, Arc<Fact>> =
        emitted.into_iter().map(|event| (event.fact.id, event.fact)).collect();
    let what = entity.map_or_else(|| key.to_string(), |entity| format!("{key} of {entity}"));
    let mut differences = Vec::new();
    for fact in repeated {
        match emitted.remove(&fact.id) {
            None => differences
                .push(format!("{what}: {} ({}) would be emitted now, and was not", fact.id, fact.event_type)),
            Some(before) if !before.same_content(fact) => {
                differences.push(format!(
                    "{what}: {} ({}) would now say something else",
                    fact.id, before.event_type
                ));
            }
            Some(_) => {}
        }
    }
    let mut missing: Vec<_> = emitted.into_values().collect();
    missing.sort_unstable_by_key(|fact| fact.id);
    for fact in missing {
        differences
            .push(format!("{what}: {} ({}) was emitted, and would not be now", fact.id, fact.event_type));
    }
    Ok(differences)
}
