//! Reduces one row: from the row as it stands and the events that wait, to a reduction to be committed.
//!
//! Promise 2 and 5 of the design live here: a reduction covers exactly the row's events up to one
//! position; what fails as a batch is taken one by one; only such a step, or a refold, parks.

use std::sync::Arc;

use crate::{
    config::Limits,
    store::{HistoryCursor, HistoryQuery, LogQuery, ModelWrite, Reduction, Store, StoreError},
    words::{EntityId, Event, EventId, Fact, Parked, Position, Row, Segment},
};

use super::{
    divergence,
    serving::{Serving, Stance},
    state::{Fold, State, Stuck},
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
}

/// The events that wait for a row.
#[derive(Debug)]
pub(super) enum Waiting {
    /// Exactly these, if the row has been reduced by the module in force and is not parked.
    These(Vec<Arc<Event>>),
    /// The store must be asked.
    Unknown,
}

/// A task that was done.
#[derive(Debug)]
pub(super) struct Done {
    /// What to commit; none where nothing has changed.
    pub(super) reduction: Option<Arc<Reduction>>,
    /// The row as it was read.
    pub(super) before: Option<Arc<Row>>,
    /// The row as it will be, but for its version.
    pub(super) after: Option<Row>,
    /// How many events were folded.
    pub(super) count: u64,
    /// Whether the row was folded afresh.
    pub(super) refolded: bool,
    /// What a refold emitted otherwise than it was emitted before, each in a sentence.
    pub(super) divergences: Vec<String>,
    /// Whether more events may wait in the store.
    pub(super) more: bool,
}

/// What a worker needs to reduce rows of one domain.
pub(super) struct Reducer<'a> {
    pub(super) serving: &'a Serving,
    pub(super) store: &'a dyn Store,
    pub(super) limits: &'a Limits,
    /// The log's head before the rows were read.
    pub(super) head: Position,
}

/// How far a fold got.
#[derive(Default)]
struct Folded {
    state: State,
    /// What it could not get over.
    stuck: Option<Stuck>,
    refolded: bool,
    /// Events up to here were tried.
    tried: Position,
    /// Whether more events may wait in the store.
    more: bool,
}

enum Halt {
    Stuck(Stuck),
    Store(StoreError),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Reducer<'_> {
    /// Reduces one row.
    ///
    /// # Errors
    /// Only where the store fails: nothing has happened, and the task may be repeated.
    pub(super) async fn reduce(
        &self,
        entity: Option<EntityId>,
        waiting: Waiting,
        row: Option<Arc<Row>>,
    ) -> Result<Done, StoreError> {
        let fold = Fold {
            serving: self.serving,
            limits: self.limits,
            entity,
            emitted: row.as_ref().map_or(Position(0), |row| row.emitted),
        };
        if let Some(parked) = row.as_ref().and_then(|row| row.parked.as_ref())
            && parked.activation == self.serving.number.0
            && !self.may_be_mended(&fold, parked, &waiting).await?
        {
            return Ok(unchanged(row));
        }
        if self.serving.stance(row.as_deref()) == Stance::Refold {
            let result = self.refold(&fold, self.head).await;
            return self.refolded(&fold, row, result).await;
        }
        let is_first = row.is_none() && matches!(waiting, Waiting::Unknown) && self.serving.by_occurrence();
        if is_first && let Ok(state) = self.refold(&fold, self.head).await {
            // A history that cannot be folded whole is taken step by step below.
            return self.refolded(&fold, row, Ok(state)).await;
        }
        let (waiting, more) = self.waiting(&fold, waiting, row.as_deref()).await?;
        let Some(newest) = waiting.last().map(|event| event.position) else { return Ok(unchanged(row)) };
        let folded = self.go_on(&fold, State::of(row.as_deref()), &waiting).await?;
        self.done(&fold, row, Folded { tried: newest, more, ..folded }).await
    }

    /// Ends a refold that an upgrade asked for. Where it is stuck, the row stays as it was, and waits.
    async fn refolded(
        &self,
        fold: &Fold<'_>,
        row: Option<Arc<Row>>,
        result: Result<State, Halt>,
    ) -> Result<Done, StoreError> {
        let (state, stuck) = match result {
            Ok(state) => (state, None),
            Err(Halt::Stuck(stuck)) => (State::of(row.as_deref()), Some(stuck)),
            Err(Halt::Store(error)) => return Err(error),
        };
        let refolded = stuck.is_none();
        self.done(fold, row, Folded { state, stuck, refolded, tried: self.head, more: false }).await
    }

