//! What a writer knows of the store without asking it. It is true until somebody else writes, or a transaction
//! ends otherwise than it should; the back end notices that, and reads it again.

use std::collections::{BTreeMap, HashMap};

use hashlink::LruCache;

use crate::words::{
    ActivationNumber, ContextName, DomainKey, EntityId, EventId, LeaseEpoch, Position, Version,
};

use super::{
    Group, Head,
    ids::Ids,
    judge::{Known, Plan, RowKey},
    names::Names,
};

/// Rows whose state is remembered, so that a reduction of a busy entity need not look for its row.
const ROWS: usize = 65_536;

/// The state of the store after the newest commit.
pub(super) struct Memory {
    /// How far it has counted.
    pub(super) head: Head,
    pub(super) recorded_at: i64,
    /// The lease epoch in force.
    pub(super) leases: LeaseEpoch,
    /// The activations in force.
    pub(super) activations: HashMap<DomainKey, ActivationNumber>,
    pub(super) ids: Ids,
    /// Of rows that were written last: version and folded-up-to.
    rows: LruCache<RowKey, (Version, Position)>,
}

/// What memory cannot say of a group: the store must be asked.
#[derive(Debug, Default)]
pub(super) struct Unknown<'a> {
    /// Ids that may be there, by context.
    pub(super) events: HashMap<&'a ContextName, Vec<EventId>>,
    /// Rows, by domain.
    pub(super) rows: HashMap<&'a DomainKey, Vec<Option<EntityId>>>,
    /// Entities that something is expected of: how many events from outside each has. Ascending, each once.
    pub(super) outside: BTreeMap<&'a ContextName, Vec<EntityId>>,
}

impl Memory {
    pub(super) fn new(
        (head, recorded_at): (Head, i64),
        activations: HashMap<DomainKey, ActivationNumber>,
        ids: Ids,
    ) -> Self {
        let leases = LeaseEpoch::default();
        Self { head, recorded_at, leases, activations, ids, rows: LruCache::new(ROWS) }
    }

    /// What is known of that which a group is about, and what must be asked for.
    pub(super) fn known<'a>(&mut self, names: &Names, group: &'a Group) -> (Known, Unknown<'a>) {
        let Self { head, recorded_at, leases, .. } = *self;
        let mut known = Known { head, recorded_at, leases, ..Known::default() };
        let mut unknown = Unknown { events: self.may_be_there(names, group), ..Unknown::default() };
        for reduction in &group.reductions {
            let row = (reduction.key.clone(), reduction.entity);
            match self.rows.get(&row) {
                Some(state) => drop(known.rows.insert(row, *state)),
                None => unknown.rows.entry(&reduction.key).or_default().push(reduction.entity),
            }
            if let Some(activation) = self.activations.get(&reduction.key)
                && !known.activations.contains_key(&reduction.key)
            {
                known.activations.insert(reduction.key.clone(), *activation);
            }
        }
        for append in &group.appends {
            if let Some((entity, _)) = append.expecting() {
                unknown.outside.entry(&append.context).or_default().push(entity);
            }
        }
        for entities in unknown.outside.values_mut() {
            entities.sort_unstable();
            entities.dedup();
        }
        (known, unknown)
    }

    fn may_be_there<'a>(&self, names: &Names, group: &'a Group) -> HashMap<&'a ContextName, Vec<EventId>> {
        let mut ids: HashMap<&ContextName, Vec<EventId>> = HashMap::new();
        let appended = group.appends.iter().map(|append| (&append.context, &append.facts));
        let emitted = group.reductions.iter().map(|reduction| (&reduction.key.context, &reduction.emissions));
        for (context, facts) in appended.chain(emitted).filter(|(_, facts)| !facts.is_empty()) {
            let Some(number) = names.context(context) else { continue };
            let there = facts.iter().map(|fact| fact.id).filter(|id| self.ids.may_hold(number, *id));
            for id in there {
                ids.entry(context).or_default().push(id);
            }
        }
        ids
    }

    /// Notes what a commit wrote; `new` are the contexts' numbers and the ids of its events.
    pub(super) fn committed(&mut self, plan: &Plan<'_>, new: impl IntoIterator<Item = (i64, EventId)>) {
        self.head = plan.head;
        if let Some(event) = plan.events.last() {
            self.recorded_at = event.recorded_at;
        }
        for (context, id) in new {
            self.ids.written(context, id);
        }
        for row in &plan.rows {
            let key = (row.reduction.key.clone(), row.reduction.entity);
            self.rows.insert(key, (row.version, row.reduction.folded));
        }
    }

    /// Forgets rows, because somebody else may have written them.
    pub(super) fn forget_rows(&mut self) {
        self.rows.clear();
    }

    /// Forgets one of them.
    pub(super) fn forget_row(&mut self, row: &RowKey) {
        self.rows.remove(row);
    }
}
