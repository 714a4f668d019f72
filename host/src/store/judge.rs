//! Decides what a commit does. Pure: a back end loads what is [`Known`], asks, and writes the [`Plan`],
//! all under the lock of the counters.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use crate::words::{
    ActivationNumber, ContextName, DomainKey, EntityId, Event, EventId, Fact, LeaseEpoch, Position, Version,
};

use super::{
    Append, AppendRefusal, Appended, CaptureWrite, Committed, Group, Head, Mark, ModelWrite, Reduction,
    ReductionOutcome, SnapshotWrite,
};

mod expectations;
mod place;

/// Names a row: a domain, and an entity or the context.
pub type RowKey = (DomainKey, Option<EntityId>);

/// What the store holds of what a group is about, read under the lock.
#[derive(Debug, Default)]
pub struct Known {
    /// How far the store has counted.
    pub head: Head,
    /// The lease epoch in force.
    pub leases: LeaseEpoch,
    /// The time of recording of the newest event.
    pub recorded_at: i64,
    /// Events that have an id of the group's events.
    pub events: HashMap<(ContextName, EventId), (Position, Arc<Fact>)>,
    /// Rows that the group's reductions are about: version and folded-up-to.
    pub rows: HashMap<RowKey, (Version, Position)>,
    /// The activations in force of the domains that they are about.
    pub activations: HashMap<DomainKey, ActivationNumber>,
    /// How many events from outside those entities have of which the group's appends expect something. Who is
    /// missing has none.
    pub outside: HashMap<(ContextName, EntityId), u64>,
}

/// A row to be written: once, however many reductions of it a group holds.
#[derive(Debug)]
pub struct RowWrite<'a> {
    /// The last reduction of it.
    pub reduction: &'a Reduction,
    /// What becomes of its model, all reductions of it taken together.
    pub model: &'a ModelWrite,
    /// What becomes of its capture, likewise.
    pub capture: &'a CaptureWrite,
    /// What becomes of its snapshots, likewise.
    pub snapshots: Cow<'a, SnapshotWrite>,
    /// The version that the row has from now on.
    pub version: Version,
    /// The row before: version and folded-up-to.
    pub seen: (Version, Position),
}

/// What to write, and what to answer.
#[derive(Debug, Default)]
pub struct Plan<'a> {
    /// New events, by position.
    pub events: Vec<Arc<Event>>,
    /// Rows to write.
    pub rows: Vec<RowWrite<'a>>,
    /// One answer for each append.
    pub appends: Vec<Result<Vec<Appended>, AppendRefusal>>,
    /// One answer for each reduction.
    pub reductions: Vec<ReductionOutcome>,
    /// Marks to write: those that are so under the leases in force.
    pub marks: Vec<Mark>,
    /// How far the store had counted before, ...
    pub before: Head,
    /// ... and has counted then.
    pub head: Head,
}

impl Plan<'_> {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.rows.is_empty() && self.marks.is_empty()
    }
}

impl From<Plan<'_>> for Committed {
    /// What a plan brought about, once it is written.
    fn from(plan: Plan<'_>) -> Self {
        let written = |row: &RowWrite<'_>| match row.model {
            ModelWrite::Keep => None,
            ModelWrite::Put(_) | ModelWrite::Delete => {
                Some((row.reduction.key.clone(), row.reduction.entity, row.version))
            }
        };
        Self {
            models: plan.rows.iter().filter_map(written).collect(),
            appends: plan.appends,
            reductions: plan.reductions,
            events: plan.events,
            before: plan.before,
            head: plan.head,
        }
    }
}

/// Judges a group's requests one after another, against the store and the group so far.
#[must_use]
pub fn judge(group: &Group, mut known: Known) -> Plan<'_> {
    known.add_those_without_events(group);
    let recorded_at = group.recorded_at.max(known.recorded_at);
    let marks = group.marks.iter().filter(|mark| mark.leases == known.leases).cloned().collect();
    let plan = Plan { before: known.head, head: known.head, marks, ..Plan::default() };
    let mut bench = Bench { known, plan, written: HashMap::new(), recorded_at };
    for append in &group.appends {
        let answer = bench.append(append);
        bench.plan.appends.push(answer);
    }
    for reduction in &group.reductions {
        let outcome = bench.reduction(reduction);
        bench.plan.reductions.push(outcome);
    }
    bench.plan
}

