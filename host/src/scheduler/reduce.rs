//! Reduces one row: from the row as it stands and the events that wait, to a reduction to be committed.
//!
//! Two promises live here: a reduction covers exactly the row's events up to one
//! position; what fails as a batch is taken one by one; only such a step, or a refold, parks.

use std::sync::Arc;

use crate::{
    clock::Clock,
    sandbox::Failure,
    store::{HistoryCursor, StoreError},
    words::{EntityId, Event, Position, Row},
};

use super::{
    history::{Halt, History},
    mending::Hope,
    outcome::{Done, Folded, unchanged},
    serving::Stance,
    state::{Fold, State},
};

/// One row to be reduced.
#[derive(Debug)]
pub(super) struct Task {
    /// The entity; none under `whole-context`.
    pub(super) entity: Option<EntityId>,
    /// The events that wait, by position.
    pub(super) waiting: Waiting,
    /// The row, if it is known; the inner none: there is no row.
    pub(super) row: Option<Option<Arc<Row>>>,
    /// How often the machine failed it already.
    pub(super) failed: u32,
}

/// The events that wait for a row.
#[derive(Debug)]
pub(super) enum Waiting {
    /// Exactly these, if the row has been reduced by the module in force and is not parked.
    These(Vec<Arc<Event>>),
    /// The store must be asked.
    Unknown,
    /// The same, and a row that is parked is tried again, although nothing has come that could mend it.
    Again,
}

/// What a worker needs to reduce a row of one domain.
pub(super) struct Reducer<'a> {
    pub(super) history: History<'a>,
    /// The log's head before the rows were read.
    pub(super) head: Position,
    /// Tells when a call failed.
    pub(super) clock: &'a dyn Clock,
    /// Whether a failure of the machine is to be tried again. Otherwise it parks like any other.
    pub(super) may_try_again: bool,
}

/// Why a row was not reduced although nothing is wrong with it: the task may be repeated.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Trouble {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{}", .0.message)]
    Machine(Failure),
}

