//! How many events a module's calls can take. A call has the limits of one reduction, however many events it
//! is given: where they are met, the same events are given to more calls, each with fewer.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// How many events one module is given in one call. Calls on different threads may overwrite each other's
/// news: it is a hint, on which no result depends.
pub(super) struct Portion(AtomicUsize);

impl Default for Portion {
    /// Of a module that has not met its limits.
    fn default() -> Self {
        Self(AtomicUsize::new(usize::MAX))
    }
}

impl Portion {
    /// How many of these events the next call gets.
    pub(super) fn of(&self, waiting: usize) -> usize {
        waiting.min(self.0.load(Relaxed))
    }

    /// So many were too many.
    pub(super) fn exceeded(&self, events: usize) {
        self.0.fetch_min((events / 2).max(1), Relaxed);
    }

    /// So many were not. If that is all that a call gets, the next gets a little more: calls for small models
    /// take more than those for large ones, and one that fails costs as much as one that does not.
    pub(super) fn passed(&self, events: usize) {
        if events == self.0.load(Relaxed) {
            self.0.store(events + events / 16 + 1, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives out a thousand events to calls that take `most`. Tells how many calls it took.
    fn calls(portion: &Portion, most: usize) -> usize {
        let (mut waiting, mut calls) = (1000, 0);
        while waiting > 0 {
            let events = portion.of(waiting);
            calls += 1;
            if events > most {
                portion.exceeded(events);
            } else {
                portion.passed(events);
                waiting -= events;
            }
        }
        calls
    }

    #[test]
    fn what_is_too_much_is_halved() {
        let portion = Portion::default();
        assert_eq!(calls(&portion, 1000), 1);
        portion.exceeded(1000);
        assert_eq!(portion.of(1000), 500);
        portion.exceeded(1);
        assert_eq!(portion.of(1000), 1, "a call has one event at least");
    }

    #[test]
    fn calls_take_nearly_as_much_as_they_can() {
        for most in [1, 2, 3, 10, 125, 999] {
            let portion = Portion::default();
            calls(&portion, most);
            let (needed, made) = (1000_usize.div_ceil(most), calls(&portion, most));
            assert!(made <= 2 * needed + 2, "{made} calls instead of {needed}");
        }
    }

    #[test]
    fn it_grows_again_where_calls_can_take_more() {
        let portion = Portion::default();
        calls(&portion, 2);
        calls(&portion, 1000);
        assert!(portion.of(1000) > 50, "{}", portion.of(1000));
    }
}
