//! Those who wait until an entity's events are folded up to a position.
//!
//! They are told that nothing up to there is left to try; whether it is folded or parked stands in the row.
//! Where nobody waits, all of this costs a look into two empty maps.

use std::collections::{BTreeMap, HashMap, hash_map::Entry};

use tokio::sync::oneshot;

use crate::words::{EntityId, Position};

use super::Domain;

/// Somebody who waits.
pub(in crate::scheduler) struct Wait {
    /// The entity; none under `whole-context`.
    pub(in crate::scheduler) entity: Option<EntityId>,
    /// Events up to here are waited for.
    pub(in crate::scheduler) position: Position,
    /// Dropped untold where the domain is served no more.
    pub(in crate::scheduler) told: oneshot::Sender<Tried>,
}

/// What somebody who waits is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// Nothing is left to try: what became of it stands in the row.
    Here,
    /// Another host reduces that entity.
    Elsewhere,
}

impl Wait {
    fn tell(self, tried: Tried) {
        // Whoever went away needs no answer.
        let _ = self.told.send(tried);
    }
}

/// All who wait in a domain.
#[derive(Default)]
pub(in crate::scheduler) struct Waits {
    /// For a position that is still to be read in the log.
    ahead: BTreeMap<Position, Vec<Wait>>,
    /// For entities whose events up to the position were read.
    reached: HashMap<Option<EntityId>, Vec<Wait>>,
}

impl Waits {
    pub(in crate::scheduler) fn add(&mut self, wait: Wait) {
        self.ahead.entry(wait.position).or_default().push(wait);
    }

    pub(in crate::scheduler) fn is_empty(&self) -> bool {
        self.ahead.is_empty() && self.reached.is_empty()
    }

    /// The same for another module, which must read and fold by itself what they wait for.
    pub(in crate::scheduler) fn anew(self) -> Self {
        let mut anew = Self { ahead: self.ahead, reached: HashMap::new() };
        self.reached.into_values().flatten().for_each(|wait| anew.add(wait));
        anew
    }

    /// Forgets those who went away: their time was over, or their connection.
    pub(in crate::scheduler) fn forget_gone(&mut self) {
        let stay = |waits: &mut Vec<Wait>| {
            waits.retain(|wait| !wait.told.is_closed());
            !waits.is_empty()
        };
        self.ahead.retain(|_, waits| stay(waits));
        self.reached.retain(|_, waits| stay(waits));
    }
}

impl Domain {
    /// Takes up those whose position was read meanwhile.
    pub(in crate::scheduler) fn take_up_waits(&mut self) {
        while let Some(next) = self.waits.ahead.first_entry()
            && *next.key() <= self.cursor
        {
            for wait in next.remove() {
                if !self.serving.holds(wait.entity) {
                    wait.tell(Tried::Elsewhere);
                    continue;
                }
                if self.covered(wait.entity) >= Some(wait.position) {
                    wait.tell(Tried::Here);
                    continue;
                }
                if !self.visit.is_settled() {
                    self.look_at(wait.entity);
                }
                self.waits.reached.entry(wait.entity).or_default().push(wait);
            }
        }
    }

    /// A worker is done with an entity: tells those who waited for what was tried.
    pub(in crate::scheduler) fn tell_waits(&mut self, entity: Option<EntityId>) {
        if !self.waits.reached.contains_key(&entity) {
            return;
        }
        let tried = self.tried(entity).max(self.folded(entity));
        if let Entry::Occupied(mut waits) = self.waits.reached.entry(entity) {
            let over = waits.get_mut().extract_if(.., |wait| tried >= Some(wait.position));
            over.for_each(|wait| wait.tell(Tried::Here));
            if waits.get().is_empty() {
                waits.remove();
            }
        }
    }

    /// Up to where nothing of an entity is left to try, as far as that is known without asking the store.
    fn covered(&mut self, entity: Option<EntityId>) -> Option<Position> {
        let folded = self.folded(entity);
        // Until every entity was visited, nobody knows what of the log before the activation waits.
        if self.visit.is_settled() { self.tried(entity).max(folded) } else { folded }
    }

    /// Up to where an entity whose history is known was tried; none: it must be asked for first.
    fn tried(&self, entity: Option<EntityId>) -> Option<Position> {
        match self.entries.get(&entity) {
            None => Some(self.cursor),
            Some(entry) if entry.unknown || entry.visited => None,
            Some(entry) => entry.oldest.map(|oldest| Position(oldest.0 - 1)),
        }
    }

    /// What its row says, if it is kept: of a busy entity something always waits.
    fn folded(&mut self, entity: Option<EntityId>) -> Option<Position> {
        let row = self.rows.get(entity)?;
        (row.activation() == self.serving.number).then_some(row.folded)
    }

    /// Asks the store what waits for an entity, before its visit comes to that.
    fn look_at(&mut self, entity: Option<EntityId>) {
        let entry = self.entries.entry(entity).or_default();
        // What runs may have begun before: then it is taken up again behind it.
        entry.unknown = true;
        if !entry.running && !entry.queued {
            entry.queued = true;
            self.ready.push_back(entity);
        }
    }
}