    /// The events that wait, by position, and whether there may be more.
    async fn waiting(
        &self,
        fold: &Fold<'_>,
        waiting: Waiting,
        row: Option<&Row>,
    ) -> Result<(Vec<Arc<Event>>, bool), StoreError> {
        let after = row.map_or(Position(0), |row| row.folded);
        let is_clean = row.is_none_or(|row| row.parked.is_none() && row.activation() == self.serving.number);
        if let Waiting::These(mut events) = waiting
            && is_clean
        {
            events.retain(|event| event.position > after);
            return Ok((events, false));
        }
        let mut cursor = after;
        loop {
            let events = self.read(fold, HistoryCursor::Position(cursor), None).await?;
            let is_last = events.len() < self.limits.call_events;
            cursor = events.last().map_or(cursor, |event| event.position);
            let taken = self.taken(events);
            if is_last || !taken.is_empty() {
                return Ok((taken, !is_last));
            }
        }
    }

    fn taken(&self, events: Vec<Event>) -> Vec<Arc<Event>> {
        let taken = events.into_iter().filter(|event| self.serving.takes(&event.fact.event_type));
        taken.map(Arc::new).collect()
    }

    /// A page of the row's events. Under `whole-context` these are the context's.
    async fn read(
        &self,
        fold: &Fold<'_>,
        after: HistoryCursor,
        up_to: Option<Position>,
    ) -> Result<Vec<Event>, StoreError> {
        let context = self.serving.key.context.clone();
        let limit = u32::try_from(self.limits.call_events).unwrap_or(u32::MAX);
        if let Some(entity) = fold.entity {
            return self.store.history(&HistoryQuery { context, entity, after, up_to, limit }).await;
        }
        let HistoryCursor::Position(after) = after else { return Ok(Vec::new()) };
        let query = LogQuery { context: Some(context), after, since: None, types: Vec::new(), limit };
        let mut events = self.store.log(&query).await?;
        events.retain(|event| up_to.is_none_or(|up_to| event.position <= up_to));
        Ok(events)
    }

    /// Whether an event has come that sorts before the one that a parked row failed at.
    async fn may_be_mended(
        &self,
        fold: &Fold<'_>,
        parked: &Parked,
        waiting: &Waiting,
    ) -> Result<bool, StoreError> {
        let Ok(failing) = parked.event.parse::<EventId>() else { return Ok(true) };
        let mends = |event: &Event| {
            event.position.0 > parked.tried
                && event.fact.id < failing
                && self.serving.takes(&event.fact.event_type)
        };
        if !self.serving.by_occurrence() {
            return Ok(false);
        }
        if let Waiting::These(events) = waiting {
            return Ok(events.iter().any(|event| mends(event)));
        }
        let mut cursor = Position(parked.tried);
        loop {
            let page = self.read(fold, HistoryCursor::Position(cursor), None).await?;
            if page.iter().any(mends) {
                return Ok(true);
            }
            match page.last() {
                Some(last) if page.len() == self.limits.call_events => cursor = last.position,
                _ => return Ok(false),
            }
        }
    }

    /// Folds what waits: all in one call, and if that fails one by one.
    async fn go_on(
        &self,
        fold: &Fold<'_>,
        mut state: State,
        waiting: &[Arc<Event>],
    ) -> Result<Folded, StoreError> {
        let newest = waiting.last().map_or(Position(0), |event| event.position);
        let whole = if self.is_late(&state, waiting) {
            self.refold(fold, newest).await.map(|state| Folded { state, refolded: true, ..Folded::default() })
        } else {
            let mut ordered = waiting.to_vec();
            if self.serving.by_occurrence() {
                ordered.sort_unstable_by_key(|event| event.fact.id);
            }
            let folded = state.fold(fold, &ordered).map_err(Halt::Stuck);
            folded.map(|()| Folded { state: state.clone(), ..Folded::default() })
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
        self.serving.by_occurrence() && events.iter().any(|event| Some(event.fact.id) < state.last)
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
            let step = std::slice::from_ref(event);
            let result = if folded.stuck.is_some() || self.is_late(&folded.state, step) {
                self.refold(fold, event.position).await.map(|state| {
                    folded = Folded { state, refolded: true, ..Folded::default() };
                })
            } else {
                folded.state.fold(fold, step).map_err(Halt::Stuck)
            };
            match result {
                Ok(()) => next += 1,
                Err(Halt::Store(error)) => return Err(error),
                Err(Halt::Stuck(stuck)) => {
                    let before = |event: &Arc<Event>| event.fact.id < stuck.event.fact.id;
                    let mending = waiting[next + 1..].iter().position(before);
                    let mending = mending.filter(|_| self.serving.by_occurrence());
                    folded.stuck = Some(stuck);
                    let Some(offset) = mending else { break };
                    next += 1 + offset;
                }
            }
        }
        Ok(folded)
    }

