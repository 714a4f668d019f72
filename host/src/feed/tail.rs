//! The newest events, kept so that readers who are nearly up to date need not ask the store.

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError, RwLock},
};

use crate::words::{Event, Position};

/// A run of events without a gap, ending at the newest.
#[derive(Debug)]
pub(super) struct Tail {
    events: RwLock<VecDeque<Arc<Event>>>,
    capacity: usize,
}

impl Tail {
    pub(super) fn new(capacity: usize) -> Self {
        Self { events: RwLock::default(), capacity }
    }

    pub(super) fn push(&self, newer: &[Arc<Event>]) {
        let Some(first) = newer.first() else { return };
        let mut events = self.events.write().unwrap_or_else(PoisonError::into_inner);
        // Another host's events may lie between: what is kept must stay without a gap.
        if events.back().is_some_and(|last| last.position.0 + 1 != first.position.0) {
            events.clear();
        }
        events.extend(newer.iter().cloned());
        let excess = events.len().saturating_sub(self.capacity);
        events.drain(..excess);
    }

    pub(super) fn after(
        &self,
        after: Position,
        limit: usize,
        wanted: impl Fn(&Event) -> bool,
    ) -> Option<Vec<Arc<Event>>> {
        let events = self.events.read().unwrap_or_else(PoisonError::into_inner);
        let oldest = events.front()?.position.0;
        let skip = usize::try_from((after.0 + 1).checked_sub(oldest)?).ok()?;
        Some(
            events
                .range(skip.min(events.len())..)
                .filter(|event| wanted(event))
                .take(limit)
                .cloned()
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{EventId, Fact};

    fn event(position: u64) -> Arc<Event> {
        Arc::new(Event {
            position: Position(position),
            recorded_at: 0,
            context: "c".parse().unwrap(),
            fact: Arc::new(Fact {
                id: EventId::from_parts(position, [0; 8]),
                entity: "7d444840-9dc0-41d1-b245-5ffdce74fad2".parse().unwrap(),
                event_type: "t".parse().unwrap(),
                data: b"1".to_vec(),
                metadata: Vec::new(),
                cause: None,
                depth: 0,
                origin: None,
            }),
        })
    }

    fn positions(tail: &Tail, after: u64, limit: usize) -> Option<Vec<u64>> {
        Some(tail.after(Position(after), limit, |_| true)?.iter().map(|event| event.position.0).collect())
    }

    #[test]
    fn it_answers_only_what_it_has_whole() {
        let tail = Tail::new(3);
        assert_eq!(positions(&tail, 0, 9), None);
        tail.push(&[event(1), event(2)]);
        tail.push(&[event(3), event(4)]);
        assert_eq!(positions(&tail, 0, 9), None, "1 is gone");
        assert_eq!(positions(&tail, 1, 9), Some(vec![2, 3, 4]));
        assert_eq!(positions(&tail, 2, 1), Some(vec![3]));
        assert_eq!(positions(&tail, 4, 9), Some(vec![]));
    }

    #[test]
    fn a_gap_empties_it() {
        let tail = Tail::new(9);
        tail.push(&[event(1), event(2)]);
        tail.push(&[event(5)]);
        assert_eq!(positions(&tail, 1, 9), None);
        assert_eq!(positions(&tail, 4, 9), Some(vec![5]));
    }
}
