//! Which events an entity has. The index on disk follows behind the log; what it lacks is in memory.
//!
//! An index by entity is written all over: at its right place, each event would dirty a page of its own, and
//! these pages would be most of what a commit writes. So events wait in memory until there are many, and then
//! go to the index in its own order, a step with each commit, so that neighbours share pages and no commit
//! waits for all of them. A reader takes what is in memory first, then the index up to where that begins.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Included, Unbounded},
    sync::{PoisonError, RwLock},
};

use crate::{
    store::HistoryCursor,
    words::{EntityId, EventId, Position},
};

/// So many events wait before they begin to move to the index. Every one of them must be read when the store
/// is opened. In tests few, so that all of them cover the way to the index.
const BATCH: usize = if cfg!(test) { 512 } else { 32_768 };
/// A step takes so many, which are one statement: one way to the database's thread.
const STEP: usize = if cfg!(test) { 256 } else { 1024 };

/// The order of the index: context, entity, id.
pub(super) type Key = (i64, EntityBytes, IdBytes);
type EntityBytes = [u8; 16];
type IdBytes = [u8; 16];

const FIRST: [u8; 16] = [0; 16];
const LAST: [u8; 16] = [u8::MAX; 16];

/// What the index holds beside its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) position: Position,
    /// Whether a reducer emitted it.
    pub(super) emitted: bool,
}

type Entries = BTreeMap<Key, Place>;

/// The events that the index does not have yet.
#[derive(Debug, Default)]
pub(super) struct Unindexed(RwLock<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    /// Every event up to here is in the index.
    indexed: Position,
    /// Those that are on their way; they are forgotten when all are there.
    moving: Entries,
    /// The last of them that is there already.
    moved: Option<Key>,
    /// Every event up to here is in the index when they are.
    moving_to: Position,
    /// Those behind them.
    newer: Entries,
    newest: Position,
    /// How many events were committed since the last step, or since these set out.
    since_step: usize,
}

/// What goes to the index with a commit.
#[derive(Debug, Default)]
pub(super) struct Step {
    /// In the order of the index.
    pub(super) entries: Vec<(Key, Place)>,
    /// Every event up to here is in the index then.
    pub(super) indexed: Position,
}

/// What is in memory of an entity.
pub(super) struct Found {
    /// Some of its events, in the order asked for.
    pub(super) positions: Vec<Position>,
    /// All other events of it up to here are in the index.
    pub(super) indexed: Position,
}

