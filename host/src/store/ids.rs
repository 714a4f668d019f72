//! Which ids are certainly new, so that most events need not be looked for before they are written.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::words::EventId;

/// So many of the newest events are remembered one by one.
const REMEMBERED: usize = 65_536;

/// The ids that a store holds: the newest of them one by one, of all others the greatest. Clients make ids in
/// the order of time, so an id is mostly greater than all that were written some while ago.
#[derive(Debug, Default)]
pub(super) struct Ids {
    newest: HashSet<(i64, EventId)>,
    /// The same, oldest first.
    order: VecDeque<(i64, EventId)>,
    /// By context, the greatest id of those that are not among the newest.
    greatest: HashMap<i64, EventId>,
}

impl Ids {
    /// The ids of a store: of each context, the greatest.
    pub(super) fn of(greatest: impl IntoIterator<Item = (i64, EventId)>) -> Self {
        Self { greatest: greatest.into_iter().collect(), ..Self::default() }
    }

    /// Whether the store may hold this id. If not, it certainly does not.
    pub(super) fn may_hold(&self, context: i64, id: EventId) -> bool {
        self.greatest.get(&context).is_some_and(|greatest| id <= *greatest)
            || self.newest.contains(&(context, id))
    }

    /// Notes an id that was written.
    pub(super) fn written(&mut self, context: i64, id: EventId) {
        self.newest.insert((context, id));
        self.order.push_back((context, id));
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.newest.remove(&oldest);
            let greatest = self.greatest.entry(oldest.0).or_insert(oldest.1);
            *greatest = oldest.1.max(*greatest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(ticks: u64) -> EventId {
        EventId::from_parts(ticks, [0; 8])
    }

    #[test]
    fn what_was_written_may_be_there_for_ever() {
        let mut ids = Ids::of([(1, id(10))]);
        let count = REMEMBERED as u64 + 20;
        // Every other one, so that there are ids between them that were never written.
        (0..count).for_each(|n| ids.written(1, id(100 + 2 * n)));
        assert!((0..count).all(|n| ids.may_hold(1, id(100 + 2 * n))));
        assert!(ids.may_hold(1, id(10)) && ids.may_hold(1, id(3)), "what was there at the start");
        assert_eq!((ids.newest.len(), ids.order.len()), (REMEMBERED, REMEMBERED));
    }

    #[test]
    fn what_is_newer_than_the_old_and_not_among_the_newest_is_new() {
        let mut ids = Ids::of([(1, id(10))]);
        ids.written(1, id(20));
        assert!(!ids.may_hold(1, id(11)) && !ids.may_hold(1, id(19)) && !ids.may_hold(1, id(21)));
        assert!(!ids.may_hold(2, id(5)) && !ids.may_hold(2, id(20)), "another context");
    }

    #[test]
    fn what_is_not_remembered_any_more_counts_by_the_greatest() {
        let mut ids = Ids::default();
        ids.written(1, id(900));
        ids.written(1, id(100));
        (0..REMEMBERED as u64).for_each(|n| ids.written(2, id(n)));
        assert!(ids.may_hold(1, id(900)) && ids.may_hold(1, id(500)) && !ids.may_hold(1, id(901)));
    }
}
