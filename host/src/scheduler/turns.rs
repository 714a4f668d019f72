//! The domains that are served, and whose turn it is.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Unbounded},
};

use crate::words::DomainKey;

use super::{
    domain::{Domain, Wait, Waits},
    lanes::Lane,
    serving::Under,
};

#[derive(Default)]
pub(super) struct Turns {
    domains: BTreeMap<DomainKey, Domain>,
    /// The domain that had work taken last; the next one after it has its turn.
    last: Option<DomainKey>,
    /// Who waits for domains that are not served yet, or are just getting another module.
    early: BTreeMap<DomainKey, Waits>,
}

impl Turns {
    pub(super) fn insert(&mut self, mut domain: Domain) {
        domain.waits = self.early.remove(&domain.serving.key).unwrap_or_default();
        self.domains.insert(domain.serving.key.clone(), domain);
    }

    /// Takes a domain out. Who waits there goes on waiting for the next one in its place.
    pub(super) fn remove(&mut self, key: &DomainKey) -> Option<Domain> {
        let mut domain = self.domains.remove(key)?;
        if !domain.waits.is_empty() {
            self.early.insert(key.clone(), std::mem::take(&mut domain.waits).anew());
        }
        Some(domain)
    }

    /// Somebody waits until something is folded.
    pub(super) fn wait(&mut self, key: DomainKey, wait: Wait) {
        match self.domains.get_mut(&key) {
            Some(domain) => domain.waits.add(wait),
            None => self.early.entry(key).or_default().add(wait),
        }
    }

    /// Lets those go who wait for a domain that nobody serves any more.
    pub(super) fn give_up(&mut self, key: &DomainKey) {
        self.early.remove(key);
    }

    /// Forgets those who waited and went away.
    pub(super) fn forget_gone(&mut self) {
        self.domains.values_mut().for_each(|domain| domain.waits.forget_gone());
        self.early.retain(|_, waits| {
            waits.forget_gone();
            !waits.is_empty()
        });
    }

    /// A domain, under whatever activation.
    pub(super) fn served(&mut self, key: &DomainKey) -> Option<&mut Domain> {
        self.domains.get_mut(key)
    }

    /// A domain, provided that it is still served under this.
    pub(super) fn get(&mut self, key: &DomainKey, under: Under) -> Option<&mut Domain> {
        self.domains.get_mut(key).filter(|domain| domain.serving.under() == under)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&DomainKey, &Domain)> {
        self.domains.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Domain> {
        self.domains.values_mut()
    }

    /// The next domain with work in a lane that has so many workers, in turn. A domain occupies at most half
    /// of them (at least one) while others have work there; one whose calls take long does so whenever there
    /// are others, because they would have to wait for such a call to end.
    pub(super) fn next(&mut self, lane: Lane, workers: usize) -> Option<&mut Domain> {
        let has_work = |domain: &Domain| domain.serving.lane() == lane && domain.has_work();
        let waiting = self.domains.values().filter(|domain| has_work(domain)).count();
        let (half, alone) = ((workers / 2).max(1), self.domains.len() < 2);
        let most = if waiting > 1 || (lane == Lane::Back && !alone) { half } else { workers };
        let may = |domain: &Domain| has_work(domain) && domain.running < most;
        let behind = self.last.as_ref().map_or(Unbounded, Excluded);
        let mut in_turn = self.domains.range((behind, Unbounded)).chain(&self.domains);
        let key = in_turn.find(|(_, domain)| may(domain)).map(|(key, _)| key.clone())?;
        self.last = Some(key.clone());
        self.domains.get_mut(&key)
    }
}
