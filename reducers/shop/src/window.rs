//! What is still going on, by the hour in which it last moved, and what was left lying.

use std::{collections::BTreeMap, ops::AddAssign};

use serde::{Deserialize, Serialize};

/// After so many hours without movement something counts as abandoned.
pub const IDLE_HOURS: i64 = 24;

/// Sums by hour for the last 24 hours of event time and one sum for all that is older, the abandoned.
///
/// Things move by being subtracted where they were and added where they are. Because these are sums, the
/// result does not depend on the order in which movements come; one that comes late or concerns what is
/// long abandoned changes the right sum. Single sums can be negative for a while if movements were told
/// out of order; their total never is wrong. An hour ends for all that is in it at once, so that
/// something counts as abandoned after 24 to 25 hours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window<T> {
    /// The greatest event time seen: the present, since there is no other clock.
    pub now_ms: i64,
    /// What moved in the last 24 hours, by hour since the Unix epoch: at most 25 of them.
    pub open: BTreeMap<i64, T>,
    /// What last moved before that.
    pub abandoned: T,
}

impl<T: AddAssign + Default + PartialEq> Window<T> {
    /// Moves the present on, to an instant that was seen in an event.
    pub fn advance(&mut self, at_ms: i64) {
        self.now_ms = self.now_ms.max(at_ms);
        while let Some(oldest) = self.open.first_entry()
            && *oldest.key() < first_open(self.now_ms)
        {
            self.abandoned += oldest.remove();
        }
    }

    /// Adds `amount`, which may be negative, to what last moved in `hour`.
    pub fn add(&mut self, hour: i64, amount: T) {
        if hour < first_open(self.now_ms) {
            self.abandoned += amount;
            return;
        }
        // What says that it moved in the future moved now: that bounds the number of hours.
        let hour = hour.min(crate::hour(self.now_ms));
        let sum = self.open.entry(hour).or_default();
        *sum += amount;
        if *sum == T::default() {
            self.open.remove(&hour);
        }
    }
}

/// The oldest hour of which something may have moved less than 24 hours ago.
fn first_open(now_ms: i64) -> i64 {
    crate::hour(now_ms) - IDLE_HOURS
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    #[test]
    fn what_lies_for_a_day_is_abandoned_and_can_come_back() {
        let mut window = Window::<i64>::default();
        window.advance(100 * HOUR_MS);
        window.add(100, 3);
        window.advance(124 * HOUR_MS);
        assert_eq!((window.abandoned, window.open.len()), (0, 1));
        window.advance(125 * HOUR_MS);
        assert_eq!((window.abandoned, window.open.len()), (3, 0));
        window.add(100, -1);
        window.add(125, 1);
        assert_eq!((window.abandoned, window.open.get(&125)), (2, Some(&1)));
    }

    #[test]
    fn the_order_does_not_matter() {
        let movements = [(10, 1), (40, 2), (10, -1), (20, 1), (33, 5)];
        let fold = |order: &[usize]| {
            let mut window = Window::<i64>::default();
            for &index in order {
                let (hour, amount) = movements[index];
                window.advance(hour * HOUR_MS);
                window.add(hour, amount);
            }
            window
        };
        let inorder = fold(&[0, 1, 2, 3, 4]);
        assert_eq!(inorder, fold(&[4, 3, 2, 1, 0]));
        assert_eq!(inorder, fold(&[1, 0, 3, 4, 2]));
    }

    #[test]
    fn the_number_of_hours_is_bounded() {
        let mut window = Window::<i64>::default();
        for hour in 0..1_000 {
            window.advance(hour * HOUR_MS);
            window.add(hour, 1);
            window.add(hour + 500, 1);
        }
        assert_eq!(window.open.len(), 25);
    }
}
