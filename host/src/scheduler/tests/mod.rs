//! The parts of the scheduler that need neither a module nor a task: what waits, what is owed, what
//! diverges. A module is played by [`Played`].

mod ahead;
mod divergence;
mod domain;
mod lanes;
mod mending;
mod one_row;
mod parking;
mod portions;
mod retries;
mod serving;
mod shares;
mod snapshots;
mod state;
mod verify;
mod waits;

use std::sync::Arc;

use crate::{
    config::Config,
    sandbox::{Call, Failure, ModelChange, Reduced},
    store::Activation,
    words::{
        ActivationNumber, Descriptor, DomainKey, EntityId, Event, EventId, Fact, Fold, History, ModuleHash,
        Order, Position, Upgrade,
    },
};

use super::serving::{Reduce, Serving};

type Answer = fn(&Call<'_>) -> Result<Reduced, Failure>;

/// What a module says and does, without wasm.
struct Played {
    descriptor: Descriptor,
    hash: ModuleHash,
    answer: Answer,
}

impl Reduce for Played {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    fn hash(&self) -> ModuleHash {
        self.hash
    }

    fn takes_single_events(&self) -> bool {
        false
    }

    fn reduce(&self, call: &Call<'_>) -> Result<Reduced, Failure> {
        (self.answer)(call)
    }
}

pub(super) fn keeps(_: &Call<'_>) -> Result<Reduced, Failure> {
    Ok(Reduced { model: ModelChange::Keep, events: Vec::new() })
}

fn cart() -> DomainKey {
    DomainKey { context: "shop".parse().unwrap(), domain: "cart".parse().unwrap() }
}

pub(super) fn entity(number: u8) -> EntityId {
    EntityId::from_stored([number; 16])
}

fn id(ticks: u64) -> EventId {
    EventId::from_parts(ticks, [1; 8])
}

fn fact(ticks: u64, number: u8) -> Fact {
    Fact {
        id: id(ticks),
        entity: entity(number),
        event_type: "A".parse().unwrap(),
        data: b"1".to_vec(),
        metadata: Vec::new(),
        cause: None,
        depth: 0,
        origin: None,
    }
}

/// An event of an entity, whose id sorts like its position.
fn event(position: u64, number: u8) -> Arc<Event> {
    let fact = Arc::new(fact(position, number));
    Arc::new(Event { position: Position(position), recorded_at: 1, context: cart().context, fact })
}

/// A module that folds by position, rebuilds, emits from history, and takes these types (none: all).
pub(super) fn descriptor(types: &[&str]) -> Descriptor {
    Descriptor {
        event_types: types.iter().map(ToString::to_string).collect(),
        fold: Fold::Entity(Order::Recorded),
        upgrade: Upgrade::Rebuild,
        history: History::Emit,
        content_type: None,
        emits: Vec::new(),
        attributes: Vec::new(),
    }
}

/// An activation of the module of this name at this head; no module: a retirement.
pub(super) fn activation(number: u64, head: u64, module: Option<(&str, Descriptor)>) -> Activation {
    Activation {
        number: ActivationNumber(number),
        key: cart(),
        module: module.map(|(name, descriptor)| (ModuleHash::of(name.as_bytes()), descriptor)),
        head: Position(head),
        at: 1,
    }
}

/// What the last of these activations puts in force.
pub(super) fn serving(chain: Vec<Activation>, answer: Answer) -> Serving {
    let last = chain.last().unwrap();
    let (hash, descriptor) = last.module.clone().unwrap();
    let (key, number) = (last.key.clone(), last.number);
    Serving::new(key, number, Arc::new(Played { descriptor, hash, answer }), chain, Config::embedded().limits)
}
