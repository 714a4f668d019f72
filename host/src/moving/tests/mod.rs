//! Exports and imports of stores that are made up, and what becomes of damaged ones.

mod damage;
mod there;

use std::sync::Arc;

use crate::{
    store::{Activation, FileRecord, Head, Mark, Part, StoredRow},
    words::{
        ActivationNumber, Descriptor, DomainKey, EntityId, Epoch, Event, EventId, Fact, Fold, History,
        LeaseEpoch, ModuleHash, Order, Origin, Parked, Position, Row, Segment, Upgrade, Version,
    },
};

use super::write::Writer;

fn key(context: &str, domain: &str) -> DomainKey {
    DomainKey { context: context.parse().unwrap(), domain: domain.parse().unwrap() }
}

fn entity(n: u64) -> EntityId {
    format!("{n:08x}-0000-4000-8000-000000000000").parse().unwrap()
}

fn id(n: u64) -> EventId {
    EventId::from_parts(1_000 + n, [7; 8])
}

/// An event in turns plain, with metadata, emitted, and not quite JSON.
fn event(position: u64) -> Event {
    let emitted = position % 4 == 2;
    let metadata = vec![("ä\n".to_owned(), "1".to_owned()), ("ä\n".to_owned(), String::new())];
    let fact = Fact {
        id: id(position),
        entity: entity(position % 7),
        event_type: "said".parse().unwrap(),
        data: if position % 4 == 3 { b" {}\n".to_vec() } else { br#"{"n":1.0,"n":"\u00e9"}"#.to_vec() },
        metadata: if position % 4 == 1 { metadata } else { Vec::new() },
        cause: emitted.then(|| id(position - 1)),
        depth: u32::from(emitted),
        origin: emitted.then(|| Origin { domain: key("shop", "cart").domain, entity: Some(entity(1)) }),
    };
    let (context, recorded_at) = ("shop".parse().unwrap(), 5 + position.cast_signed() / 3);
    Event { position: Position(position), recorded_at, context, fact: Arc::new(fact) }
}

fn row(key: DomainKey, n: Option<u64>) -> Part {
    let parked = Parked {
        position: 1,
        event: id(1).to_string(),
        activation: 1,
        code: "c".into(),
        message: "m\n".into(),
        tried: 1,
    };
    let is_parked = n == Some(2);
    let row = Row {
        model: n.filter(|n| *n != 3).map(|_| Arc::from(&b"null"[..])),
        version: Version(n.unwrap_or(9)),
        folded: Position(2),
        emitted: Position(1),
        last: n.map(id),
        events: 2,
        made_by: [(1, 1), (3, 2)].map(|(activation, from)| Segment { activation, from }).to_vec(),
        parked: is_parked.then_some(parked),
    };
    let capture = is_parked.then(|| b"{\"events\":[]}".to_vec());
    Part::Row(Box::new(StoredRow { key, entity: n.map(entity), row, capture }))
}

/// A little of everything, and so many events, at least two.
fn sample(events: u64) -> Vec<Part> {
    let module: &[u8] = b"\0asm";
    let hash = ModuleHash::of(module);
    let descriptor = Descriptor {
        event_types: vec!["said".into()],
        fold: Fold::Entity(Order::Occurred),
        upgrade: Upgrade::Rebuild,
        history: History::Emit,
        content_type: Some("application/json".into()),
        emits: vec![],
        attributes: vec![("a".into(), "b".into())],
    };
    let mark = |key: DomainKey, settled| {
        let (settled, leases) = (ActivationNumber(settled), LeaseEpoch::default());
        Part::Domain(Mark { key, position: Position(1), settled, leases })
    };
    let activation = |number, key: DomainKey, serves: bool| {
        let module = serves.then(|| (hash, descriptor.clone()));
        let (number, head) = (ActivationNumber(number), Position(1));
        Part::Activation(Activation { number, key, module, head, at: 1 })
    };
    let file =
        |node: &str, hash| Part::File(FileRecord { node: node.into(), key: key("shop", "cart"), hash });
    let head = Head { position: Position(events), version: Version(9) };
    let mut parts = vec![
        Part::Head { epoch: Epoch("a-history".into()), head },
        Part::Context("bank".parse().unwrap()),
        Part::Context("shop".parse().unwrap()),
        Part::Module(hash, Arc::from(module)),
        mark(key("bank", "all"), 0),
        mark(key("shop", "cart"), 3),
        activation(1, key("shop", "cart"), true),
        activation(2, key("bank", "all"), false),
        activation(3, key("shop", "cart"), true),
        file("a", Some(hash)),
        file("b", None),
    ];
    parts.extend((1..=events).map(|n| Part::Event(Arc::new(event(n)))));
    parts.push(row(key("bank", "all"), None));
    parts.extend((1..=3).map(|n| row(key("shop", "cart"), Some(n))));
    parts
}

/// An export of these parts.
fn written(parts: &[Part]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut writer = Writer::new(&mut text);
    parts.iter().for_each(|part| writer.part(part).unwrap());
    writer.end().unwrap();
    text
}
