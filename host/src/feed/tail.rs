//! The newest events, kept so that readers who are nearly up to date need not ask the store.

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError, RwLock},
};

use crate::words::{Event, Position};

/// A run of events without a gap, and what this host wrote behind a gap.
#[derive(Debug)]
pub(super) struct Tail {
    kept: RwLock<Kept>,
    capacity: usize,
    /// Whether somebody brings what other hosts wrote.
    filled: bool,
}

#[derive(Debug)]
struct Kept {
    /// Without a gap, ...
    events: VecDeque<Arc<Event>>,
    /// ... up to here, and readers have heard of that.
    end: Position,
    /// Written by this host behind the events of others that were not brought yet.
    ahead: VecDeque<Arc<Event>>,
}

impl Tail {
    pub(super) fn new(end: Position, capacity: usize, filled: bool) -> Self {
        let kept = Kept { events: VecDeque::new(), end, ahead: VecDeque::new() };
        Self { kept: RwLock::new(kept), capacity, filled }
    }

    /// Takes events that this host wrote, when the log ended there. Tells up to where there is no gap.
    pub(super) fn push(&self, before: Position, newer: &[Arc<Event>]) -> Position {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        // Whoever brought what others wrote may have brought these as well.
        let is_new = |event: &&Arc<Event>| event.position > kept.end;
        let newer: Vec<_> = newer.iter().filter(is_new).map(Arc::clone).collect();
        if before > kept.end {
            kept.ahead.extend(newer);
            // Nobody fills the gap, or not soon enough: readers must ask the store.
            if !self.filled {
                kept.leave(before);
            } else if kept.ahead.len() > self.capacity {
                let first = kept.ahead.front().map_or(before, |first| Position(first.position.0 - 1));
                kept.leave(first);
            }
        } else if let Some(last) = newer.last() {
            kept.end = last.position;
            kept.events.extend(newer);
        }
        kept.settle(self.capacity)
    }

    /// Where a gap begins before this position, and how many events it takes to fill it.
    pub(super) fn missing(&self, up_to: Position) -> Option<(Position, u64)> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let behind = kept.ahead.front().map_or(up_to.0, |first| first.position.0 - 1);
        behind.checked_sub(kept.end.0).filter(|count| *count > 0).map(|count| (kept.end, count))
    }

    /// Takes events that other hosts wrote, from where the gap begins. Tells up to where there is none any more.
    pub(super) fn fill(&self, events: impl IntoIterator<Item = Arc<Event>>) -> Position {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            if event.position.0 == kept.end.0 + 1 {
                kept.end = event.position;
                kept.events.push_back(event);
            }
        }
        kept.settle(self.capacity)
    }

    /// Begins anew behind this position: readers must ask the store for what lies before.
    pub(super) fn skip(&self, to: Position) -> Position {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.end < to {
            kept.leave(to);
        }
        kept.settle(self.capacity)
    }

    /// Up to `limit` of the events behind `after` that are `wanted`, if all of those up to the gap are kept; and
    /// whether there is one.
    pub(super) fn after(
        &self,
        after: Position,
        limit: usize,
        wanted: impl Fn(&Event) -> bool,
    ) -> Option<(Vec<Arc<Event>>, bool)> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let oldest = kept.events.front()?.position.0;
        let skip = usize::try_from((after.0 + 1).checked_sub(oldest)?).ok()?;
        let behind = kept.events.range(skip.min(kept.events.len())..);
        let found = behind.filter(|event| wanted(event)).take(limit).cloned().collect();
        Some((found, !kept.ahead.is_empty()))
    }
}

impl Kept {
    /// Leaves what lies before a position to the store.
    fn leave(&mut self, to: Position) {
        self.events.clear();
        self.end = to;
    }

