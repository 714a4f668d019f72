//! The domains that are served, and whose turn it is.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Unbounded},
};

use crate::words::{ActivationNumber, DomainKey};

use super::domain::Domain;

#[derive(Default)]
pub(super) struct Turns {
    domains: BTreeMap<DomainKey, Domain>,
    /// The domain that had work taken last; the next one after it has its turn.
    last: Option<DomainKey>,
}

impl Turns {
    pub(super) fn insert(&mut self, domain: Domain) {
        self.domains.insert(domain.serving.key.clone(), domain);
    }

    pub(super) fn remove(&mut self, key: &DomainKey) -> Option<Domain> {
        self.domains.remove(key)
    }

    /// A domain, under whatever activation.
    pub(super) fn served(&mut self, key: &DomainKey) -> Option<&mut Domain> {
        self.domains.get_mut(key)
    }

    /// A domain, provided that this activation is still the one in force.
    pub(super) fn get(&mut self, key: &DomainKey, number: ActivationNumber) -> Option<&mut Domain> {
        self.domains.get_mut(key).filter(|domain| domain.serving.number == number)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&DomainKey, &Domain)> {
        self.domains.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Domain> {
        self.domains.values_mut()
    }

    /// The next domain with work, in turn. A domain occupies at most half of the workers (at least one)
    /// while others have work; one whose calls take long does so whenever there are others, because they
    /// would have to wait for such a call to end.
    pub(super) fn next(&mut self, workers: usize) -> Option<&mut Domain> {
        let waiting = self.domains.values().filter(|domain| domain.has_work()).count();
        let (half, alone) = ((workers / 2).max(1), self.domains.len() < 2);
        let most = |domain: &Domain| if waiting > 1 || (domain.slow && !alone) { half } else { workers };
        let may = |domain: &Domain| domain.has_work() && domain.running < most(domain);
        let behind = self.last.as_ref().map_or(Unbounded, Excluded);
        let mut in_turn = self.domains.range((behind, Unbounded)).chain(&self.domains);
        let key = in_turn.find(|(_, domain)| may(domain)).map(|(key, _)| key.clone())?;
        self.last = Some(key.clone());
        self.domains.get_mut(&key)
    }
}
