//! A row on its way: what a fold has reached and what it wants to emit.

use std::sync::Arc;

use crate::{
    config::Limits,
    error::Invalid,
    ingest::minify,
    sandbox::{Call, Failure, ModelChange, NewEvent, Reduced},
    words::{EntityId, Event, EventId, EventType, Fact, Origin, Position, Row, Snapshot, derived_id},
};

use super::serving::Serving;

/// What stays the same throughout the fold of one row.
#[derive(Clone, Copy)]
pub(super) struct Fold<'a> {
    pub(super) serving: &'a Serving,
    pub(super) limits: &'a Limits,
    pub(super) entity: Option<EntityId>,
    /// Events up to here have emitted already.
    pub(super) emitted: Position,
    /// How many events lie between two states that are kept as snapshots; 0: none is kept.
    pub(super) snapshot_events: usize,
}

/// Why a fold stopped: this event could not be folded.
#[derive(Debug)]
pub(super) struct Stuck {
    pub(super) event: Arc<Event>,
    pub(super) failure: Box<Failure>,
    /// The model as it was before the call.
    pub(super) model: Option<Arc<[u8]>>,
}

/// A row on its way.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) model: Option<Arc<[u8]>>,
    pub(super) folded: Position,
    pub(super) last: Option<EventId>,
    /// How many events are folded in it.
    pub(super) events: u64,
    /// The newest event of the snapshot that the fold began with; none: it did not.
    pub(super) after: Option<EventId>,
    /// New events, in order.
    pub(super) emissions: Vec<Arc<Fact>>,
    /// Events that were emitted in an earlier reduction, if nothing has changed since.
    pub(super) repeated: Vec<Arc<Fact>>,
    /// States that the fold has passed, oldest first.
    pub(super) snapshots: Vec<Snapshot>,
    /// How many events were folded.
    pub(super) count: u64,
}

impl State {
    /// Where a row stands.
    pub(super) fn of(row: Option<&Row>) -> Self {
        row.map_or_else(Self::default, |row| Self {
            model: row.model.clone(),
            folded: row.folded,
            last: row.last,
            events: row.events,
            ..Self::default()
        })
    }

    /// Folds events, given in the order of the fold, in one call. On failure nothing has changed.
    pub(super) fn fold(&mut self, fold: &Fold<'_>, events: &[Arc<Event>]) -> Result<(), Stuck> {
        let before = self.events;
        self.call(fold, events)?;
        self.keep(fold, before);
        Ok(())
    }

    /// Folds the first of these events, as many as a call is given, and takes them off. If that meets a limit
    /// which fewer might keep, nothing has changed, and the next call is given fewer.
    pub(super) fn fold_portion(&mut self, fold: &Fold<'_>, events: &mut &[Arc<Event>]) -> Result<(), Stuck> {
        let portion = &fold.serving.portion;
        let (now, later) = events.split_at(portion.of(events.len()));
        match self.fold(fold, now) {
            Ok(()) => {
                portion.passed(now.len());
                *events = later;
                Ok(())
            }
            Err(stuck) if now.len() > 1 && stuck.failure.may_be_for_many() => {
                portion.exceeded(now.len());
                Ok(())
            }
            Err(stuck) => Err(stuck),
        }
    }

    fn call(&mut self, fold: &Fold<'_>, events: &[Arc<Event>]) -> Result<(), Stuck> {
        let call = Call { key: &fold.serving.key, entity: fold.entity, model: self.model.as_deref(), events };
        let result = fold.serving.reduce(&call).and_then(|reduced| self.taken(fold, events, reduced));
        let next = result.map_err(|failure| {
            // Where the failing event is not known, the caller takes them one by one to find it.
            let index = failure.event.filter(|index| *index < events.len()).unwrap_or(0);
            Stuck { event: Arc::clone(&events[index]), failure: Box::new(failure), model: self.model.clone() }
        })?;
        let (model, emissions, repeated) = next;
        self.model = model;
        self.emissions.extend(emissions);
        self.repeated.extend(repeated);
        for event in events {
            self.folded = self.folded.max(event.position);
            self.last = self.last.max(Some(event.fact.id));
        }
        self.events += events.len() as u64;
        self.count += events.len() as u64;
        Ok(())
    }