struct Bench<'a> {
    known: Known,
    plan: Plan<'a>,
    /// Where the plan holds the write of a row.
    written: HashMap<RowKey, usize>,
    recorded_at: i64,
}

impl<'a> Bench<'a> {
    fn append(&mut self, append: &Append) -> Result<Vec<Appended>, AppendRefusal> {
        self.refuse_conflicts(append)?;
        self.refuse_unmet(append)?;
        let place = |fact: &Arc<Fact>| match self.known_at(&append.context, fact.id) {
            Some(position) => Appended { position, new: false },
            None => Appended { position: self.insert(&append.context, fact), new: true },
        };
        Ok(append.facts.iter().map(place).collect())
    }

    fn refuse_conflicts(&self, append: &Append) -> Result<(), AppendRefusal> {
        // Members of one request are judged against each other too. A single event has nobody beside it.
        let mut beside: HashMap<EventId, &Fact> = HashMap::new();
        for fact in &append.facts {
            let id = fact.id;
            if let Some((position, present)) = self.known.events.get(&(append.context.clone(), id))
                && !present.same_content(fact)
            {
                return Err(AppendRefusal::Conflict { id, position: *position });
            }
            if append.facts.len() > 1 && !beside.entry(id).or_insert(fact).same_content(fact) {
                return Err(AppendRefusal::Conflict { id, position: Position(0) });
            }
        }
        Ok(())
    }

    fn known_at(&self, context: &ContextName, id: EventId) -> Option<Position> {
        self.known.events.get(&(context.clone(), id)).map(|(position, _)| *position)
    }

    fn insert(&mut self, context: &ContextName, fact: &Arc<Fact>) -> Position {
        let position = Position(self.plan.head.position.0 + 1);
        self.plan.head.position = position;
        self.known.count(context, fact);
        self.known.events.insert((context.clone(), fact.id), (position, Arc::clone(fact)));
        self.plan.events.push(Arc::new(Event {
            position,
            recorded_at: self.recorded_at,
            context: context.clone(),
            fact: Arc::clone(fact),
        }));
        position
    }

    fn reduction(&mut self, reduction: &'a Reduction) -> ReductionOutcome {
        let row = (reduction.key.clone(), reduction.entity);
        let seen = self.known.rows.get(&row).copied().unwrap_or_default();
        let in_force = self.known.activations.get(&reduction.key).copied().unwrap_or_default();
        let moved = reduction.leases != self.known.leases;
        if moved || seen != reduction.seen || in_force != reduction.activation {
            return ReductionOutcome::Stale;
        }
        let divergent = self.emit(reduction);
        let version = match reduction.model {
            ModelWrite::Keep => seen.0,
            ModelWrite::Put(_) | ModelWrite::Delete => {
                self.plan.head.version.0 += 1;
                self.plan.head.version
            }
        };
        self.known.rows.insert(row.clone(), (version, reduction.folded));
        let Reduction { model, capture, .. } = reduction;
        let snapshots = Cow::Borrowed(&reduction.snapshots);
        self.write(row, RowWrite { reduction, model, capture, snapshots, version, seen });
        ReductionOutcome::Committed { version, divergent }
    }

    /// Plans the write of a row. What it keeps, model or capture, it leaves to the write before, if there is
    /// one; what it says of snapshots is said behind that.
    fn write(&mut self, row: RowKey, next: RowWrite<'a>) {
        let index = *self.written.entry(row).or_insert(self.plan.rows.len());
        match self.plan.rows.get_mut(index) {
            None => self.plan.rows.push(next),
            Some(before) => {
                let model = if *next.model == ModelWrite::Keep { before.model } else { next.model };
                let capture = if *next.capture == CaptureWrite::Keep { before.capture } else { next.capture };
                let snapshots = Cow::Owned(before.snapshots.then(&next.snapshots));
                *before = RowWrite { model, capture, snapshots, seen: before.seen, ..next };
            }
        }
    }

    /// Inserts what a reduction emits. An id that other content has is a divergence; the same content
    /// there already is not written again.
    fn emit(&mut self, reduction: &Reduction) -> Vec<EventId> {
        let context = &reduction.key.context;
        let mut divergent = Vec::new();
        for fact in &reduction.emissions {
            match self.known.events.get(&(context.clone(), fact.id)) {
                Some((_, present)) if present.same_content(fact) => {}
                Some(_) => divergent.push(fact.id),
                None => {
                    self.insert(context, fact);
                }
            }
        }
        divergent
    }
}

#[cfg(test)]
mod tests;
