//! What the suite's tests speak of, and short ways to ask a store for it.

use std::sync::Arc;

use crate::{
    store::{
        Activation, Append, Appended, CaptureWrite, Committed, Group, LogQuery, ModelWrite, NewActivation,
        Reduction, ReductionOutcome, SnapshotWrite, Store,
    },
    words::{
        ActivationNumber, ContextName, Descriptor, DomainKey, EntityId, Event, EventId, Fact, Fold, History,
        LeaseEpoch, ModuleHash, Order, Parked, Position, Row, Segment, Upgrade, Version,
    },
};

/// The context that every test finds named.
pub(in crate::store) fn shop() -> ContextName {
    "shop".parse().unwrap()
}

pub(in crate::store) fn bank() -> ContextName {
    "bank".parse().unwrap()
}

pub(in crate::store) fn key(context: ContextName, domain: &str) -> DomainKey {
    DomainKey { context, domain: domain.parse().unwrap() }
}

pub(in crate::store) fn cart() -> DomainKey {
    key(shop(), "cart")
}

/// An entity: a UUIDv4, as clients make them. In the order of their numbers.
pub(in crate::store) fn entity(number: u8) -> EntityId {
    let mut bytes = [number; 16];
    bytes[6] = 0x40;
    bytes[8] = 0x80;
    EntityId::from_stored(bytes)
}

pub(in crate::store) fn id(ticks: u64) -> EventId {
    EventId::from_parts(ticks, [9; 8])
}

/// An event from outside that happened to an entity at so many ticks.
pub(in crate::store) fn fact(ticks: u64, number: u8, data: &str) -> Fact {
    Fact {
        id: id(ticks),
        entity: entity(number),
        event_type: "ItemAdded".parse().unwrap(),
        data: data.as_bytes().to_vec(),
        metadata: Vec::new(),
        cause: None,
        depth: 0,
        origin: None,
    }
}

pub(in crate::store) fn append_to(context: ContextName, facts: impl IntoIterator<Item = Fact>) -> Append {
    Append { context, facts: facts.into_iter().map(Arc::new).collect(), expected: None }
}

pub(in crate::store) fn append(facts: impl IntoIterator<Item = Fact>) -> Append {
    append_to(shop(), facts)
}

pub(in crate::store) fn new(position: u64) -> Appended {
    Appended { position: Position(position), new: true }
}

pub(in crate::store) fn present(position: u64) -> Appended {
    Appended { position: Position(position), new: false }
}

pub(in crate::store) async fn commit(store: &dyn Store, group: Group) -> Committed {
    store.commit(&group).await.unwrap()
}

/// Commits requests as one group, at time 1.
pub(in crate::store) async fn post(store: &dyn Store, appends: Vec<Append>) -> Committed {
    commit(store, Group { recorded_at: 1, appends, ..Group::default() }).await
}

/// Commits reductions as one group, and tells of each its version and what was divergent; none: stale.
pub(in crate::store) async fn reduce(
    store: &dyn Store,
    reductions: impl IntoIterator<Item = Reduction>,
) -> Vec<Option<(u64, Vec<EventId>)>> {
    let reductions = reductions.into_iter().map(Arc::new).collect();
    let committed = commit(store, Group { recorded_at: 1, reductions, ..Group::default() }).await;
    committed.reductions.into_iter().map(told).collect()
}

/// What is told of a reduction that went through without divergence.
pub(in crate::store) fn written(version: u64) -> Option<(u64, Vec<EventId>)> {
    Some((version, Vec::new()))
}

fn told(outcome: ReductionOutcome) -> Option<(u64, Vec<EventId>)> {
    match outcome {
        ReductionOutcome::Committed { version, divergent } => Some((version.0, divergent)),
        ReductionOutcome::Stale => None,
    }
}

pub(in crate::store) fn descriptor() -> Descriptor {
    Descriptor {
        event_types: Vec::new(),
        fold: Fold::Entity(Order::Occurred),
        upgrade: Upgrade::Rebuild,
        history: History::Emit,
        content_type: None,
        emits: Vec::new(),
        attributes: Vec::new(),
    }
}

/// A module of these bytes, to serve a domain.
pub(in crate::store) fn deployed(key: DomainKey, bytes: &[u8]) -> NewActivation {
    let module = Some((ModuleHash::of(bytes), Arc::from(bytes), descriptor()));
    NewActivation { key, module, file: None, at: 1 }
}

pub(in crate::store) async fn activate(store: &dyn Store, activation: NewActivation) -> Activation {
    store.activate(&activation).await.unwrap()
}

/// Deploys a module to a domain.
pub(in crate::store) async fn serve(store: &dyn Store, key: DomainKey) -> ActivationNumber {
    activate(store, deployed(key, b"a module")).await.number
}

/// A first reduction of a row: one model, made of events up to position 1.
pub(in crate::store) fn first(
    key: DomainKey,
    activation: ActivationNumber,
    entity: Option<EntityId>,
) -> Reduction {
    Reduction {
        key,
        entity,
        activation,
        leases: LeaseEpoch(0),
        seen: (Version(0), Position(0)),
        model: ModelWrite::Put(Arc::from(&b"1"[..])),
        folded: Position(1),
        emitted: Position(1),
        last: None,
        events: 1,
        made_by: vec![Segment { activation: activation.0, from: 1 }],
        parked: None,
        capture: CaptureWrite::Keep,
        snapshots: SnapshotWrite::default(),
        emissions: Vec::new(),
    }
}

/// A first reduction of the cart of entity 1.
pub(in crate::store) fn of_cart(activation: ActivationNumber) -> Reduction {
    first(cart(), activation, Some(entity(1)))
}

pub(in crate::store) fn put(model: &str) -> ModelWrite {
    ModelWrite::Put(Arc::from(model.as_bytes()))
}

pub(in crate::store) fn capture(json: &str) -> CaptureWrite {
    CaptureWrite::Put(Arc::from(json.as_bytes()))
}

/// A row that waits since the event at tick 1 failed under this activation.
pub(in crate::store) fn parked(activation: ActivationNumber) -> Option<Parked> {
    Some(Parked {
        position: 1,
        event: id(1).to_string(),
        activation: activation.0,
        code: "code".into(),
        message: "message".into(),
        tried: 1,
    })
}

/// The row that a reduction leaves, where it says itself what becomes of the model.
pub(in crate::store) fn row_of(reduction: &Reduction, version: u64) -> Row {
    let model = match &reduction.model {
        ModelWrite::Put(model) => Some(Arc::clone(model)),
        ModelWrite::Keep | ModelWrite::Delete => None,
    };
    Row {
        model,
        version: Version(version),
        folded: reduction.folded,
        emitted: reduction.emitted,
        last: reduction.last,
        events: reduction.events,
        made_by: reduction.made_by.clone(),
        parked: reduction.parked.clone(),
    }
}

/// The row of the cart of entity 1.
pub(in crate::store) async fn cart_row(store: &dyn Store) -> Option<Row> {
    store.rows(&cart(), &[Some(entity(1))]).await.unwrap().remove(0)
}

pub(in crate::store) fn all() -> LogQuery {
    LogQuery { context: None, after: Position(0), since: None, up_to: None, types: Vec::new(), limit: 10_000 }
}

pub(in crate::store) async fn log(store: &dyn Store) -> Vec<Event> {
    store.log(&all()).await.unwrap()
}

pub(in crate::store) fn positions(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.position.0).collect()
}
