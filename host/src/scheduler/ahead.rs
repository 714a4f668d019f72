//! Histories that are read whole, for many entities at once, before these are folded. To ask the store for
//! each by itself would cost more than the fold.

use std::{collections::HashMap, sync::Arc};

use crate::{
    store::{HistoriesQuery, HistoryCursor, Store, StoreError},
    words::{EntityId, Event, Position},
};

use super::{
    reduce::{Task, Waiting},
    serving::{Serving, Stance},
};

/// Events that are read ahead at once. Meanwhile their worker has no time for others, ...
const EVENTS: u32 = 8192;
/// ... and they are in its memory: so larger ones, in bytes, are read when they are folded.
const EVENT_BYTES: u32 = 2048;

/// The histories that were read last.
#[derive(Default)]
pub(super) struct Ahead(HashMap<EntityId, Option<Whole>>);

/// All events of an entity, by id.
#[derive(Debug, Clone)]
pub(super) struct Whole(Vec<Arc<Event>>);

impl Ahead {
    /// Whether a task needs a whole history that it was not looked for yet.
    pub(super) fn lacks(&self, serving: &Serving, task: &Task) -> bool {
        wanted(serving, task).is_some_and(|entity| !self.0.contains_key(&entity))
    }

    /// Looks for the histories that these tasks need: of as many of them, from the first on, as can be read at
    /// once. The rows must have been read before, so that they hold nothing that a history lacks.
    pub(super) async fn read(
        &mut self,
        store: &dyn Store,
        serving: &Serving,
        tasks: impl Iterator<Item = &Task>,
    ) -> Result<(), StoreError> {
        self.0.clear();
        let context = serving.key.context.clone();
        let mut entities: Vec<EntityId> = tasks.filter_map(|task| wanted(serving, task)).collect();
        entities.sort_unstable();
        let query = HistoriesQuery { context, entities, limit: EVENTS, event_bytes: EVENT_BYTES };
        // One by itself is read page by page, so that it can make way.
        let found = if query.entities.len() > 1 { store.histories(&query).await? } else { vec![None] };
        let whole = |events: Vec<Event>| Whole(events.into_iter().map(Arc::new).collect());
        let found = found.into_iter().map(|events| events.map(whole));
        self.0.extend(query.entities.into_iter().zip(found));
        Ok(())
    }

    /// The history of an entity, if it was read.
    pub(super) fn take(&mut self, entity: Option<EntityId>) -> Option<Whole> {
        self.0.get_mut(&entity?)?.take()
    }
}

/// The entity whose history a task folds from the first event on; none: it does not.
fn wanted(serving: &Serving, task: &Task) -> Option<EntityId> {
    let row = task.row.as_ref()?.as_deref();
    let is_parked =
        row.and_then(|row| row.parked.as_ref()).is_some_and(|parked| parked.activation == serving.number.0);
    let is_whole = match row {
        None => !matches!(task.waiting, Waiting::These(_)),
        // A module that was in force before may have left snapshots.
        Some(_) => !is_parked && serving.is_new() && serving.stance(row) == Stance::Refold,
    };
    task.entity.filter(|_| is_whole)
}

impl Whole {
    /// A page, as the store would give it.
    pub(super) fn page(
        &self,
        after: HistoryCursor,
        up_to: Option<Position>,
        limit: usize,
    ) -> Vec<Arc<Event>> {
        let is_wanted = |event: &&Arc<Event>| {
            let is_behind = match after {
                HistoryCursor::Id(after) => Some(event.fact.id) > after,
                HistoryCursor::Position(after) => event.position > after,
            };
            is_behind && up_to.is_none_or(|up_to| event.position <= up_to)
        };
        let wanted = self.0.iter().filter(is_wanted).map(Arc::clone);
        if let HistoryCursor::Position(_) = after {
            let mut page: Vec<_> = wanted.collect();
            page.sort_unstable_by_key(|event| event.position);
            page.truncate(limit);
            return page;
        }
        wanted.take(limit).collect()
    }
}
