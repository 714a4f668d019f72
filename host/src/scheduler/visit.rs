//! The visit that a new activation pays to every entity: rows that an older module made are folded on
//! or afresh, entities without a row are folded for the first time.

use crate::words::EntityId;

use super::reading::Page;

/// How far a visit has got.
pub(super) struct Visit {
    /// Entities up to here were taken from the store.
    pub(super) after: Option<EntityId>,
    /// The next page of entities.
    pub(super) page: Page,
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
        Self {
            after: None,
            page: Page::default(),
            exhausted: false,
            taken: 0,
            done: 0,
            total: None,
            told: false,
        }
    }

    /// No visit is needed: an earlier one, under the same activation, was complete.
    pub(super) fn not_needed() -> Self {
        Self { exhausted: true, told: true, ..Self::begin() }
    }

    /// Whether more entities should be read from the store.
    pub(super) fn wants_more(&self) -> bool {
        !self.exhausted && self.page == Page::Unasked
    }

    /// Entities arrived from the store; fewer than a full page are the last.
    pub(super) fn arrived(&mut self, count: usize, last: Option<EntityId>, is_last: bool) {
        self.page = Page::Unasked;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(number: u8) -> Option<EntityId> {
        Some(EntityId::from_stored([number; 16]))
    }

    #[test]
    fn it_ends_when_all_that_were_taken_are_done() {
        let mut visit = Visit::begin();
        assert!(visit.wants_more() && !visit.is_settled());
        visit.page = Page::Awaited;
        assert!(!visit.wants_more(), "one page at a time");
        visit.arrived(2, entity(2), false);
        assert_eq!((visit.wants_more(), visit.after), (true, entity(2)));
        visit.one_done();
        visit.one_done();
        assert!(!visit.is_settled(), "there may be more");
        visit.arrived(1, entity(3), true);
        assert!(!visit.wants_more() && !visit.is_settled());
        visit.one_done();
        assert!(visit.is_settled());
    }

    #[test]
    fn its_end_is_told_once() {
        let mut visit = Visit::begin();
        assert!(!visit.has_just_settled());
        visit.arrived(0, None, true);
        assert!(visit.has_just_settled(), "where nobody is to be visited it ends at once");
        assert!(!visit.has_just_settled());
    }

    #[test]
    fn one_that_is_not_needed_has_nothing_to_tell() {
        let mut visit = Visit::not_needed();
        assert!(visit.is_settled() && !visit.wants_more() && !visit.has_just_settled());
    }

    #[test]
    fn its_progress_counts_all_there_are() {
        let mut visit = Visit::begin();
        assert_eq!(visit.progress(), (0, 0));
        visit.arrived(3, entity(3), false);
        visit.one_done();
        assert_eq!(visit.progress(), (1, 3), "not counted yet");
        visit.total = Some(10);
        assert_eq!(visit.progress(), (1, 10));
        visit.arrived(9, entity(12), true);
        assert_eq!(visit.progress(), (1, 12), "some came after they were counted");
    }

    #[test]
    fn an_empty_last_page_moves_nothing() {
        let mut visit = Visit::begin();
        visit.arrived(2, entity(2), false);
        visit.arrived(0, None, true);
        assert_eq!(visit.after, entity(2));
    }
}