    /// Takes up what has no gap before it any more, and drops what is too old.
    fn settle(&mut self, capacity: usize) -> Position {
        while let Some(next) = self.ahead.pop_front_if(|next| next.position.0 <= self.end.0 + 1) {
            if next.position > self.end {
                self.end = next.position;
                self.events.push_back(next);
            }
        }
        let excess = self.events.len().saturating_sub(capacity);
        self.events.drain(..excess);
        self.end
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::words::{EventId, Fact};

    pub(in crate::feed) fn event(position: u64) -> Arc<Event> {
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
        let (found, _) = tail.after(Position(after), limit, |_| true)?;
        Some(found.iter().map(|event| event.position.0).collect())
    }

    fn push(tail: &Tail, newer: std::ops::RangeInclusive<u64>) -> u64 {
        let before = Position(newer.start() - 1);
        tail.push(before, &newer.map(event).collect::<Vec<_>>()).0
    }

    #[test]
    fn it_answers_only_what_it_has_whole() {
        let tail = Tail::new(Position(0), 3, false);
        assert_eq!(positions(&tail, 0, 9), None);
        assert_eq!((push(&tail, 1..=2), push(&tail, 3..=4)), (2, 4));
        assert_eq!(positions(&tail, 0, 9), None, "1 is gone");
        assert_eq!(positions(&tail, 1, 9), Some(vec![2, 3, 4]));
        assert_eq!(positions(&tail, 2, 1), Some(vec![3]));
        assert_eq!(positions(&tail, 4, 9), Some(vec![]));
        assert_eq!(tail.push(Position(4), &[]), Position(4), "a commit without events");
    }

    #[test]
    fn a_gap_that_nobody_fills_empties_it() {
        let tail = Tail::new(Position(0), 9, false);
        assert_eq!((push(&tail, 1..=2), push(&tail, 5..=5)), (2, 5));
        assert_eq!(positions(&tail, 1, 9), None);
        assert_eq!(positions(&tail, 4, 9), Some(vec![5]));
        assert_eq!(tail.push(Position(8), &[]), Position(8), "a commit without events");
        assert_eq!(positions(&tail, 4, 9), None);
    }

    #[test]
    fn what_lies_behind_a_gap_waits_until_it_is_filled() {
        let tail = Tail::new(Position(0), 99, true);
        assert_eq!((push(&tail, 1..=2), push(&tail, 5..=6), push(&tail, 9..=9)), (2, 2, 2));
        assert_eq!(tail.push(Position(9), &[]), Position(2), "a commit without events fills nothing");
        let found = tail.after(Position(1), 9, |_| true).unwrap();
        assert_eq!((found.0.len(), found.1), (1, true), "there is more, behind the gap");
        assert_eq!(tail.missing(Position(9)), Some((Position(2), 2)));
        assert_eq!(tail.fill([event(3)]), Position(3));
        assert_eq!(tail.fill([event(3), event(4)]), Position(6), "what comes twice is taken once");
        assert_eq!(tail.missing(Position(9)), Some((Position(6), 2)));
        assert_eq!(tail.fill([event(7), event(8)]), Position(9));
        assert_eq!((tail.missing(Position(9)), tail.missing(Position(11))), (None, Some((Position(9), 2))));
        assert_eq!(positions(&tail, 0, 99), Some((1..=9).collect()));
        assert!(!tail.after(Position(0), 9, |_| true).unwrap().1);
    }

    #[test]
    fn what_was_brought_before_it_is_told_of_is_taken_once() {
        let tail = Tail::new(Position(0), 99, true);
        // All that is in the log, also what this host wrote and is about to tell.
        assert_eq!(tail.fill((1..=5).map(event)), Position(5));
        assert_eq!((push(&tail, 3..=5), push(&tail, 6..=6)), (5, 6));
        assert_eq!(positions(&tail, 0, 99), Some((1..=6).collect()));
    }

    #[test]
    fn a_gap_that_is_filled_too_late_is_left_to_the_store() {
        let tail = Tail::new(Position(0), 3, true);
        assert_eq!((push(&tail, 1..=2), push(&tail, 5..=7), push(&tail, 8..=8)), (2, 2, 8));
        assert_eq!((positions(&tail, 2, 9), positions(&tail, 5, 9)), (None, Some(vec![6, 7, 8])));
        assert_eq!((push(&tail, 20..=20), tail.skip(Position(15))), (8, Position(15)));
        assert_eq!(tail.missing(Position(30)), Some((Position(15), 4)));
        assert_eq!((tail.skip(Position(25)), positions(&tail, 19, 9)), (Position(25), None));
        assert_eq!((push(&tail, 26..=26), positions(&tail, 25, 9)), (26, Some(vec![26])));
    }
}
