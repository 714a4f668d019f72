//! What led to an event, and what it led to.

use std::collections::BTreeSet;

use super::{Host, Result};
use crate::{
    store::{EffectsQuery, StoreError},
    words::{ContextName, Event, EventId, Fact, last_effect},
};

/// Events that are looked through at once.
const PAGE: u32 = 1000;

impl Host {
    /// The events that led to an event, from the nearest to the one that came from outside. There are at most
    /// `limits.causal_depth`.
    ///
    /// # Errors
    /// [`Error::UnknownContext`](crate::Error::UnknownContext), [`Error::UnknownEvent`](crate::Error::UnknownEvent),
    /// [`Error::Store`](crate::Error::Store).
    pub async fn causes(&self, context: &ContextName, id: EventId) -> Result<Vec<Event>> {
        let fact = self.event(context, id).await?.fact;
        let mut next = fact.cause;
        let mut causes = Vec::new();
        while let Some(cause) = next {
            let Some(event) = self.0.store.event(context, cause).await? else {
                let why = format!("event {id} goes back to {cause}, which is not there");
                return Err(StoreError::Damaged(why).into());
            };
            next = event.fact.cause;
            causes.push(event);
        }
        Ok(causes)
    }

    /// The events that an event led to, and those that they led to, and so on, behind `after`: by id, so that
    /// each comes behind its cause. At most `limit`.
    ///
    /// # Errors
    /// As for [`Self::causes`].
    pub async fn effects(
        &self,
        context: &ContextName,
        id: EventId,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<Event>> {
        self.event(context, id).await?;
        let (mut reach, mut cursor) = (Reach::of(id), id);
        let mut effects = Vec::new();
        loop {
            let up_to = reach.end();
            let query = EffectsQuery { context: context.clone(), after: cursor, up_to, limit: PAGE };
            let page = self.0.store.effects(&query).await?;
            let is_last = page.len() < PAGE as usize;
            for event in page {
                cursor = event.fact.id;
                if reach.takes(&event.fact) && after.is_none_or(|after| cursor > after) {
                    effects.push(event);
                }
                if effects.len() >= limit as usize {
                    return Ok(effects);
                }
            }
            if is_last && reach.end() == up_to {
                return Ok(effects);
            }
            if is_last {
                // What was found reaches further than what was looked through.
                cursor = up_to;
            }
        }
    }
}

/// The effects found so far that may have effects themselves, while events are looked through by id. An
/// effect's id is only a little greater than its cause's, so that few must be remembered.
struct Reach {
    causes: BTreeSet<EventId>,
    newest: EventId,
}

impl Reach {
    fn of(root: EventId) -> Self {
        Self { causes: BTreeSet::from([root]), newest: root }
    }

    /// The greatest id that the next effect can have.
    fn end(&self) -> EventId {
        last_effect(self.newest)
    }

    /// Whether an event is an effect. They must come by id.
    fn takes(&mut self, fact: &Fact) -> bool {
        while self.causes.first().is_some_and(|first| last_effect(*first) < fact.id) {
            self.causes.pop_first();
        }
        let is_effect = fact.cause.is_some_and(|cause| self.causes.contains(&cause));
        if is_effect {
            self.causes.insert(fact.id);
            self.newest = fact.id;
        }
        is_effect
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(ticks: u64) -> EventId {
        EventId::from_parts(ticks, [9; 8])
    }

    fn fact(ticks: u64, cause: Option<u64>) -> Fact {
        Fact {
            id: id(ticks),
            entity: "7d444840-9dc0-41d1-b245-5ffdce74fad2".parse().unwrap(),
            event_type: "A".parse().unwrap(),
            data: b"1".to_vec(),
            metadata: Vec::new(),
            cause: cause.map(id),
            depth: 1,
            origin: None,
        }
    }

    #[test]
    fn effects_of_effects_are_found_and_nothing_else() {
        let mut reach = Reach::of(id(10));
        let taken = [(11, 10), (12, 9), (13, 11), (14, 12), (15, 13), (16, 10)]
            .map(|(ticks, cause)| reach.takes(&fact(ticks, Some(cause))));
        assert_eq!(taken, [true, false, true, false, true, true]);
        assert_eq!(reach.end(), last_effect(id(16)));
    }

    #[test]
    fn what_can_have_no_more_effects_is_forgotten() {
        let mut reach = Reach::of(id(10));
        assert!(reach.takes(&fact(100_010, Some(10))), "the last that there can be");
        assert_eq!(reach.causes.len(), 2);
        assert!(!reach.takes(&fact(100_011, Some(10))), "no id that was derived lies there");
        assert!(reach.takes(&fact(200_010, Some(100_010))));
        assert_eq!(reach.causes.len(), 2);
    }
}