    /// Folds the row afresh, from its first event to the last at or below `up_to`.
    async fn refold(&self, fold: &Fold<'_>, up_to: Position) -> Result<State, Halt> {
        let mut state = State::default();
        let mut cursor = if self.serving.by_occurrence() {
            HistoryCursor::Id(None)
        } else {
            HistoryCursor::Position(Position(0))
        };
        loop {
            let page = self.read(fold, cursor, Some(up_to)).await?;
            let is_last = page.len() < self.limits.call_events;
            if let Some(last) = page.last() {
                cursor = match cursor {
                    HistoryCursor::Id(_) => HistoryCursor::Id(Some(last.fact.id)),
                    HistoryCursor::Position(_) => HistoryCursor::Position(last.position),
                };
            }
            let events = self.taken(page);
            if !events.is_empty() && state.fold(fold, &events).is_err() {
                for event in &events {
                    state.fold(fold, std::slice::from_ref(event)).map_err(Halt::Stuck)?;
                }
            }
            if is_last {
                return Ok(state);
            }
        }
    }

    async fn done(
        &self,
        fold: &Fold<'_>,
        before: Option<Arc<Row>>,
        folded: Folded,
    ) -> Result<Done, StoreError> {
        let Folded { state, stuck, refolded, tried, more } = folded;
        let row = before.as_deref();
        if row.is_none() && state.count == 0 && stuck.is_none() {
            return Ok(unchanged(before));
        }
        let divergences = if refolded && fold.emitted > Position(0) {
            divergence::compare(self.store, &self.serving.key, fold.entity, &state.repeated).await?
        } else {
            Vec::new()
        };
        let made_by = self.made_by(row, refolded, state.count > 0);
        let folded = state.folded.max(row.map_or(Position(0), |row| row.folded));
        let after = Row {
            model: state.model,
            version: row.map(|row| row.version).unwrap_or_default(),
            folded,
            emitted: fold.emitted.max(folded),
            last: state.last,
            made_by,
            parked: stuck.map(|stuck| self.parked(stuck, tried)),
        };
        let reduction = self.reduction(fold.entity, row, &after, state.emissions);
        Ok(Done {
            reduction: Some(Arc::new(reduction)),
            before,
            after: Some(after),
            count: state.count,
            refolded,
            divergences,
            more,
        })
    }

    fn made_by(&self, row: Option<&Row>, refolded: bool, went_on: bool) -> Vec<Segment> {
        let segment = |from| Segment { activation: self.serving.number.0, from };
        match row {
            Some(row) if !refolded && (!went_on || row.folded > Position(0)) => {
                let mut made_by = row.made_by.clone();
                if went_on && row.activation() != self.serving.number {
                    made_by.push(segment(row.folded.0 + 1));
                }
                made_by
            }
            None if !went_on && !refolded => Vec::new(),
            _ => vec![segment(1)],
        }
    }

    fn parked(&self, stuck: Stuck, tried: Position) -> Parked {
        Parked {
            position: stuck.event.position.0,
            event: stuck.event.fact.id.to_string(),
            activation: self.serving.number.0,
            code: stuck.failure.code,
            message: stuck.failure.message,
            tried: tried.0,
        }
    }

    fn reduction(
        &self,
        entity: Option<EntityId>,
        before: Option<&Row>,
        after: &Row,
        emissions: Vec<Arc<Fact>>,
    ) -> Reduction {
        let model = match (before.and_then(|row| row.model.as_ref()), &after.model) {
            (Some(before), Some(after)) if before == after => ModelWrite::Keep,
            (None, None) => ModelWrite::Keep,
            (_, Some(after)) => ModelWrite::Put(Arc::clone(after)),
            (Some(_), None) => ModelWrite::Delete,
        };
        Reduction {
            key: self.serving.key.clone(),
            entity,
            activation: self.serving.number,
            seen: before.map(|row| (row.version, row.folded)).unwrap_or_default(),
            model,
            folded: after.folded,
            emitted: after.emitted,
            last: after.last,
            made_by: after.made_by.clone(),
            parked: after.parked.clone(),
            emissions,
        }
    }
}

fn unchanged(row: Option<Arc<Row>>) -> Done {
    Done {
        reduction: None,
        after: None,
        before: row,
        count: 0,
        refolded: false,
        divergences: Vec::new(),
        more: false,
    }
}
