//! Divergence: what a reducer emits otherwise than it was emitted before. Facts stay facts; it is reported.

use std::fmt;

use serde::Serialize;

use super::{DomainKey, EntityId, EventId, EventType};

/// How an emission differs from what is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Difference {
    /// It was emitted, and would not be now.
    Missing,
    /// It would be emitted now, and was not.
    Extra,
    /// It would now have another type, entity or data.
    Other,
    /// An event with other content has its id: it was not inserted.
    Taken,
}

/// One emission that differs from what is in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divergence {
    /// The domain.
    pub key: DomainKey,
    /// The model's entity; none under `whole-context`.
    pub entity: Option<EntityId>,
    /// The id of the emission.
    pub id: EventId,
    /// Its type, as it was emitted; where it was not, as it would be.
    pub event_type: EventType,
    /// The event that led to it.
    pub cause: Option<EventId>,
    /// How it differs.
    pub difference: Difference,
    /// Its data as it would be now: JSON, cut after [`Self::SHOWN`] characters. None where it is missing.
    pub data: Option<String>,
}

impl Divergence {
    /// How much of an emission's data is kept, in characters.
    pub const SHOWN: usize = 1000;

    /// What of an emission's data is kept.
    #[must_use]
    pub(crate) fn shown(data: &[u8]) -> String {
        // A character has at most four bytes.
        let cut = &data[..data.len().min(4 * Self::SHOWN)];
        String::from_utf8_lossy(cut).chars().take(Self::SHOWN).collect()
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, entity, id, event_type, difference, .. } = self;
        write!(f, "{key}")?;
        if let Some(entity) = entity {
            write!(f, " of {entity}")?;
        }
        write!(f, ": {id} ({}) ", event_type.as_str())?;
        f.write_str(match difference {
            Difference::Missing => "was emitted, and would not be now",
            Difference::Extra => "would be emitted now, and was not",
            Difference::Other => "would now say something else",
            Difference::Taken => "was not inserted: an event with other content has its id",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_beginning_of_large_data_is_kept() {
        assert_eq!(Divergence::shown(b"{\"a\":1}"), "{\"a\":1}");
        let long = "\u{1F6D2}".repeat(Divergence::SHOWN + 1);
        assert_eq!(Divergence::shown(long.as_bytes()), long[..4 * Divergence::SHOWN]);
        let mixed = format!("a{long}");
        assert_eq!(Divergence::shown(mixed.as_bytes()).chars().count(), Divergence::SHOWN);
    }
}