impl Unindexed {
    /// What waits where the index is complete up to `indexed`: every later event.
    pub(super) fn begin(&self, indexed: Position, newer: impl IntoIterator<Item = (Key, Place)>) {
        let newer: Entries = newer.into_iter().collect();
        let newest = newer.values().map(|place| place.position).max().unwrap_or(indexed);
        *self.write() = Waiting { indexed, newer, newest, ..Waiting::default() };
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Waiting> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Waiting> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The step that goes with a commit of so many events: for each event two, so that those on their way have
    /// arrived before as many wait behind them. Mostly there is none.
    pub(super) fn step(&self, events: usize) -> Step {
        let mut waiting = self.write();
        let mut indexed = waiting.indexed;
        if waiting.moving.is_empty() && waiting.newer.len() >= BATCH {
            waiting.moving = std::mem::take(&mut waiting.newer);
            waiting.moving_to = waiting.newest;
            waiting.moved = None;
            waiting.since_step = 0;
        }
        if waiting.moving.is_empty() {
            return Step { entries: Vec::new(), indexed };
        }
        waiting.since_step += events;
        let count = 2 * waiting.since_step / STEP * STEP;
        if count == 0 {
            return Step { entries: Vec::new(), indexed };
        }
        waiting.since_step = 0;
        let from = waiting.moved.map_or(Unbounded, Excluded);
        let mut rest = waiting.moving.range((from, Unbounded)).map(|(key, place)| (*key, *place));
        let entries: Vec<_> = rest.by_ref().take(count).collect();
        if rest.next().is_none() {
            indexed = waiting.moving_to;
        }
        Step { entries, indexed }
    }

    /// Notes what a commit brought: a step that was made, and new events.
    pub(super) fn committed(&self, step: &Step, events: impl IntoIterator<Item = (Key, Place)>) {
        let mut waiting = self.write();
        waiting.moved = step.entries.last().map(|(key, _)| *key).or(waiting.moved);
        if step.indexed > waiting.indexed {
            waiting.indexed = step.indexed;
            waiting.moving.clear();
        }
        for (key, place) in events {
            waiting.newest = place.position;
            waiting.newer.insert(key, place);
        }
    }

    /// The events of an entity that are in memory, behind `after` and up to `up_to`; at most `limit`.
    pub(super) fn of_entity(
        &self,
        (context, entity): (i64, EntityId),
        after: HistoryCursor,
        up_to: Position,
        limit: usize,
    ) -> Found {
        let waiting = self.read();
        let (from, behind) = match after {
            HistoryCursor::Id(after) => (after, Position(0)),
            HistoryCursor::Position(after) => (None, after),
        };
        let (from, entity) = (from.map(|id| *id.as_sorted_bytes()), *entity.as_bytes());
        let of_entity = |entries: &Entries| {
            let range = entries.range((context, entity, FIRST)..=(context, entity, LAST));
            let wanted = range.filter(|((_, _, id), place)| {
                from.is_none_or(|from| *id > from) && place.position > behind && place.position <= up_to
            });
            wanted.map(|((_, _, id), place)| (*id, place.position)).collect::<Vec<_>>()
        };
        let mut places = of_entity(&waiting.moving);
        places.extend(of_entity(&waiting.newer));
        match after {
            HistoryCursor::Id(_) => places.sort_unstable_by_key(|(id, _)| *id),
            HistoryCursor::Position(_) => places.sort_unstable_by_key(|(_, position)| *position),
        }
        let positions = places.into_iter().take(limit).map(|(_, position)| position).collect();
        Found { positions, indexed: waiting.indexed }
    }

    /// The events of some entities that are in memory: all of them from the first entity on, or else more than
    /// `most`.
    pub(super) fn of_entities(&self, context: i64, entities: &[EntityId], most: usize) -> Found {
        let waiting = self.read();
        let mut positions = Vec::new();
        for entity in entities.iter().map(|entity| *entity.as_bytes()) {
            for entries in [&waiting.moving, &waiting.newer] {
                let range = entries.range((context, entity, FIRST)..=(context, entity, LAST));
                let room = (most + 1).saturating_sub(positions.len());
                positions.extend(range.map(|(_, place)| place.position).take(room));
            }
        }
        Found { positions, indexed: waiting.indexed }
    }

    /// How many events from outside an entity has in memory; all other events of it up to the position are in
    /// the index.
    pub(super) fn count_outside(&self, context: i64, entity: EntityId) -> (u64, Position) {
        let waiting = self.read();
        let entity = *entity.as_bytes();
        let places = [&waiting.moving, &waiting.newer]
            .into_iter()
            .flat_map(|entries| entries.range((context, entity, FIRST)..=(context, entity, LAST)));
        (places.filter(|(_, place)| !place.emitted).count() as u64, waiting.indexed)
    }

    /// The events of an entity that are in memory, sort at or before `up_to`, and lie behind `above`.
    pub(super) fn late(&self, entity: (i64, EntityId), up_to: EventId, above: Position) -> Vec<Position> {
        let waiting = self.read();
        let ((context, entity), id) = (entity, *up_to.as_sorted_bytes());
        let range = (context, *entity.as_bytes(), FIRST)..=(context, *entity.as_bytes(), id);
        let found = [&waiting.moving, &waiting.newer].map(|entries| entries.range(range.clone()));
        let positions = found.into_iter().flatten().map(|(_, place)| place.position);
        positions.filter(|position| *position > above).collect()
    }

    /// The entities of a context that have events in memory, ascending, behind `after`; at most `limit`.
    pub(super) fn entities(&self, context: i64, after: Option<EntityId>, limit: usize) -> Vec<EntityId> {
        let waiting = self.read();
        let after = after.map(|entity| *entity.as_bytes());
        let mut entities = Vec::new();
        for entries in [&waiting.moving, &waiting.newer] {
            let mut last = after;
            for _ in 0..limit {
                let from =
                    last.map_or(Included((context, FIRST, FIRST)), |last| Excluded((context, last, LAST)));
                let next = entries.range((from, Unbounded)).next();
                let Some(((_, entity, _), _)) = next.filter(|((of, ..), _)| *of == context) else { break };
                entities.push(EntityId::from_stored(*entity));
                last = Some(*entity);
            }
        }
        entities.sort_unstable();
        entities.dedup();
        entities.truncate(limit);
        entities
    }
}

#[cfg(test)]
mod tests;