impl Reducer<'_> {
    /// Reduces one row.
    ///
    /// # Errors
    /// Only where the store or the machine fails: nothing has happened, and the task may be repeated.
    pub(super) async fn reduce(
        &self,
        entity: Option<EntityId>,
        waiting: Waiting,
        row: Option<Arc<Row>>,
    ) -> Result<Done, Trouble> {
        let fold = Fold {
            serving: self.history.serving,
            limits: &self.history.serving.limits,
            entity,
            emitted: row.as_ref().map_or(Position(0), |row| row.emitted),
            snapshot_events: self.history.serving.snapshot_events(),
        };
        let stance = self.history.serving.stance(row.as_deref());
        if let Some((before, parked)) = row.as_deref().and_then(|row| Some((row, row.parked.as_ref()?)))
            && parked.activation == self.history.serving.number.0
        {
            match self.hope(&fold, parked, &waiting).await? {
                Hope::None => return Ok(unchanged(row)),
                Hope::At(position) if stance == Stance::Continue => {
                    let folded = self.fold_with(&fold, before, position).await?;
                    return self.done(&fold, row, folded).await;
                }
                Hope::At(_) | Hope::Unknown => {}
            }
        }
        if stance == Stance::Refold {
            let result = self.history.refold(&fold, self.head, None).await;
            return self.refolded(&fold, row, result).await;
        }
        let is_first =
            row.is_none() && !matches!(waiting, Waiting::These(_)) && self.history.serving.by_occurrence();
        if is_first {
            // There is no snapshot where there is no row.
            match self.history.fold_on(&fold, State::default(), self.head).await {
                // A history that cannot be folded whole is taken step by step below.
                Err(Halt::Stuck(stuck)) if !stuck.failure.transient => {}
                result => return self.refolded(&fold, row, result).await,
            }
        }
        let (waiting, more) = self.waiting(&fold, waiting, row.as_deref()).await?;
        let Some(newest) = waiting.last().map(|event| event.position) else {
            if row.as_ref().is_none_or(|row| row.parked.is_none()) {
                return Ok(unchanged(row));
            }
            // A refold failed under an older module; the one in force made the row and needs none.
            let folded = Folded { state: State::of(row.as_deref()), more, ..Folded::default() };
            return self.done(&fold, row, folded).await;
        };
        let folded = self.go_on(&fold, State::of(row.as_deref()), &waiting).await?;
        self.done(&fold, row, Folded { tried: newest, more, ..folded }).await
    }

    /// Ends a fold, unless the machine stopped it.
    async fn done(&self, fold: &Fold<'_>, before: Option<Arc<Row>>, folded: Folded) -> Result<Done, Trouble> {
        match &folded.stuck {
            Some(stuck) if stuck.failure.transient && self.may_try_again => {
                Err(Trouble::Machine((*stuck.failure).clone()))
            }
            _ => Ok(self.outcome(fold, before, folded).await?),
        }
    }

    /// Ends a refold that an upgrade asked for. Where it is stuck, the row stays as it was, and waits.
    async fn refolded(
        &self,
        fold: &Fold<'_>,
        row: Option<Arc<Row>>,
        result: Result<State, Halt>,
    ) -> Result<Done, Trouble> {
        let (state, stuck) = match result {
            Ok(state) => (state, None),
            Err(Halt::Stuck(stuck)) => (State::of(row.as_deref()), Some(stuck)),
            Err(Halt::Store(error)) => return Err(error.into()),
        };
        let refolded = stuck.is_none();
        let folded = Folded { state, stuck, refolded, tried: self.head, ..Folded::default() };
        self.done(fold, row, folded).await
    }

    /// The events that wait, by position, and whether there may be more.
    async fn waiting(
        &self,
        fold: &Fold<'_>,
        waiting: Waiting,
        row: Option<&Row>,
    ) -> Result<(Vec<Arc<Event>>, bool), StoreError> {
        let after = row.map_or(Position(0), |row| row.folded);
        let is_clean =
            row.is_none_or(|row| row.parked.is_none() && row.activation() == self.history.serving.number);
        if let Waiting::These(mut events) = waiting
            && is_clean
        {
            events.retain(|event| event.position > after);
            return Ok((events, false));
        }
        let mut cursor = after;
        loop {
            self.history.turn.make_way().await;
            let events = self.history.read(fold, HistoryCursor::Position(cursor), None).await?;
            let is_last = events.len() < self.history.serving.events_at_once();
            cursor = events.last().map_or(cursor, |event| event.position);
            let taken = self.history.taken(events);
            if is_last || !taken.is_empty() {
                return Ok((taken, !is_last));
            }
        }
    }

    /// Folds what waits: all together, and if that fails one by one.
    async fn go_on(
        &self,
        fold: &Fold<'_>,
        state: State,
        waiting: &[Arc<Event>],
    ) -> Result<Folded, StoreError> {
        let newest = waiting.last().map_or(Position(0), |event| event.position);
        let whole = if self.is_late(&state, waiting) {
            self.go_back(fold, waiting, newest).await
        } else {
            let mut ordered = waiting.to_vec();
            if self.history.serving.by_occurrence() {
                ordered.sort_unstable_by_key(|event| event.fact.id);
            }
            let mut folded = state.clone();
            let result = self.history.fold_in_calls(fold, &mut folded, &mut ordered.as_slice()).await;
            result.map(|()| Folded { state: folded, ..Folded::default() }).map_err(Halt::Stuck)
        };
        match whole {
            Ok(folded) => Ok(folded),
            Err(Halt::Store(error)) => Err(error),
            Err(Halt::Stuck(stuck)) if waiting.len() == 1 => {
                Ok(Folded { state, stuck: Some(stuck), ..Folded::default() })
            }
            Err(Halt::Stuck(_)) => self.step_by_step(fold, state, waiting).await,
        }
    }

    fn is_late(&self, state: &State, events: &[Arc<Event>]) -> bool {
        self.history.serving.by_occurrence() && events.iter().any(|event| Some(event.fact.id) < state.last)
    }

    /// Folds the row again from before the oldest of the waiting events, up to a position.
    async fn go_back(
        &self,
        fold: &Fold<'_>,
        waiting: &[Arc<Event>],
        up_to: Position,
    ) -> Result<Folded, Halt> {
        let oldest = waiting.iter().map(|event| event.fact.id).min();
        let state = self.history.refold(fold, up_to, oldest).await?;
        Ok(Folded { state, refolded: true, oldest, ..Folded::default() })
    }

    /// Takes the waiting events in the order of their positions. Where one fails, under `occurred`, the
    /// next that sorts before it may mend it: then both are folded together.
    async fn step_by_step(
        &self,
        fold: &Fold<'_>,
        state: State,
        waiting: &[Arc<Event>],
    ) -> Result<Folded, StoreError> {
        let mut folded = Folded { state, ..Folded::default() };
        let mut next = 0;
        while let Some(event) = waiting.get(next) {
            self.history.turn.make_way().await;
            let step = std::slice::from_ref(event);
            let result = if folded.stuck.is_some() || self.is_late(&folded.state, step) {
                self.go_back(fold, &waiting[..=next], event.position).await.map(|again| folded = again)
            } else {
                folded.state.fold(fold, step).map_err(Halt::Stuck)
            };
            match result {
                Ok(()) => next += 1,
                Err(Halt::Store(error)) => return Err(error),
                Err(Halt::Stuck(stuck)) => {
                    let before = |event: &Arc<Event>| event.fact.id < stuck.event.fact.id;
                    let mending = waiting[next + 1..].iter().position(before);
                    let mending = mending.filter(|_| self.history.serving.by_occurrence());
                    folded.stuck = Some(stuck);
                    let Some(offset) = mending else { break };
                    next += 1 + offset;
                }
            }
        }
        Ok(folded)
    }
}
