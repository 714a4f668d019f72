//! Expectations: whether an entity is still as a request saw it.

use super::*;

impl Known {
    /// Entities that are expected to be in some state and have no events from outside.
    pub(super) fn add_those_without_events(&mut self, group: &Group) {
        for append in &group.appends {
            if let Some((entity, _)) = append.expecting() {
                self.outside.entry((append.context.clone(), entity)).or_default();
            }
        }
    }

    /// Counts an event that is going to be written.
    pub(super) fn count(&mut self, context: &ContextName, fact: &Fact) {
        if self.outside.is_empty() || fact.origin.is_some() {
            return;
        }
        if let Some(count) = self.outside.get_mut(&(context.clone(), fact.entity)) {
            *count += 1;
        }
    }
}

impl Bench<'_> {
    /// A request whose events are all there is a retry: it was accepted, and moved the count itself.
    pub(super) fn refuse_unmet(&self, append: &Append) -> Result<(), AppendRefusal> {
        let Some((entity, expected)) = append.expecting() else { return Ok(()) };
        let current = self.known.outside.get(&(append.context.clone(), entity)).copied().unwrap_or_default();
        let is_present = |fact: &Arc<Fact>| self.known_at(&append.context, fact.id).is_some();
        if expected.is_met(current) || append.facts.iter().all(is_present) {
            return Ok(());
        }
        Err(AppendRefusal::Unmet { entity, current })
    }
}
