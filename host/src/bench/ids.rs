//! Ids that nobody else makes: of events, in the order of time, and of entities.

use fastrand::Rng;
use uuid::Uuid;

use crate::{
    clock::new_entity,
    words::{EventId, TICKS_BEFORE_UNIX},
};

/// Makes the ids of one connection's events. Each is later than the one before; a random node keeps them
/// apart from those of every other connection and run.
#[derive(Debug)]
pub(super) struct EventIds {
    clock_and_node: [u8; 8],
    last: u64,
}

impl EventIds {
    pub(super) fn new() -> Self {
        let mut clock_and_node = [0; 8];
        clock_and_node.copy_from_slice(&new_entity().as_bytes()[8..]);
        // The last bit of the clock sequence tells late ids from others; the node's multicast bit, that it
        // is a random name (RFC 9562, section 6.10).
        clock_and_node[1] &= 0xFE;
        clock_and_node[2] |= 0x01;
        Self { clock_and_node, last: 0 }
    }

    /// The id of an event that happens at `now`, in microseconds since the Unix epoch.
    pub(super) fn next(&mut self, now: i64) -> EventId {
        EventId::from_parts(self.tick(now), self.clock_and_node)
    }

    /// The id of an event that happened so many 100 ns ticks before `now` and was held up.
    pub(super) fn late(&mut self, now: i64, ticks: u64) -> EventId {
        let mut clock_and_node = self.clock_and_node;
        clock_and_node[1] |= 0x01;
        EventId::from_parts(self.tick(now).saturating_sub(ticks), clock_and_node)
    }

    fn tick(&mut self, now: i64) -> u64 {
        let ticks = now.saturating_mul(10).saturating_add(TICKS_BEFORE_UNIX);
        self.last = u64::try_from(ticks).unwrap_or(0).max(self.last + 1);
        self.last
    }
}

/// The first `count` entities, the same in every run, so that one run can go on where another ended. They
/// are spread as random ids are.
pub(super) fn entities(count: usize) -> Vec<Uuid> {
    let mut random = Rng::with_seed(0x0E7E_2F01);
    let mut next = || uuid::Builder::from_random_bytes(random.u128(..).to_be_bytes()).into_uuid();
    (0..count).map(|_| next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::EntityId;

    const NOW: i64 = 1_735_689_600_000_000;

    #[test]
    fn event_ids_rise_even_if_the_clock_does_not() {
        let mut ids = EventIds::new();
        let made: Vec<_> = [NOW, NOW, NOW - 9, NOW + 1].map(|now| ids.next(now)).to_vec();
        assert!(made.is_sorted_by(|a, b| a < b), "{made:?}");
        assert_eq!((made[0].occurred_at(), made[3].occurred_at()), (NOW, NOW + 1));
        assert_eq!(made[0].to_string().parse(), Ok(made[0]), "a version 1 UUID");
    }

    #[test]
    fn late_ids_sort_before_others_and_meet_none() {
        let mut ids = EventIds::new();
        let punctual = ids.next(NOW);
        let late = ids.late(NOW, 1);
        assert!(late.ticks() == punctual.ticks() && late != punctual);
        assert_eq!(ids.late(NOW, 50_000_000).occurred_at(), NOW - 5_000_000);
    }

    #[test]
    fn no_two_connections_share_a_node() {
        let (mut one, mut other) = (EventIds::new(), EventIds::new());
        assert_ne!(one.next(NOW), other.next(NOW));
    }

    #[test]
    fn entities_are_the_same_in_every_run() {
        let few = entities(3);
        assert_eq!(few, entities(5)[..3]);
        assert!(few[0] != few[1] && few.iter().all(|one| one.to_string().parse::<EntityId>().is_ok()));
    }
}
