//! A loaded module: what it says about itself, and calls of it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use uuid::fmt::Hyphenated;
use wasmtime::{
    Store,
    component::{ComponentExportIndex, InstancePre},
};

use crate::words::{Descriptor, DomainKey, EntityId, Event, Metadata, ModuleHash};

use super::{
    Failure, LoadError,
    contract::{self, GuestDescriptor, GuestFailure, Reduction, Target},
    failure::Ended,
    inspect::{self, Inspected},
    instance::{Bounds, Instance, new_store},
    wasi::Origin,
};

/// A module that was checked, compiled and described. Cheap to share; calls may run at once.
pub struct Module {
    pre: InstancePre<Instance>,
    reduce: ComponentExportIndex,
    hash: ModuleHash,
    descriptor: Descriptor,
    bounds: Bounds,
    inspected: Inspected,
}

/// One reduction to be made.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The domain.
    pub key: &'a DomainKey,
    /// The model's entity; none under `whole-context`.
    pub entity: Option<EntityId>,
    /// The model as it is.
    pub model: Option<&'a [u8]>,
    /// The events, in the order that the descriptor asks for. Never empty.
    pub events: &'a [Arc<Event>],
}

/// What becomes of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelChange {
    /// It stays.
    Keep,
    /// It becomes this; not checked yet.
    Put(Vec<u8>),
    /// There is none any more.
    Delete,
}

/// An event that a reducer wants to exist; not checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Index of the event of the call that led to it.
    pub cause: u32,
    /// Its type.
    pub event_type: String,
    /// Its entity; none: the model's, or the cause's.
    pub entity: Option<String>,
    /// Its data.
    pub data: Vec<u8>,
    /// Its metadata.
    pub metadata: Metadata,
}

/// What a call brought about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reduced {
    /// What becomes of the model.
    pub model: ModelChange,
    /// New events.
    pub events: Vec<NewEvent>,
}

impl Module {
    /// Asks a linked component to describe itself.
    pub(super) fn describe(
        pre: InstancePre<Instance>,
        hash: ModuleHash,
        [describe, reduce]: [ComponentExportIndex; 2],
        bounds: Bounds,
        inspected: Inspected,
    ) -> Result<Self, LoadError> {
        let nothing = Origin { key: None, entity: None, event: None };
        let linked = LoadError::link::<wasmtime::Error>;
        let failed = |error: wasmtime::Error| match Failure::of_engine(&error, &bounds.limits) {
            failure if failure.transient => LoadError::Machine(failure.message),
            failure => LoadError::Describe(inspect::one_line(&failure.message, 500)),
        };
        let mut store = new_store(&pre, &bounds, None, inspected.wasi.then_some(nothing)).map_err(linked)?;
        let instance = pre.instantiate(&mut store).map_err(Ended::machine).map_err(failed)?;
        instance.get_typed_func::<ReduceParams<'_>, ReduceResult>(&mut store, &reduce).map_err(linked)?;
        let describe =
            instance.get_typed_func::<(), (GuestDescriptor,)>(&mut store, &describe).map_err(linked)?;
        let (descriptor,) = describe.call(&mut store, ()).map_err(failed)?;
        let descriptor = descriptor.into();
        inspect::descriptor(&descriptor)?;
        Ok(Self { pre, reduce, hash, descriptor, bounds, inspected })
    }

    /// What it says about itself.
    #[must_use]
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// Its name: the hash of its bytes.
    #[must_use]
    pub fn hash(&self) -> ModuleHash {
        self.hash
    }

    /// Whether a call may have one event only: the module reads clocks or randomness, which stand for a
    /// single event.
    #[must_use]
    pub fn takes_single_events(&self) -> bool {
        self.inspected.reads_time_or_randomness
    }

    /// Makes one reduction in a fresh instance. Blocks for as long as the fuel lasts, at most for as long as
    /// the watchdog lets it.
    ///
    /// # Errors
    /// [`Failure`]: the reducer refused, trapped, or met a limit; or the machine let it down.
    pub fn reduce(&self, call: &Call<'_>) -> Result<Reduced, Failure> {
        // A defect of the engine must cost a call and not the thread that makes all calls.
        let attempt = AssertUnwindSafe(|| self.attempt(call));
        catch_unwind(attempt).unwrap_or_else(|_| {
            Err(Failure::of_machine(
                "panic",
                "the sandbox itself failed; the host's log says where".to_owned(),
            ))
        })
    }

