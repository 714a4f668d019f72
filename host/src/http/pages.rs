//! Pages of events: read step by step, so that they end where they become large.

use std::borrow::Borrow;

use super::render;
use crate::words::Event;

/// Events read at once.
const STEP: u32 = 100;
/// A page ends with the step that brings the data of its events to so many bytes.
const PAGE_BYTES: usize = 8 << 20;

/// A page that is being filled.
pub(super) struct Filling<E> {
    events: Vec<E>,
    /// How many events it may still get.
    left: u32,
    /// How many bytes of data it has.
    bytes: usize,
    /// Whether there may be more events behind these.
    more: bool,
}

impl<E: Borrow<Event>> Filling<E> {
    /// A page of at most `limit` events.
    pub(super) fn of(limit: u32) -> Self {
        Self { events: Vec::new(), left: limit, bytes: 0, more: true }
    }

    /// How many events are to be read next; none: it is done.
    pub(super) fn wants(&self) -> Option<u32> {
        let goes_on = self.more && self.left > 0 && self.bytes < PAGE_BYTES;
        goes_on.then(|| self.left.min(STEP))
    }

    /// Takes what was read: fewer than it wanted are the last ones.
    pub(super) fn take(&mut self, events: Vec<E>) {
        let wanted = self.left.min(STEP);
        self.left -= wanted;
        self.more = render::is_full(events.len(), wanted);
        self.bytes += events.iter().map(|event| event.borrow().fact.data.len()).sum::<usize>();
        self.events.extend(events);
    }

    /// The last event so far.
    pub(super) fn last(&self) -> Option<&Event> {
        self.events.last().map(Borrow::borrow)
    }

    /// The last event, if there may be more behind it.
    pub(super) fn next(&self) -> Option<&Event> {
        self.last().filter(|_| self.more)
    }

    pub(super) fn events(&self) -> &[E] {
        &self.events
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::words::{EntityId, EventId, Fact, Position};

    fn event(position: u64, bytes: usize) -> Event {
        let fact = Fact {
            id: EventId::from_parts(position, [1; 8]),
            entity: EntityId::from_stored([1; 16]),
            event_type: "A".parse().unwrap(),
            data: vec![b'1'; bytes],
            metadata: Vec::new(),
            cause: None,
            depth: 0,
            origin: None,
        };
        let fact = Arc::new(fact);
        Event { position: Position(position), recorded_at: 1, context: "shop".parse().unwrap(), fact }
    }

    /// A page of at most `limit` of so many events, each of so many bytes: how many it has, whether there may be
    /// more, and how many were read at once.
    fn page(limit: u32, events: u64, bytes: usize) -> (usize, bool, Vec<u32>) {
        let (mut page, mut steps) = (Filling::of(limit), Vec::new());
        while let Some(step) = page.wants() {
            let after = page.last().map_or(0, |last| last.position.0);
            let read = (after + 1..=events).take(step as usize);
            page.take(read.map(|position| event(position, bytes)).collect());
            steps.push(step);
        }
        let events = page.events();
        assert!(
            events.iter().map(|event| event.position.0).eq(1..=events.len() as u64),
            "each once, in order"
        );
        (events.len(), page.next().is_some(), steps)
    }

    #[test]
    fn a_page_is_as_long_as_was_asked_for() {
        assert_eq!(page(250, 300, 1), (250, true, vec![100, 100, 50]));
        assert_eq!(page(250, 120, 1), (120, false, vec![100, 100]));
        assert_eq!(page(9, 9, 1), (9, true, vec![9]), "nobody knows");
        assert_eq!(page(9, 0, 1), (0, false, vec![9]));
    }

    #[test]
    fn a_page_of_large_events_ends_early() {
        assert_eq!(page(1000, 900, PAGE_BYTES / 150), (200, true, vec![100, 100]));
        assert_eq!(page(1000, 100, PAGE_BYTES), (100, true, vec![100]));
        assert_eq!(page(1000, 99, PAGE_BYTES), (99, false, vec![100]));
    }
}
