//! Snapshots: from where a fold goes on that would otherwise begin afresh, and which states it leaves for
//! the next.

use std::sync::Arc;

use crate::{
    store::{SnapshotQuery, StoreError},
    words::{Event, EventId, Position, Snapshot, thin},
};

use super::{
    asking::ask,
    history::History,
    state::{Fold, State},
};

/// How much further from the end of a history each state lies that is kept than the one behind it: about as
/// much as [`thin`] leaves.
const FURTHER: usize = 3;

impl State {
    /// The state that a snapshot holds.
    fn at(snapshot: Snapshot) -> Self {
        let Snapshot { last, position, activation: _, events, model } = snapshot;
        let (last, after) = (Some(last), Some(last));
        Self { model, folded: position, last, events, after, ..Self::default() }
    }

    /// Keeps the state as a snapshot, if a fold that began at `before` events has passed the number at which one
    /// is due. What a fold keeps takes no more memory, and no more of a transaction, than one model may.
    pub(super) fn keep(&mut self, fold: &Fold<'_>, before: u64) {
        let every = fold.snapshot_events as u64;
        let is_due = every > 0 && before / every != self.events / every;
        let Some(last) = self.last.filter(|_| is_due) else { return };
        self.snapshots.push(Snapshot {
            last,
            position: self.folded,
            activation: fold.serving.number,
            events: self.events,
            model: self.model.clone(),
        });
        thin(&mut self.snapshots, |snapshot| snapshot.events);
        let mut bytes = 0;
        let fits = |snapshot: &&Snapshot| {
            bytes += snapshot.model.as_ref().map_or(0, |model| model.len());
            bytes <= fold.limits.model_bytes
        };
        let fitting = self.snapshots.iter().rev().take_while(fits).count();
        let surplus = self.snapshots.len() - fitting;
        self.snapshots.drain(..surplus);
    }
}

impl History<'_> {
    /// The state that the newest snapshot holds that sorts before an event (none: before none) and holds nothing
    /// behind `up_to`; without one, the beginning.
    pub(super) async fn nearest(
        &self,
        fold: &Fold<'_>,
        up_to: Position,
        before: Option<EventId>,
    ) -> Result<State, StoreError> {
        let Some(entity) = fold.entity.filter(|_| self.serving.by_occurrence()) else {
            return Ok(State::default());
        };
        if before.is_none() && self.serving.is_new() {
            // A row that another module made last has none of this one's.
            return Ok(State::default());
        }
        let query = SnapshotQuery {
            key: self.serving.key.clone(),
            entity,
            before,
            up_to,
            activations: self.serving.same_module(),
            types: self.serving.module.descriptor().event_types.clone(),
        };
        let found = ask(self.store, |store| async move { store.snapshot(&query).await }).await?;
        Ok(found.map_or_else(State::default, State::at))
    }
}

/// Cuts the last events of a history where the next late event will want a snapshot: `every` events before its
/// end, three times as many, and so on. Only few calls are added; 0 adds none.
pub(super) fn cut(events: &[Arc<Event>], every: usize) -> Vec<&[Arc<Event>]> {
    let mut cuts = Vec::new();
    let mut rest = events;
    let mut distance = every;
    while distance > 0 && distance < events.len() {
        let (before, behind) = rest.split_at(events.len() - distance);
        cuts.push(behind);
        rest = before;
        distance = distance.saturating_mul(FURTHER);
    }
    if !rest.is_empty() {
        cuts.push(rest);
    }
    cuts.reverse();
    cuts
}
