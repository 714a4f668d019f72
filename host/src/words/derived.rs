//! Ids of emitted events: derived, so that the same reduction names the same facts wherever it runs.

use sha2::{Digest, Sha256};

use super::{DomainKey, EntityId, EventId};

/// The id of the `index`th event that `cause` led to in the model of `entity` (none under
/// `whole-context`) in `key`, or none where the timestamp would no longer fit its 60 bits.
///
/// A UUIDv1: its timestamp is the cause's plus 1 + `index` ticks of 100 ns, so that it sorts behind its
/// cause. Clock sequence and node are the first eight bytes of a SHA-256 over context, domain, entity (16
/// bytes, or none), cause (16 bytes of the UUIDv1) and index (four bytes, big-endian), each preceded by
/// its length in four bytes, big-endian; the variant bits are set, and so is the node's multicast bit,
/// as RFC 9562 (section 6.10) asks for nodes that are not network addresses.
#[must_use]
pub fn derived_id(key: &DomainKey, entity: Option<&EntityId>, cause: EventId, index: u32) -> Option<EventId> {
    let ticks = cause.ticks() + 1 + u64::from(index);
    if ticks > EventId::MAX_TICKS {
        return None;
    }
    let mut hasher = Sha256::new();
    let entity = entity.map_or(&[][..], |entity| entity.as_bytes());
    let cause = cause.to_uuid();
    for part in [
        key.context.as_str().as_bytes(),
        key.domain.as_str().as_bytes(),
        entity,
        cause.as_bytes(),
        &index.to_be_bytes(),
    ] {
        let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
        hasher.update(length.to_be_bytes());
        hasher.update(part);
    }
    let digest: [u8; 32] = hasher.finalize().into();
    let mut clock_and_node = [0; 8];
    clock_and_node.copy_from_slice(&digest[..8]);
    clock_and_node[2] |= 0x01;
    Some(EventId::from_parts(ticks, clock_and_node))
}

/// The most events that one call may emit. `limits.emitted_events` cannot be set higher, because the ids of what
/// an event led to are looked for within so many ticks.
pub(crate) const MOST_EMITTED: u32 = 100_000;

/// The greatest id that an event to which this one led can have.
#[must_use]
pub(crate) fn last_effect(cause: EventId) -> EventId {
    let ticks = cause.ticks() + u64::from(MOST_EMITTED);
    EventId::from_parts(ticks.min(EventId::MAX_TICKS), [0xFF; 8])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> DomainKey {
        DomainKey { context: "shop".parse().unwrap(), domain: "cart".parse().unwrap() }
    }

    #[test]
    fn the_layout_has_a_test_vector() {
        let entity: EntityId = "7d444840-9dc0-41d1-b245-5ffdce74fad2".parse().unwrap();
        let cause: EventId = "c232ab00-9414-11ec-b3c8-9f6bdeced846".parse().unwrap();
        let id = |entity, index| derived_id(&key(), entity, cause, index).unwrap().to_string();
        assert_eq!(id(Some(&entity), 0), "c232ab01-9414-11ec-8058-61a4ddde1b14");
        assert_eq!(id(Some(&entity), 1), "c232ab02-9414-11ec-94f4-bd399d02db85");
        assert_eq!(id(None, 0), "c232ab01-9414-11ec-8b91-fdbc7aeda2a9");
    }

    #[test]
    fn whatever_is_derived_lies_before_the_last_effect() {
        let cause = EventId::from_parts(5, [7; 8]);
        let last = derived_id(&key(), None, cause, MOST_EMITTED - 1).unwrap();
        assert_eq!(last.ticks(), last_effect(cause).ticks());
        assert!(cause < last && last <= last_effect(cause));
        let end = EventId::from_parts(EventId::MAX_TICKS, [7; 8]);
        assert!(end < last_effect(end));
    }

    #[test]
    fn a_timestamp_that_does_not_fit_gives_no_id() {
        let cause = EventId::from_parts(EventId::MAX_TICKS, [0; 8]);
        assert_eq!(derived_id(&key(), None, cause, 0), None);
    }
}
