//! Identities: of entities, events, modules; and the numbers that the store counts.

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};
use uuid::{Uuid, Variant};

/// 100 ns ticks from the Gregorian reform (1582-10-15), from which UUIDv1 counts, to the Unix epoch.
const TICKS_BEFORE_UNIX: i64 = 0x01B2_1DD2_1381_4000;

/// Text that is not the id that it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not a UUID at all.
    #[error("{kind} {text:?} is not a UUID (like 7f2c1a40-1dd2-11b2-8000-0123456789ab)")]
    NotAUuid {
        /// `entity` or `event id`.
        kind: &'static str,
        /// The text as given, cut after 150 characters.
        text: String,
    },
    /// A UUID of another kind.
    #[error("{kind} {id} is not a version {wanted} UUID{hint}")]
    WrongVersion {
        /// `entity` or `event id`.
        kind: &'static str,
        /// The id as given.
        id: Uuid,
        /// The version that it should have.
        wanted: usize,
        /// Why that version.
        hint: &'static str,
    },
}

fn parse(kind: &'static str, text: &str, version: usize, hint: &'static str) -> Result<Uuid, IdError> {
    let id = Uuid::try_parse(text)
        .map_err(|_| IdError::NotAUuid { kind, text: text.chars().take(150).collect() })?;
    if id.get_version_num() == version && id.get_variant() == Variant::RFC4122 {
        Ok(id)
    } else {
        Err(IdError::WrongVersion { kind, id, wanted: version, hint })
    }
}

/// Anything with identity: a UUIDv4 made by the client.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId(Uuid);

impl EntityId {
    /// The 16 bytes, as the store keeps them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The inverse of [`Self::as_bytes`], for bytes that the store kept.
    #[must_use]
    pub(crate) fn from_stored(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl FromStr for EntityId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        parse("entity", text, 4, "").map(Self)
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

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

impl TryFrom<Uuid> for EventId {
    type Error = IdError;

    fn try_from(id: Uuid) -> Result<Self, IdError> {
        let hint = ": a version 1 id holds the time at which the event happened";
        if id.get_version_num() != 1 || id.get_variant() != Variant::RFC4122 {
            return Err(IdError::WrongVersion { kind: "event id", id, wanted: 1, hint });
        }
        let (ticks, _) = id.get_timestamp().map_or((0, 0), |t| t.to_gregorian());
        let mut clock_and_node = [0; 8];
        clock_and_node.copy_from_slice(&id.as_bytes()[8..]);
        Ok(Self::from_parts(ticks, clock_and_node))
    }
}

impl FromStr for EventId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Uuid::try_parse(text)
            .map_err(|_| IdError::NotAUuid { kind: "event id", text: text.chars().take(150).collect() })?
            .try_into()
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

/// The name of a module: the SHA-256 of its bytes, written in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleHash([u8; 32]);

impl ModuleHash {
    /// Names these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The inverse of [`Self::as_bytes`], for bytes that the store kept.
    #[must_use]
    pub(crate) fn from_stored(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for ModuleHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ModuleHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number!(
    /// An event's place in the store's log: 1, 2, 3 …, gapless. 0 is the place before the first.
    Position
);
number!(
    /// The number that a model write took from the store's change counter. 0: never written.
    Version
);
number!(
    /// The number of an activation: which module serves which domain from then on. 0: none.
    ActivationNumber
);

/// A random name for this store's history. Cursors of another epoch are void.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Epoch(pub std::sync::Arc<str>);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
        assert!("7d444840-9dc0-41d1-b245-5ffdce74fad2".parse::<EventId>().is_err());
        assert!("c232ab00-9414-11ec-b3c8-9f6bdeced846".parse::<EntityId>().is_err());
        assert!("not-an-id".parse::<EntityId>().is_err());
        assert!("7d444840-9dc0-41d1-b245-5ffdce74fad2".parse::<EntityId>().is_ok());
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
