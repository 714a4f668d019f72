//! Which entities a host reduces of a store that many hosts share.
//!
//! Entities hash to a fixed number of slots. Every host computes by itself, from nothing but who is there, which
//! host has which slot of a domain, so all of them must do it in the same way in every version of this program.
//! A slot goes to the host that draws the highest number for it (rendezvous hashing: Thaler and Ravishankar,
//! "Using name-based mappings to increase hit rates", 1998), so that few slots move when a host comes or goes;
//! but no host gets more than its share, and then the next one gets it.

use uuid::Uuid;

use crate::{
    store::{Holder, Leases},
    words::{DomainKey, EntityId},
};

/// How many slots a domain has.
pub const SLOTS: usize = 1024;

/// The slots of a domain that a host has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slots(Option<Box<[bool; SLOTS]>>);

impl Slots {
    /// Every slot: of a store that nobody shares.
    #[must_use]
    pub fn all() -> Self {
        Self(None)
    }

    /// Those that a host has of a domain.
    #[must_use]
    pub fn of(leases: &Leases, host: Uuid, key: &DomainKey) -> Self {
        let mut slots = Box::new([false; SLOTS]);
        for (has, holder) in slots.iter_mut().zip(holders(leases, key)) {
            *has = holder.is_some_and(|holder| holder.id == host);
        }
        Self(Some(slots))
    }

    /// Whether these are all, because nobody shares the store.
    #[must_use]
    pub fn are_all(&self) -> bool {
        self.0.is_none()
    }

    /// Whether these are none: others reduce all of the domain, or nobody does.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.0.as_ref().is_some_and(|slots| !slots.contains(&true))
    }

    /// Whether an entity of the domain (none: its context) is in one of these.
    #[must_use]
    pub fn hold(&self, key: &DomainKey, entity: Option<EntityId>) -> bool {
        self.0.as_ref().is_none_or(|slots| slots[slot_of(key, entity)])
    }

    /// How many these are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.as_ref().map_or(SLOTS, |slots| slots.iter().filter(|has| **has).count())
    }
}

/// Who has each slot of a domain: none where no host takes the domain.
fn holders<'a>(leases: &'a Leases, key: &DomainKey) -> Vec<Option<&'a Holder>> {
    let mut taking: Vec<(&Holder, usize)> = leases
        .holders
        .iter()
        .filter(|holder| holder.reduces.includes(key))
        .map(|holder| (holder, 0))
        .collect();
    let share = SLOTS.div_ceil(taking.len().max(1));
    let drawn = |slot: usize, holder: &Holder| mixed(holder.id.as_bytes(), slot as u64);
    (0..SLOTS)
        .map(|slot| {
            let with_room = taking.iter_mut().filter(|(_, has)| *has < share);
            let (holder, has) = with_room.max_by_key(|(holder, _)| (drawn(slot, holder), holder.id))?;
            *has += 1;
            Some(*holder)
        })
        .collect()
}

/// The slot of an entity (none: of the context's own model, which has some place as well).
fn slot_of(key: &DomainKey, entity: Option<EntityId>) -> usize {
    let hash = match entity {
        Some(entity) => mixed(entity.as_bytes(), 0),
        None => mixed(key.to_string().as_bytes(), 0),
    };
    usize::try_from(hash % SLOTS as u64).unwrap_or_default()
}

/// FNV-1a (Fowler, Noll, Vo; RFC 9923) over some bytes and a number, and then the finalizer of `SplitMix64`
/// (Steele, Lea, Flood, 2014), so that every bit depends on all of them.
fn mixed(bytes: &[u8], number: u64) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(PRIME);
    let hash = bytes.iter().chain(&number.to_be_bytes()).fold(OFFSET, step);
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{store::Reduces, words::LeaseEpoch};

    fn key() -> DomainKey {
        "shop/cart".parse().unwrap()
    }

    fn leases(hosts: impl IntoIterator<Item = u128>) -> Leases {
        let holder = |id| Holder {
            id: Uuid::from_u128(id),
            node: id.to_string(),
            listen: String::new(),
            reduces: Reduces::default(),
        };
        Leases { epoch: LeaseEpoch(1), holders: hosts.into_iter().map(holder).collect() }
    }

    fn of(leases: &Leases, host: u128) -> Slots {
        Slots::of(leases, Uuid::from_u128(host), &key())
    }

    #[test]
    fn every_slot_has_one_host_and_every_host_its_share() {
        for count in 1..=7 {
            let leases = leases(1..=count);
            let all: Vec<Slots> = (1..=count).map(|host| of(&leases, host)).collect();
            for entity in (0..2000).map(|n| Some(EntityId::from_stored(u128::to_be_bytes(n)))).chain([None]) {
                assert_eq!(all.iter().filter(|slots| slots.hold(&key(), entity)).count(), 1);
            }
            let share = SLOTS.div_ceil(usize::try_from(count).unwrap());
            let counts: Vec<usize> = all.iter().map(Slots::count).collect();
            assert!(counts.iter().all(|count| *count <= share) && counts.iter().sum::<usize>() == SLOTS);
            assert!(counts.iter().all(|count| *count + 10 >= share), "{counts:?}");
        }
        assert_eq!(of(&leases([1, 2]), 3).count(), 0, "it is not there");
    }

    #[test]
    fn few_slots_move_when_a_host_comes_or_goes() {
        let (two, three) = (leases([1, 2]), leases([1, 2, 3]));
        let moved = |host| {
            let (before, after) = (of(&two, host), of(&three, host));
            let (before, after) = (before.0.unwrap(), after.0.unwrap());
            before.iter().zip(after.iter()).filter(|(before, after)| !**before && **after).count()
        };
        // What the third host gets it gets from these two; between them hardly anything moves.
        assert!(moved(1) + moved(2) < SLOTS / 20, "{} and {}", moved(1), moved(2));
    }

    #[test]
    fn who_does_not_take_a_domain_has_nothing_of_it() {
        let mut leases = leases([1, 2, 3]);
        leases.holders[1].reduces.contexts = vec!["bank".parse().unwrap()];
        assert_eq!([1, 2, 3].map(|host| of(&leases, host).count()), [512, 0, 512]);
        leases
            .holders
            .iter_mut()
            .for_each(|holder| holder.reduces.domains = vec!["shop/stock".parse().unwrap()]);
        assert_eq!([1, 2, 3].map(|host| of(&leases, host).count()), [0; 3], "then nobody folds it");
    }

    /// Hosts of different versions must agree, so these may never change.
    #[test]
    fn the_numbers_are_what_they_always_were() {
        assert_eq!(mixed(b"", 0), 0x813f_0174_a236_7c13);
        let entity = "7d444840-9dc0-41d1-b245-5ffdce74fad2".parse().unwrap();
        assert_eq!((slot_of(&key(), Some(entity)), slot_of(&key(), None)), (851, 255));
    }
}
