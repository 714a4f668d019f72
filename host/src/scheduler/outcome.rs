//! What a fold means for its row: the reduction to be committed.

use std::sync::Arc;

use crate::{
    store::{ModelWrite, Reduction, StoreError},
    words::{EntityId, Fact, Parked, Position, Row, Segment},
};

use super::{
    divergence,
    history::History,
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
    /// Whether the row was folded afresh.
    pub(super) refolded: bool,
    /// What a refold emitted otherwise than it was emitted before, each in a sentence.
    pub(super) divergences: Vec<String>,
    /// Whether more events may wait in the store.
    pub(super) more: bool,
}

/// How far a fold got.
#[derive(Default)]
pub(super) struct Folded {
    pub(super) state: State,
    /// What it could not get over.
    pub(super) stuck: Option<Stuck>,
    /// Whether it began afresh.
    pub(super) refolded: bool,
    /// Events up to here were tried.
    pub(super) tried: Position,
    /// Whether more events may wait in the store.
    pub(super) more: bool,
}

impl History<'_> {
    /// Turns a fold into a reduction of its row.
    pub(super) async fn done(
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
