//! Rows that are parked: whether something has come that may mend them, and folding them together with it.

use std::sync::Arc;

use crate::{
    store::{HistoryCursor, StoreError},
    words::{Event, EventId, Parked, Position, Row},
};

use super::{
    history::Halt,
    outcome::Folded,
    reduce::{Reducer, Waiting},
    state::{Fold, State},
};

/// Whether a parked row is to be tried again under the module that it failed under.
pub(super) enum Hope {
    /// Nothing has come that sorts before the event that it failed at.
    None,
    /// The event at this position does, and is the first since the row was tried.
    At(Position),
    /// Somebody asks for it, for reasons of their own.
    Unknown,
}

impl Reducer<'_> {
    pub(super) async fn hope(
        &self,
        fold: &Fold<'_>,
        parked: &Parked,
        waiting: &Waiting,
    ) -> Result<Hope, StoreError> {
        if matches!(waiting, Waiting::Again) {
            return Ok(Hope::Unknown);
        }
        let Ok(failing) = parked.event.parse::<EventId>() else { return Ok(Hope::Unknown) };
        let mends = |event: &&Arc<Event>| {
            event.position.0 > parked.tried
                && event.fact.id < failing
                && self.history.serving.takes(&event.fact.event_type)
        };
        if !self.history.serving.by_occurrence() {
            return Ok(Hope::None);
        }
        if let Waiting::These(events) = waiting {
            let mending = events.iter().find(mends);
            return Ok(mending.map_or(Hope::None, |event| Hope::At(event.position)));
        }
        let mut cursor = Position(parked.tried);
        loop {
            self.history.turn.make_way().await;
            let page = self.history.read(fold, HistoryCursor::Position(cursor), None).await?;
            if let Some(event) = page.iter().find(mends) {
                return Ok(Hope::At(event.position));
            }
            match page.last() {
                Some(last) if page.len() == self.history.serving.events_at_once() => cursor = last.position,
                _ => return Ok(Hope::None),
            }
        }
    }

    /// Folds a parked row up to what may mend it, however much has come before that: with less it fails as it
    /// did. If it fails again, it has been tried further, so that nobody tries the same for ever.
    pub(super) async fn fold_with(
        &self,
        fold: &Fold<'_>,
        row: &Row,
        position: Position,
    ) -> Result<Folded, StoreError> {
        let oldest = self.oldest(fold, row.folded, position).await?;
        let ended = match self.history.refold(fold, position, oldest).await {
            Ok(state) => Folded { state, refolded: true, oldest, ..Folded::default() },
            Err(Halt::Stuck(stuck)) => {
                Folded { state: State::of(Some(row)), stuck: Some(stuck), ..Folded::default() }
            }
            Err(Halt::Store(error)) => return Err(error),
        };
        Ok(Folded { tried: position, more: true, ..ended })
    }

    /// The least id of the events behind one position, up to another.
    async fn oldest(
        &self,
        fold: &Fold<'_>,
        after: Position,
        up_to: Position,
    ) -> Result<Option<EventId>, StoreError> {
        let (mut cursor, mut oldest) = (after, None);
        loop {
            self.history.turn.make_way().await;
            let page = self.history.read(fold, HistoryCursor::Position(cursor), Some(up_to)).await?;
            let ids = page.iter().map(|event| event.fact.id);
            oldest = ids.chain(oldest).min();
            match page.last() {
                Some(last) if page.len() == self.history.serving.events_at_once() => cursor = last.position,
                _ => return Ok(oldest),
            }
        }
    }
}
