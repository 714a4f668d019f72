//! A row's events in the store: read page by page, and folded that way.

use std::sync::Arc;

use crate::{
    store::{HistoryCursor, HistoryQuery, LogQuery, Store, StoreError},
    words::{Event, EventId, Position},
};

use super::{
    ahead::Whole,
    asking::ask,
    serving::Serving,
    snapshots::cut,
    state::{Fold, State, Stuck},
    turn::Turn,
};

/// The events that a module in force takes, as the store has them.
#[derive(Clone, Copy)]
pub(super) struct History<'a> {
    pub(super) serving: &'a Serving,
    pub(super) store: &'a Arc<dyn Store>,
    /// Whose turn it is: what takes long makes way for others.
    pub(super) turn: &'a Turn,
    /// The row's events, if they were read ahead of its fold: then the store is not asked for them.
    pub(super) ahead: Option<&'a Whole>,
}

/// Why a fold through the store stopped.
pub(super) enum Halt {
    Stuck(Stuck),
    Store(StoreError),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl History<'_> {
    /// Of these, what the module takes.
    pub(super) fn taken(&self, mut events: Vec<Arc<Event>>) -> Vec<Arc<Event>> {
        events.retain(|event| self.serving.takes(&event.fact.event_type));
        events
    }

    /// A page of the row's events. Under `whole-context` these are the context's.
    pub(super) async fn read(
        &self,
        fold: &Fold<'_>,
        after: HistoryCursor,
        up_to: Option<Position>,
    ) -> Result<Vec<Arc<Event>>, StoreError> {
        if let Some(ahead) = self.ahead {
            return Ok(ahead.page(after, up_to, self.serving.events_at_once()));
        }
        let context = self.serving.key.context.clone();
        let limit = u32::try_from(self.serving.events_at_once()).unwrap_or(u32::MAX);
        if let Some(entity) = fold.entity {
            let query = HistoryQuery { context, entity, after, up_to, limit };
            let events = ask(self.store, |store| async move { store.history(&query).await }).await?;
            return Ok(events.into_iter().map(Arc::new).collect());
        }
        let HistoryCursor::Position(after) = after else { return Ok(Vec::new()) };
        let query = LogQuery { context: Some(context), after, since: None, up_to, types: Vec::new(), limit };
        let events = ask(self.store, |store| async move { store.log(&query).await }).await?;
        Ok(events.into_iter().map(Arc::new).collect())
    }

    /// Folds a row again up to the last event at or below `up_to`: from the nearest snapshot before the oldest
    /// event that has come (none: the newest that is not void), or else from the first event.
    pub(super) async fn refold(
        &self,
        fold: &Fold<'_>,
        up_to: Position,
        oldest: Option<EventId>,
    ) -> Result<State, Halt> {
        let state = self.nearest(fold, up_to, oldest).await?;
        self.fold_on(fold, state, up_to).await
    }

    /// Folds on from a state to the last event at or below `up_to`, page by page. Under `occurred` every event
    /// that the state lacks must sort behind those that it holds.
    pub(super) async fn fold_on(
        &self,
        fold: &Fold<'_>,
        mut state: State,
        up_to: Position,
    ) -> Result<State, Halt> {
        let mut cursor = if self.serving.by_occurrence() {
            HistoryCursor::Id(state.last)
        } else {
            HistoryCursor::Position(state.folded)
        };
        loop {
            self.turn.make_way().await;
            let page = self.read(fold, cursor, Some(up_to)).await?;
            let is_last = page.len() < self.serving.events_at_once();
            if let Some(last) = page.last() {
                cursor = match cursor {
                    HistoryCursor::Id(_) => HistoryCursor::Id(Some(last.fact.id)),
                    HistoryCursor::Position(_) => HistoryCursor::Position(last.position),
                };
            }
            let events = self.taken(page);
            let every = if is_last { fold.snapshot_events } else { 0 };
            for events in cut(&events, every) {
                self.turn.make_way().await;
                self.fold_page(fold, &mut state, events).await?;
            }
            if is_last {
                return Ok(state);
            }
        }
    }

    /// Folds events that follow each other, in as few calls as it takes, and if that fails one by one.
    async fn fold_page(
        &self,
        fold: &Fold<'_>,
        state: &mut State,
        mut events: &[Arc<Event>],
    ) -> Result<(), Halt> {
        if self.fold_in_calls(fold, state, &mut events).await.is_ok() {
            return Ok(());
        }
        for event in events {
            self.turn.make_way().await;
            state.fold(fold, std::slice::from_ref(event)).map_err(Halt::Stuck)?;
        }
        Ok(())
    }

    /// Folds events that follow each other: in one call, or in as many as it takes for each to keep within the
    /// reducer's limits. What is folded is taken off `events`, so that the failing call's are the first left.
    pub(super) async fn fold_in_calls(
        &self,
        fold: &Fold<'_>,
        state: &mut State,
        events: &mut &[Arc<Event>],
    ) -> Result<(), Stuck> {
        loop {
            state.fold_portion(fold, events)?;
            if events.is_empty() {
                return Ok(());
            }
            self.turn.make_way().await;
        }
    }
}