    /// Checks what a call gave: the model and the events, each against its limits.
    fn taken(&self, fold: &Fold<'_>, events: &[Arc<Event>], reduced: Reduced) -> Result<Taken, Failure> {
        let model = match reduced.model {
            ModelChange::Keep => self.model.clone(),
            ModelChange::Delete => None,
            ModelChange::Put(model) => Some(check_model(fold, &model)?),
        };
        let limit = fold.limits.emitted_events;
        if reduced.events.len() > limit {
            let message = format!(
                "one call emitted {} events, but {limit} is the limit (limits.emitted_events)",
                reduced.events.len()
            );
            return Err(Failure::of_host("emitted-events", message));
        }
        let mut counts = vec![0; events.len()];
        let (mut emissions, mut repeated) = (Vec::new(), Vec::new());
        for event in reduced.events {
            let cause = usize::try_from(event.cause).ok().and_then(|index| Some((index, events.get(index)?)));
            let Some((index, cause)) = cause else {
                let message = format!(
                    "an emitted event names cause {}, but the call had {} events",
                    event.cause,
                    events.len()
                );
                return Err(Failure::of_host("emitted-event", message));
            };
            let emission = emission(fold, cause, counts[index], event);
            let fact = Arc::new(emission.map_err(|mut failure| {
                failure.event = Some(index);
                failure
            })?);
            counts[index] += 1;
            if cause.position <= fold.serving.silent_up_to(&cause.fact.event_type) {
                continue;
            }
            if cause.position <= fold.emitted { repeated.push(fact) } else { emissions.push(fact) }
        }
        Ok((model, emissions, repeated))
    }
}

type Taken = (Option<Arc<[u8]>>, Vec<Arc<Fact>>, Vec<Arc<Fact>>);

fn check_model(fold: &Fold<'_>, model: &[u8]) -> Result<Arc<[u8]>, Failure> {
    let limit = fold.limits.model_bytes;
    if model.len() > limit {
        let message =
            format!("the model has {} bytes, but {limit} is the limit (limits.model_bytes)", model.len());
        return Err(Failure::of_host("model-bytes", message));
    }
    let model = minify(model).map_err(|why| {
        Failure::of_host("model", format!("the model that the reducer returned is not JSON: {why}"))
    })?;
    Ok(Arc::from(model.as_ref()))
}

/// An emitted event as a fact: its id derived, its content checked like that of a posted one.
fn emission(fold: &Fold<'_>, cause: &Event, index: u32, event: NewEvent) -> Result<Fact, Failure> {
    let wrong =
        |why: String| Failure::of_host("emitted-event", format!("an emitted event is not valid: {why}"));
    let depth = cause.fact.depth + 1;
    if depth > fold.limits.causal_depth {
        let message = format!(
            "the event {} has {} causes before it; the limit is {} (limits.causal_depth), so that reducers cannot feed each other for ever",
            cause.fact.id, cause.fact.depth, fold.limits.causal_depth
        );
        return Err(Failure::of_host("causal-depth", message));
    }
    let event_type: EventType =
        event.event_type.parse().map_err(|error: crate::words::NameError| wrong(error.to_string()))?;
    let entity = match event.entity {
        Some(entity) => entity.parse().map_err(|error: crate::words::IdError| wrong(error.to_string()))?,
        None => fold.entity.unwrap_or(cause.fact.entity),
    };
    let metadata_bytes = event.metadata.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
    for (what, name, actual, limit) in [
        ("its data", "event_bytes", event.data.len(), fold.limits.event_bytes),
        ("its metadata", "metadata_bytes", metadata_bytes, fold.limits.metadata_bytes),
    ] {
        if actual > limit {
            return Err(wrong(Invalid::TooLarge { what, name, actual, limit }.to_string()));
        }
    }
    let data = minify(&event.data).map_err(|why| wrong(format!("its data is not JSON: {why}")))?.into_owned();
    let id = derived_id(&fold.serving.key, fold.entity.as_ref(), cause.fact.id, index)
        .ok_or_else(|| wrong("its timestamp would not fit an event id".to_owned()))?;
    let origin = Some(Origin { domain: fold.serving.key.domain.clone(), entity: fold.entity });
    let metadata = event.metadata;
    Ok(Fact { id, entity, event_type, data, metadata, cause: Some(cause.fact.id), depth, origin })
}
