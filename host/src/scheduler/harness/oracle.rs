//! What the final log says: sorted and folded plainly, without batches, marks, caches or refolds.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    store::Activation,
    words::{DomainKey, EntityId, Event, Fact, History, Origin, Position, Segment, derived_id},
};

use super::{
    life::CAUSAL_DEPTH,
    script::{Script, Sum},
};

pub(super) struct Oracle {
    /// By position.
    pub(super) log: Vec<Event>,
    /// By number.
    pub(super) activations: BTreeMap<u64, (Activation, Option<Arc<Script>>)>,
}

impl Oracle {
    pub(super) fn script(&self, activation: u64) -> &Script {
        self.activations[&activation].1.as_ref().unwrap()
    }

    /// The events of a row at positions above `after`, up to `up_to`, in the order in which a module takes them.
    pub(super) fn taken(
        &self,
        script: &Script,
        (key, entity): &(DomainKey, Option<EntityId>),
        (after, up_to): (u64, u64),
    ) -> Vec<&Event> {
        let of_row = |event: &&Event| {
            let Event { position, context, fact, .. } = event;
            let is_its = entity.is_none_or(|entity| fact.entity == entity) && *context == key.context;
            is_its && (after + 1..=up_to).contains(&position.0) && script.descriptor.takes(&fact.event_type)
        };
        let mut taken: Vec<&Event> = self.log.iter().filter(of_row).collect();
        if script.descriptor.by_occurrence() {
            taken.sort_by_key(|event| event.fact.id);
        }
        taken
    }

    /// One more event, with what the host does not let through.
    pub(super) fn step(
        &self,
        script: &Script,
        model: Option<Sum>,
        event: &Event,
    ) -> Result<Option<Sum>, &'static str> {
        if event.fact.depth >= CAUSAL_DEPTH && !script.emits(event).is_empty() {
            return Err("too deep");
        }
        script.step(model, event)
    }

    /// The model of a row that these modules made, up to a position.
    pub(super) fn fold(
        &self,
        row: &(DomainKey, Option<EntityId>),
        made_by: &[Segment],
        folded: Position,
    ) -> Result<Option<Sum>, &'static str> {
        let mut model = None;
        for (index, segment) in made_by.iter().enumerate() {
            let script = self.script(segment.activation);
            let up_to = made_by.get(index + 1).map_or(folded.0, |next| next.from - 1);
            // In the order of ids nothing goes on from a model: such segments have one and the same module.
            let (start, after) = match script.descriptor.by_occurrence() {
                true => (None, 0),
                false => (model, segment.from - 1),
            };
            let events = self.taken(script, row, (after, up_to));
            model = events.into_iter().try_fold(start, |model, event| self.step(script, model, event))?;
        }
        Ok(model)
    }

    /// What the events of a row at these positions emit, if this activation is the first to reduce them.
    pub(super) fn emitted(
        &self,
        row: &(DomainKey, Option<EntityId>),
        activation: u64,
        between: (u64, u64),
    ) -> Vec<Fact> {
        let script = self.script(activation);
        let (key, entity) = row;
        let mut emitted = Vec::new();
        for cause in self.taken(script, row, between) {
            if cause.position <= self.silent_up_to(key, activation, cause) {
                continue;
            }
            for (index, (event_type, to, data)) in (0..).zip(script.emits(cause)) {
                emitted.push(Fact {
                    id: derived_id(key, entity.as_ref(), cause.fact.id, index).unwrap(),
                    entity: to.or(*entity).unwrap_or(cause.fact.entity),
                    event_type: event_type.parse().unwrap(),
                    data: serde_json::to_vec(&data).unwrap(),
                    metadata: Vec::new(),
                    cause: Some(cause.fact.id),
                    depth: cause.fact.depth + 1,
                    origin: Some(Origin { domain: key.domain.clone(), entity: *entity }),
                });
            }
        }
        emitted.sort_by_key(|fact| fact.id);
        emitted
    }

    /// Up to where events of a type say nothing: what was there before a module took them, unless it was the
    /// domain's first, and that one speaks of history.
    fn silent_up_to(&self, key: &DomainKey, activation: u64, event: &Event) -> Position {
        let chain = self.activations.range(..=activation).map(|(_, (activation, _))| activation);
        let mut modules = chain
            .filter(|activation| activation.key == *key)
            .filter_map(|activation| Some((activation.head, &activation.module.as_ref()?.1)))
            .enumerate();
        match modules.find(|(_, (_, descriptor))| descriptor.takes(&event.fact.event_type)) {
            Some((0, (_, first))) if first.history == History::Emit => Position(0),
            Some((_, (head, _))) => head,
            None => Position(u64::MAX),
        }
    }
}
