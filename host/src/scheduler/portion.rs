//! How many events a module's calls can take. A call has the limits of one reduction, however many events it
//! is given: where they are met, the same events are given to more calls, each with fewer.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// How many events one module is given in one call. Calls on different threads may overwrite each other's
/// news: it is a hint, on which no result depends, but never more than the most.
pub(super) struct Portion {
    now: AtomicUsize,
    most: usize,
}

impl Portion {
    /// Of a module that has not met its limits, and whose calls may have so many events at most.
    pub(super) fn of_at_most(most: usize) -> Self {
        Self { now: AtomicUsize::new(most), most }
    }

    /// How many of these events the next call gets.
    pub(super) fn of(&self, waiting: usize) -> usize {
        waiting.min(self.now.load(Relaxed))
    }

    /// So many were too many.
    pub(super) fn exceeded(&self, events: usize) {
        self.now.fetch_min((events / 2).max(1), Relaxed);
    }

    /// So many were not. If that is all that a call gets, the next gets a little more: calls for small models
    /// take more than those for large ones, and one that fails costs as much as one that does not.
    pub(super) fn passed(&self, events: usize) {
        if events == self.now.load(Relaxed) {
            self.now.store((events + events / 16 + 1).min(self.most), Relaxed);
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
        let portion = Portion::of_at_most(usize::MAX);
        assert_eq!(calls(&portion, 1000), 1);
        portion.exceeded(1000);
        assert_eq!(portion.of(1000), 500);
        portion.exceeded(1);
        assert_eq!(portion.of(1000), 1, "a call has one event at least");
    }

    #[test]
    fn calls_take_nearly_as_much_as_they_can() {
        for most in [1, 2, 3, 10, 125, 999] {
            let portion = Portion::of_at_most(usize::MAX);
            calls(&portion, most);
            let (needed, made) = (1000_usize.div_ceil(most), calls(&portion, most));
            assert!(made <= 2 * needed + 2, "{made} calls instead of {needed}");
        }
    }

    #[test]
    fn it_grows_again_where_calls_can_take_more() {
        let portion = Portion::of_at_most(usize::MAX);
        calls(&portion, 2);
        calls(&portion, 1000);
        assert!(portion.of(1000) > 50, "{}", portion.of(1000));
    }
    #[test]
    fn a_call_never_gets_more_than_it_may_have() {
        let portion = Portion::of_at_most(1);
        assert_eq!(calls(&portion, 1000), 1000);
        assert_eq!(portion.of(1000), 1);
    }
}
