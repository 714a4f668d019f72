//! The visit that a new activation pays to every entity: rows that an older module made are folded on
//! or afresh, entities without a row are folded for the first time.

use crate::words::EntityId;

/// How far a visit has got.
pub(super) struct Visit {
    /// Entities up to here were taken from the store.
    pub(super) after: Option<EntityId>,
    /// Whether a page of entities is on its way.
    pub(super) reading: bool,
    /// Whether all entities were taken from the store.
    exhausted: bool,
    taken: u64,
    done: u64,
    /// How many there are, once they were counted.
    pub(super) total: Option<u64>,
    /// Whether the end was told.
    told: bool,
}

impl Visit {
    /// A visit that is still to be paid.
    pub(super) fn begin() -> Self {
        Self { after: None, reading: false, exhausted: false, taken: 0, done: 0, total: None, told: false }
    }

    /// No visit is needed: an earlier one, under the same activation, was complete.
    pub(super) fn not_needed() -> Self {
        Self { exhausted: true, told: true, ..Self::begin() }
    }

    /// Whether more entities should be read from the store.
    pub(super) fn wants_more(&self) -> bool {
        !self.exhausted && !self.reading
    }

    /// Entities arrived from the store; fewer than a full page are the last.
    pub(super) fn arrived(&mut self, count: usize, last: Option<EntityId>, is_last: bool) {
        self.reading = false;
        self.exhausted = is_last;
        self.taken += count as u64;
        self.after = last.or(self.after);
    }

    pub(super) fn one_done(&mut self) {
        self.done += 1;
    }

    /// Whether every entity was visited.
    pub(super) fn is_settled(&self) -> bool {
        self.exhausted && self.done >= self.taken
    }

    /// Whether every entity was visited and nobody was told yet; true only once.
    pub(super) fn has_just_settled(&mut self) -> bool {
        let just = self.is_settled() && !self.told;
        self.told |= just;
        just
    }

    /// How many were visited, and of how many.
    pub(super) fn progress(&self) -> (u64, u64) {
        (self.done, self.total.unwrap_or(self.taken).max(self.taken))
    }
}