    fn attempt(&self, call: &Call<'_>) -> Result<Reduced, Failure> {
        let event = call.events.first().map(|event| event.fact.id);
        let origin = Origin { key: Some(call.key), entity: call.entity, event };
        let origin = self.inspected.wasi.then_some(origin);
        let mut store = new_store(&self.pre, &self.bounds, Some(call.key.clone()), origin)
            .map_err(|error| Failure::of_engine(&error, &self.bounds.limits))?;
        let result = self.call(&mut store, call);
        store.data_mut().end_lines();
        let failure = match result {
            Ok(Ok(reduction)) => return Ok(reduction.into()),
            Ok(Err(failure)) => Failure::of_guest(failure),
            Err(error) => Failure::of_engine(&error, &self.bounds.limits),
        };
        Err(Failure { log: store.data_mut().take_log(), ..failure })
    }

    fn call(
        &self,
        store: &mut Store<Instance>,
        call: &Call<'_>,
    ) -> wasmtime::Result<Result<Reduction, GuestFailure>> {
        let instance = self.pre.instantiate(&mut *store).map_err(Ended::machine)?;
        let reduce = instance.get_typed_func::<ReduceParams<'_>, ReduceResult>(&mut *store, &self.reduce)?;
        let ids: Vec<Ids> = call.events.iter().map(|event| Ids::of(event, call.entity)).collect();
        let with_positions = !self.descriptor.by_occurrence();
        let entity = call.entity.map(|entity| entity.to_string());
        let of_model = entity.as_deref().unwrap_or_default();
        let events: Vec<contract::Event<'_>> = call
            .events
            .iter()
            .zip(&ids)
            .map(|(event, ids)| ids.event(event, of_model, with_positions))
            .collect();
        let target = Target {
            context: call.key.context.as_str(),
            domain: call.key.domain.as_str(),
            entity: entity.as_deref(),
        };
        let (result,) = reduce.call(store, (target, call.model, &events))?;
        Ok(result)
    }
}

type ReduceParams<'a> = (Target<'a>, Option<&'a [u8]>, &'a [contract::Event<'a>]);
type ReduceResult = (Result<Reduction, GuestFailure>,);

/// An event's ids as text, without a heap allocation for each.
struct Ids {
    id: [u8; Hyphenated::LENGTH],
    /// None: the model's.
    entity: Option<[u8; Hyphenated::LENGTH]>,
    cause: Option<[u8; Hyphenated::LENGTH]>,
}

impl Ids {
    fn of(event: &Event, of_model: Option<EntityId>) -> Self {
        let text = |uuid: uuid::Uuid| {
            let mut text = [0; Hyphenated::LENGTH];
            uuid.hyphenated().encode_lower(&mut text);
            text
        };
        Self {
            id: text(event.fact.id.to_uuid()),
            entity: (of_model != Some(event.fact.entity))
                .then(|| text(uuid::Uuid::from_bytes(*event.fact.entity.as_bytes()))),
            cause: event.fact.cause.map(|id| text(id.to_uuid())),
        }
    }

    fn event<'a>(&'a self, event: &'a Event, of_model: &'a str, with_positions: bool) -> contract::Event<'a> {
        // What uuid wrote is ASCII.
        let text = |bytes: &'a [u8]| std::str::from_utf8(bytes).unwrap_or_default();
        contract::Event {
            id: text(&self.id),
            entity: self.entity.as_ref().map_or(of_model, |entity| text(entity)),
            event_type: event.fact.event_type.as_str(),
            data: &event.fact.data,
            occurred_at: event.fact.id.occurred_at(),
            position: with_positions.then_some(event.position.0),
            cause: self.cause.as_ref().map(|cause| text(cause)),
            metadata: &event.fact.metadata,
        }
    }
}

impl From<Reduction> for Reduced {
    fn from(reduction: Reduction) -> Self {
        let event = |event: contract::NewEvent| NewEvent {
            cause: event.cause,
            event_type: event.event_type,
            entity: event.entity,
            data: event.data,
            metadata: event.metadata,
        };
        Self {
            model: match reduction.model {
                contract::ModelChange::Keep => ModelChange::Keep,
                contract::ModelChange::Put(model) => ModelChange::Put(model),
                contract::ModelChange::Delete => ModelChange::Delete,
            },
            events: reduction.events.into_iter().map(event).collect(),
        }
    }
}
