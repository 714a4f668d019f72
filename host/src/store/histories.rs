//! Whole histories of many entities at once: what is asked, and how an answer is put together.

use std::collections::HashMap;

use crate::words::{ContextName, EntityId, Event};

/// Whose histories to read whole.
#[derive(Debug, Clone)]
pub struct HistoriesQuery {
    /// The context.
    pub context: ContextName,
    /// The entities, ascending, each once.
    pub entities: Vec<EntityId>,
    /// At most so many events in all.
    pub limit: u32,
    /// Histories are left out that hold an event of more bytes, data and metadata together: so an answer is
    /// bounded in bytes as well.
    pub event_bytes: u32,
}

impl HistoriesQuery {
    /// Puts an answer together from what was found, in any order: all events of the entities from the first on,
    /// up to more than the limit. Of an event with too many bytes only its entity is given.
    #[must_use]
    pub fn answer(
        &self,
        found: impl IntoIterator<Item = (EntityId, Option<Event>)>,
    ) -> Vec<Option<Vec<Event>>> {
        let mut counts: HashMap<EntityId, (usize, Vec<Event>)> = HashMap::new();
        for (entity, event) in found {
            let (count, events) = counts.entry(entity).or_default();
            *count += 1;
            events.extend(event);
        }
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let mut answers = Vec::with_capacity(self.entities.len());
        let mut total = 0;
        for entity in &self.entities {
            let (count, mut events) = counts.remove(entity).unwrap_or_default();
            total += count;
            if total > limit {
                break;
            }
            let is_whole = events.len() == count;
            events.sort_unstable_by_key(|event| event.fact.id);
            answers.push(is_whole.then_some(events));
        }
        if answers.is_empty() && !self.entities.is_empty() {
            answers.push(None);
        }
        answers
    }
}
