//! What a fold means for its row: the reduction to be committed, and what is noted once it was.

use std::sync::Arc;

use crate::{
    sandbox::{Failure, LogLine},
    store::{CaptureWrite, ModelWrite, Reduction, ReductionOutcome, SnapshotWrite, StoreError},
    words::{
        Capture, CapturedEvent, CapturedFailure, CapturedLine, Divergence, EntityId, EventId, Parked,
        Position, Row, Segment, Time,
    },
};

use super::{
    divergence,
    domain::Domain,
    history::History,
    reduce::Reducer,
    report::Report,
    serving::Serving,
    state::{Fold, State, Stuck},
};

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
    /// Whether the row was folded again, from the first event or from a snapshot.
    pub(super) refolded: bool,
    /// What a refold emitted otherwise than it was emitted before.
    pub(super) divergences: Vec<Divergence>,
    /// Whether more events may wait in the store.
    pub(super) more: bool,
}

/// How far a fold got.
#[derive(Default)]
pub(super) struct Folded {
    pub(super) state: State,
    /// What it could not get over.
    pub(super) stuck: Option<Stuck>,
    /// Whether it went back: to the first event, or to a snapshot.
    pub(super) refolded: bool,
    /// The oldest event that is new in it, if it went back for that.
    pub(super) oldest: Option<EventId>,
    /// Events up to here were tried.
    pub(super) tried: Position,
    /// Whether more events may wait in the store.
    pub(super) more: bool,
}

impl Reducer<'_> {
    /// Turns a fold into a reduction of its row.
    pub(super) async fn outcome(
        &self,
        fold: &Fold<'_>,
        before: Option<Arc<Row>>,
        folded: Folded,
    ) -> Result<Done, StoreError> {
        let Folded { state, stuck, refolded, oldest, tried, more } = folded;
        let row = before.as_deref();
        if row.is_none() && state.count == 0 && stuck.is_none() {
            return Ok(unchanged(before));
        }
        let divergences = if refolded && fold.emitted > Position(0) {
            let History { store, serving, .. } = self.history;
            divergence::compare(store, &serving.key, fold.entity, state.after, &state.repeated).await?
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
            events: state.events,
            made_by,
            parked: stuck.as_ref().map(|stuck| self.parked(stuck, tried)),
        };
        let was_parked = row.is_some_and(|row| row.parked.is_some());
        let capture = match stuck {
            Some(stuck) => CaptureWrite::Put(self.capture(fold.entity, stuck, tried).to_json()),
            None if was_parked => CaptureWrite::Delete,
            None => CaptureWrite::Keep,
        };
        let snapshots = SnapshotWrite { void_from: oldest, taken: state.snapshots };
        let reduction = Reduction {
            capture,
            snapshots,
            emissions: state.emissions,
            ..self.reduction(fold.entity, row, &after)
        };
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
        let segment = |from| Segment { activation: self.history.serving.number.0, from };
        match row {
            Some(row) if !refolded && (!went_on || row.folded > Position(0)) => {
                let mut made_by = row.made_by.clone();
                if went_on && row.activation() != self.history.serving.number {
                    made_by.push(segment(row.folded.0 + 1));
                }
                made_by
            }
            None if !went_on && !refolded => Vec::new(),
            _ => vec![segment(1)],
        }
    }

    fn parked(&self, stuck: &Stuck, tried: Position) -> Parked {
        Parked {
            position: stuck.event.position.0,
            event: stuck.event.fact.id.to_string(),
            activation: self.history.serving.number.0,
            code: stuck.failure.code.clone(),
            message: stuck.failure.message.clone(),
            tried: tried.0,
        }
    }

    /// The call that failed. Before a row parks its events are taken one by one, so it had this one only.
    fn capture(&self, entity: Option<EntityId>, stuck: Stuck, tried: Position) -> Capture {
        let Stuck { event, failure, model } = stuck;
        let Serving { key, number, module, .. } = self.history.serving;
        let Failure { event: index, code, message, trace, log, transient: _ } = *failure;
        Capture {
            context: key.context.clone(),
            domain: key.domain.clone(),
            entity,
            module: module.hash(),
            activation: *number,
            at: Time(self.clock.now()),
            model: model.as_deref().map(Capture::raw),
            events: vec![CapturedEvent::from(&*event)],
            failure: CapturedFailure { event: index, code, message, trace },
            log: log.into_iter().map(|LogLine { level, message }| CapturedLine { level, message }).collect(),
            tried,
        }
    }

    /// What leads from one row to the next, but for what stands beside rows.
    fn reduction(&self, entity: Option<EntityId>, before: Option<&Row>, after: &Row) -> Reduction {
        let model = match (before.and_then(|row| row.model.as_ref()), &after.model) {
            (Some(before), Some(after)) if before == after => ModelWrite::Keep,
            (None, None) => ModelWrite::Keep,
            (_, Some(after)) => ModelWrite::Put(Arc::clone(after)),
            (Some(_), None) => ModelWrite::Delete,
        };
        Reduction {
            key: self.history.serving.key.clone(),
            entity,
            activation: self.history.serving.number,
            leases: self.history.serving.share.leases,
            seen: before.map(|row| (row.version, row.folded)).unwrap_or_default(),
            model,
            folded: after.folded,
            emitted: after.emitted,
            last: after.last,
            events: after.events,
            made_by: after.made_by.clone(),
            parked: after.parked.clone(),
            capture: CaptureWrite::Keep,
            snapshots: SnapshotWrite::default(),
            emissions: Vec::new(),
        }
    }
}

/// Nothing has changed.
pub(super) fn unchanged(row: Option<Arc<Row>>) -> Done {
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

/// Takes note of what became of one reduction.
pub(super) fn settle(
    domain: &mut Domain,
    report: &mut Report,
    entity: Option<EntityId>,
    done: Done,
    outcome: Option<ReductionOutcome>,
) {
    match outcome {
        None => {
            let is_parked = done.before.as_ref().is_some_and(|row| row.parked.is_some());
            if let Some(row) = done.before {
                keep(domain, entity, row);
            }
            domain.tell(entity, !is_parked);
            domain.done(entity, done.more);
        }
        Some(ReductionOutcome::Stale) => {
            report.stale(&domain.serving.key);
            domain.rows.forget(entity);
            domain.done(entity, true);
        }
        Some(ReductionOutcome::Committed { version, divergent }) => {
            report.committed(&domain.serving.key, entity, &done, &divergent);
            let is_parked = done.after.as_ref().is_some_and(|after| after.parked.is_some());
            domain.tell(entity, !is_parked);
            if let Some(after) = done.after {
                keep(domain, entity, Arc::new(Row { version, ..after }));
            }
            domain.done(entity, done.more);
        }
    }
}

/// Keeps a row for the entity's next event. One that is parked hardly has a next reduction, and another host may
/// mend it, whom somebody asked to.
fn keep(domain: &mut Domain, entity: Option<EntityId>, row: Arc<Row>) {
    if row.parked.is_some() {
        domain.rows.forget(entity);
    } else {
        domain.rows.put(entity, row);
    }
}
