//! Snapshots: states that a fold passed, and how many of them are kept.

use std::sync::Arc;

use super::{ActivationNumber, EventId, Position};

/// What a row was at one of its events. A later fold may go on from it instead of beginning afresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The greatest event id that is folded in it.
    pub last: EventId,
    /// The greatest position that is folded in it. An event that the module takes, that sorts at or before
    /// `last`, and that has a greater position came late: it belongs inside, and the snapshot is void.
    pub position: Position,
    /// The activation whose module made it.
    pub activation: ActivationNumber,
    /// How many events are folded in it.
    pub events: u64,
    /// JSON bytes, if there was a model.
    pub model: Option<Arc<[u8]>>,
}

impl Snapshot {
    /// Snapshots of one row that are kept at most.
    pub const MOST: usize = 16;
}

/// Thins out what is given oldest first, each with the number of events that are folded in it: the further
/// something lies behind the newest, the further apart are those that stay. One goes if, without it, whoever
/// needs it goes back at most three times as far as the next newer one lies. So there are about as many as
/// that distance can be trebled, and never more than [`Snapshot::MOST`]; beyond that the oldest go.
pub(crate) fn thin<T>(snapshots: &mut Vec<T>, events: impl Fn(&T) -> u64) {
    let Some(newest) = snapshots.last().map(&events) else { return };
    for index in (1..snapshots.len() - 1).rev() {
        let (older, newer) = (events(&snapshots[index - 1]), events(&snapshots[index + 1]));
        if newer.saturating_sub(older) <= 2 * newest.saturating_sub(newer) {
            snapshots.remove(index);
        }
    }
    let surplus = snapshots.len().saturating_sub(Snapshot::MOST);
    snapshots.drain(..surplus);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    /// What is left where each is taken so many events after the one before.
    fn left(steps: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let mut left = Vec::new();
        for step in steps {
            left.push(left.last().unwrap_or(&0) + step);
            thin(&mut left, |events| *events);
            assert!(left.len() <= Snapshot::MOST);
        }
        left
    }

    #[test]
    fn the_newest_stand_close_and_the_oldest_far_apart() {
        assert_eq!(left([]), [0; 0]);
        assert_eq!(left([100]), [100]);
        assert_eq!(left([100; 2]), [100, 200]);
        assert_eq!(left([100; 10]), [100, 700, 900, 1_000]);
        assert_eq!(left([100; 100]), [100, 5_500, 7_300, 9_100, 9_700, 9_900, 10_000]);
    }

    #[test]
    fn beyond_the_limit_the_oldest_go() {
        let left = left(std::iter::repeat_n(1, 100_000));
        assert!(left[0] > 1 && left.len() >= Snapshot::MOST / 2, "{left:?}");
        assert!(left.ends_with(&[99_999, 100_000]), "{left:?}");
    }

    #[test]
    fn those_that_are_equally_far_are_bounded_too() {
        let mut same = vec![7; 100];
        thin(&mut same, |events| *events);
        assert!(same.len() <= Snapshot::MOST);
    }

    proptest! {
        /// Whatever is folded at once: an event that comes late by so many is folded again with at most three
        /// times as many, or as many as lay between two snapshots.
        #[test]
        fn going_back_is_never_much_further_than_need_be(steps in vec(100..300_u64, 1..600)) {
            let left = left(steps);
            let newest = left[left.len() - 1];
            prop_assert!(left[0] < 300, "the first is there");
            for pair in left.windows(2) {
                // The event that lies just before the newer of them has the longest way.
                let (back, need) = (newest - pair[0], newest - pair[1]);
                prop_assert!(back <= 3 * need || pair[1] - pair[0] < 300, "{back} for {need} in {left:?}");
            }
        }
    }
}
