//! What the harness's modules do: a fold in which a wrong order, a gap or a double shows, and emissions that
//! follow from the event alone.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    sandbox::{Call, Failure, ModelChange, NewEvent, Reduced},
    scheduler::serving::Reduce,
    words::{Descriptor, EntityId, Event, EventId, ModuleHash},
};

/// What every event says.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Data {
    /// Tells one event from another.
    pub(super) n: u64,
    /// The entities that it is to be echoed to.
    pub(super) to: Vec<u8>,
    /// How often it is still passed on.
    pub(super) left: u32,
}

/// What every model says: how many events it was folded from, and a hash of which and in what order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Sum {
    n: u64,
    hash: u64,
}

/// What a module emits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Talk {
    Nothing,
    /// `Echoed` for each entity that `Said` names, on that entity; on its own if it names none. The number is
    /// said along.
    Echo(u64),
    /// What is to be passed on, as this type, on the entity one further.
    Pass(&'static str),
}

/// A module that is played.
#[derive(Debug, Clone)]
pub(super) struct Script {
    /// Different for every module; stands for its bytes.
    pub(super) name: String,
    pub(super) descriptor: Descriptor,
    pub(super) talk: Talk,
    /// Whether it cannot fold `Poison` unless so many events were folded before.
    pub(super) fussy: Option<u64>,
    /// Whether each of its calls has one event.
    pub(super) single: bool,
    /// With more events than this, a call meets its limits.
    pub(super) most: usize,
}

/// The `number`th entity.
pub(super) fn entity(number: u8) -> EntityId {
    let mut bytes = [number; 16];
    (bytes[6], bytes[8]) = (0x40, 0x80);
    EntityId::from_stored(bytes)
}

/// Entities that events happen to.
pub(super) const ENTITIES: u8 = 5;

impl Script {
    pub(super) fn hash(&self) -> ModuleHash {
        ModuleHash::of(self.name.as_bytes())
    }

    /// The model after one more event; none: it is deleted.
    ///
    /// # Errors
    /// Why the event cannot be folded.
    pub(super) fn step(&self, model: Option<Sum>, event: &Event) -> Result<Option<Sum>, &'static str> {
        let before = model.unwrap_or_default();
        match event.fact.event_type.as_str() {
            "Forget" => return Ok(None),
            "Poison" if self.fussy.is_some_and(|needed| before.n < needed) => return Err("too early"),
            _ => {}
        }
        let position = if self.descriptor.by_occurrence() { 0 } else { event.position.0 };
        let id: &EventId = &event.fact.id;
        let said = self.name.bytes().chain(*id.as_sorted_bytes()).chain(position.to_be_bytes());
        let hash =
            said.fold(before.hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Ok(Some(Sum { n: before.n + 1, hash }))
    }

    /// What an event leads to: types, entities (none: the model's) and data.
    pub(super) fn emits(&self, event: &Event) -> Vec<(&'static str, Option<EntityId>, Data)> {
        let data: Data = serde_json::from_slice(&event.fact.data).unwrap();
        let echo = |n, to: Option<u8>| ("Echoed", to.map(entity), Data { n, ..Data::default() });
        match self.talk {
            Talk::Echo(n) if event.fact.event_type.as_str() == "Said" => match data.to.as_slice() {
                [] => vec![echo(n, None)],
                to => to.iter().map(|to| echo(n, Some(*to))).collect(),
            },
            Talk::Pass(as_type) if data.left > 0 => {
                let next = entity((event.fact.entity.as_bytes()[0] + 1) % ENTITIES);
                vec![(as_type, Some(next), Data { left: data.left - 1, ..data })]
            }
            _ => Vec::new(),
        }
    }
}

impl Reduce for Arc<Script> {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    fn hash(&self) -> ModuleHash {
        Script::hash(self)
    }

    fn takes_single_events(&self) -> bool {
        self.single
    }

    fn reduce(&self, call: &Call<'_>) -> Result<Reduced, Failure> {
        assert!(!self.single || call.events.len() == 1, "{} was given more than one event", self.name);
        if call.events.len() > self.most {
            return Err(Failure::of_host("fuel", format!("{} events", call.events.len())));
        }
        let before: Option<Sum> = call.model.map(|model| serde_json::from_slice(model).unwrap());
        let mut model = before.clone();
        let mut events = Vec::new();
        for (index, event) in call.events.iter().enumerate() {
            model = self.step(model, event).map_err(|why| {
                let failure = Failure::of_host("script", why.to_owned());
                // Not every reducer knows which of its events it was.
                Failure { event: (event.fact.id.ticks() % 2 == 0).then_some(index), ..failure }
            })?;
            for (event_type, entity, data) in self.emits(event) {
                events.push(NewEvent {
                    cause: u32::try_from(index).unwrap(),
                    event_type: event_type.to_owned(),
                    entity: entity.map(|entity| entity.to_string()),
                    data: serde_json::to_vec(&data).unwrap(),
                    metadata: Vec::new(),
                });
            }
        }
        let change = match model {
            model if model == before => ModelChange::Keep,
            None => ModelChange::Delete,
            Some(model) => ModelChange::Put(serde_json::to_vec(&model).unwrap()),
        };
        Ok(Reduced { model: change, events })
    }
}
