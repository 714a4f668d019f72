//! The identity of events, which is also their order.

use std::{fmt, str::FromStr};

use uuid::Uuid;

use super::ids::{IdError, parse};

/// 100 ns ticks from the Gregorian reform (1582-10-15), from which UUIDv1 counts, to the Unix epoch.
pub(crate) const TICKS_BEFORE_UNIX: i64 = 0x01B2_1DD2_1381_4000;

/// An event's id: a UUIDv1 made where and when the event happened.
///
/// Ids order events: by timestamp, then by bytes. They are held in the UUIDv6 layout (RFC 9562, section
/// 5.6), which puts the timestamp's bits in front, so that the order of the bytes is the order of events.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId([u8; 16]);

impl EventId {
    /// The greatest timestamp that fits: 60 bits of 100 ns ticks.
    pub const MAX_TICKS: u64 = (1 << 60) - 1;

    /// Puts an id together. `clock_and_node` are the last eight bytes; its variant bits are set here.
    #[must_use]
    pub(crate) fn from_parts(ticks: u64, mut clock_and_node: [u8; 8]) -> Self {
        let ticks = ticks & Self::MAX_TICKS;
        let high = (ticks >> 12) << 16 | 0x6000 | (ticks & 0xFFF);
        clock_and_node[0] = clock_and_node[0] & 0x3F | 0x80;
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&high.to_be_bytes());
        bytes[8..].copy_from_slice(&clock_and_node);
        Self(bytes)
    }

    /// An id for an event that happens at `micros` since the Unix epoch, on a node of this random name. The
    /// node's multicast bit is set, as RFC 9562 (section 6.10) asks for names that are not addresses.
    #[must_use]
    pub(crate) fn at(micros: i64, mut clock_and_node: [u8; 8]) -> Self {
        clock_and_node[2] |= 0x01;
        let ticks = micros.saturating_mul(10).saturating_add(TICKS_BEFORE_UNIX);
        Self::from_parts(u64::try_from(ticks).unwrap_or(0), clock_and_node)
    }

    /// The timestamp in 100 ns ticks since 1582-10-15.
    #[must_use]
    pub fn ticks(&self) -> u64 {
        let high = u64::from_be_bytes(self.0[..8].try_into().unwrap_or_default());
        (high >> 16) << 12 | high & 0xFFF
    }

    /// When the event happened, in microseconds since the Unix epoch, rounded down.
    #[must_use]
    pub fn occurred_at(&self) -> i64 {
        (self.ticks().cast_signed() - TICKS_BEFORE_UNIX).div_euclid(10)
    }

    /// The id in its usual UUIDv1 layout.
    #[must_use]
    pub fn to_uuid(self) -> Uuid {
        let ticks = self.ticks();
        let mut bytes = self.0;
        bytes[..4].copy_from_slice(&ticks.to_be_bytes()[4..]);
        bytes[4..6].copy_from_slice(&ticks.to_be_bytes()[2..4]);
        bytes[6..8].copy_from_slice(&ticks.to_be_bytes()[..2]);
        bytes[6] |= 0x10;
        Uuid::from_bytes(bytes)
    }

    /// The 16 bytes in the order of events, as the store keeps them.
    #[must_use]
    pub fn as_sorted_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The inverse of [`Self::as_sorted_bytes`], for bytes that the store kept.
    #[must_use]
    pub(crate) fn from_sorted_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl FromStr for EventId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let id = parse("event id", text, 1, ": a version 1 id holds the time at which the event happened")?;
        let (ticks, _) = id.get_timestamp().map_or((0, 0), |timestamp| timestamp.to_gregorian());
        let mut clock_and_node = [0; 8];
        clock_and_node.copy_from_slice(&id.as_bytes()[8..]);
        Ok(Self::from_parts(ticks, clock_and_node))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_uuid().fmt(f)
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_uuid().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_event_id_knows_when_it_happened() {
        // The example of RFC 9562, appendix A.1: 2022-02-22 14:22:22.0000000-05:00.
        let id: EventId = "C232AB00-9414-11EC-B3C8-9F6BDECED846".parse().unwrap();
        assert_eq!(id.occurred_at(), 1_645_557_742_000_000);
        // Appendix A.5 gives the same instant as UUIDv6.
        assert_eq!(
            Uuid::from_bytes(*id.as_sorted_bytes()).to_string(),
            "1ec9414c-232a-6b00-b3c8-9f6bdeced846"
        );
    }

    #[test]
    fn other_versions_are_refused() {
        let error = "7d444840-9dc0-41d1-b245-5ffdce74fad2".parse::<EventId>().unwrap_err();
        assert!(
            error.to_string().starts_with("event id 7d444840-9dc0-41d1-b245-5ffdce74fad2 is not a version 1")
        );
    }

    proptest! {
        #[test]
        fn ids_sort_by_timestamp_then_bytes(a in 0..=EventId::MAX_TICKS, b in 0..=EventId::MAX_TICKS,
                                            x: [u8; 8], y: [u8; 8]) {
            let (first, second) = (EventId::from_parts(a, x), EventId::from_parts(b, y));
            prop_assert_eq!(first.ticks(), a);
            prop_assert_eq!(first.to_string().parse::<EventId>().unwrap(), first);
            let by_rule = a.cmp(&b).then(first.to_uuid().as_bytes()[8..].cmp(&second.to_uuid().as_bytes()[8..]));
            prop_assert_eq!(first.cmp(&second), by_rule);
        }
    }
}
