//! Snapshots: found from where they are asked for, void with what belongs inside, never too many.

use std::sync::Arc;

use crate::{
    store::{Group, ModelWrite, Reduction, SnapshotQuery, SnapshotWrite, Store},
    words::{ActivationNumber, Fact, Position, Snapshot, Version},
};

use super::given::{
    activate, append, cart, cart_row, commit, deployed, entity, fact, first, id, key, post, reduce, serve,
    shop, written,
};

/// A snapshot of a model that is its number: so many events, the last at so many ticks and at that position.
fn snapshot(activation: ActivationNumber, number: u64) -> Snapshot {
    let model = Some(Arc::from(number.to_string().as_bytes()));
    Snapshot { last: id(number), position: Position(number), activation, events: number, model }
}

/// A reduction of a cart that takes these snapshots, and voids those from these ticks on.
fn taking(activation: ActivationNumber, of: u8, void_from: Option<u64>, taken: &[u64]) -> Reduction {
    let taken = taken.iter().map(|number| snapshot(activation, *number)).collect();
    let snapshots = SnapshotWrite { void_from: void_from.map(id), taken };
    Reduction { snapshots, model: ModelWrite::Keep, ..first(cart(), activation, Some(entity(of))) }
}

/// The same, of a row that the one before has left.
fn then(before: Reduction) -> Reduction {
    Reduction { seen: (Version(0), Position(1)), ..before }
}

fn asked(activation: ActivationNumber, of: u8) -> SnapshotQuery {
    let (entity, up_to) = (entity(of), Position(u64::MAX));
    let (activations, types) = (vec![activation], Vec::new());
    SnapshotQuery { key: cart(), entity, before: None, up_to, activations, types }
}

/// The number of the snapshot that is found.
async fn found(store: &dyn Store, query: &SnapshotQuery) -> Option<u64> {
    store.snapshot(query).await.unwrap().map(|snapshot| snapshot.events)
}

/// Every snapshot of a cart, the newest first.
async fn kept(store: &dyn Store, activation: ActivationNumber, of: u8) -> Vec<u64> {
    let mut kept = Vec::new();
    let mut query = asked(activation, of);
    while let Some(number) = found(store, &query).await {
        query.before = Some(id(number));
        kept.push(number);
    }
    kept
}

pub(super) async fn a_snapshot_reads_back_as_it_was_taken(store: &dyn Store) {
    let number = serve(store, cart()).await;
    let model = "{\"größe\":[1.0,\"\u{1F6D2}\"]}";
    let with = Snapshot { model: Some(Arc::from(model.as_bytes())), ..snapshot(number, 7) };
    let without = Snapshot { model: None, position: Position(9), ..snapshot(number, 3) };
    let taken = vec![without.clone(), with.clone()];
    let snapshots = SnapshotWrite { void_from: None, taken };
    reduce(store, [Reduction { snapshots, ..taking(number, 1, None, &[]) }]).await;
    assert_eq!(store.snapshot(&asked(number, 1)).await.unwrap(), Some(with));
    let query = SnapshotQuery { before: Some(id(7)), ..asked(number, 1) };
    assert_eq!(store.snapshot(&query).await.unwrap(), Some(without));
    assert_eq!(cart_row(store).await.unwrap().events, 1, "the row has its own count");
}

pub(super) async fn the_newest_that_sorts_before_is_found(store: &dyn Store) {
    let number = serve(store, cart()).await;
    reduce(store, [taking(number, 1, None, &[10, 20, 30])]).await;
    for (before, wanted) in [(99, Some(30)), (31, Some(30)), (30, Some(20)), (11, Some(10)), (10, None)] {
        let query = SnapshotQuery { before: Some(id(before)), ..asked(number, 1) };
        assert_eq!(found(store, &query).await, wanted, "before {before}");
    }
    for (up_to, wanted) in [(30, Some(30)), (29, Some(20)), (10, Some(10)), (9, None)] {
        let query = SnapshotQuery { up_to: Position(up_to), ..asked(number, 1) };
        assert_eq!(found(store, &query).await, wanted, "up to {up_to}");
    }
}

pub(super) async fn snapshots_belong_to_a_domain_and_an_entity(store: &dyn Store) {
    let number = serve(store, cart()).await;
    let two = key(shop(), "two");
    let other = serve(store, two.clone()).await;
    let of_two = Reduction { key: two.clone(), ..taking(other, 1, None, &[20]) };
    reduce(store, [taking(number, 1, None, &[10]), taking(number, 2, None, &[11]), of_two]).await;
    assert_eq!((kept(store, number, 1).await, kept(store, number, 2).await), (vec![10], vec![11]));
    let of_two = SnapshotQuery { key: two, ..asked(other, 1) };
    assert_eq!(found(store, &of_two).await, Some(20));
    assert_eq!(found(store, &SnapshotQuery { entity: entity(2), ..of_two.clone() }).await, None);
    assert_eq!(found(store, &SnapshotQuery { key: key(shop(), "unknown"), ..of_two }).await, None);
    assert_eq!(found(store, &asked(other, 1)).await, None, "another module made it");
}

pub(super) async fn what_came_late_voids_what_it_belongs_into(store: &dyn Store) {
    let number = serve(store, cart()).await;
    let others = taking(number, 2, None, &[30]);
    reduce(store, [taking(number, 1, None, &[10, 20, 30]), others]).await;
    reduce(store, [then(taking(number, 1, Some(20), &[]))]).await;
    assert_eq!(kept(store, number, 1).await, [10]);
    reduce(store, [then(taking(number, 1, Some(11), &[15, 40]))]).await;
    assert_eq!(kept(store, number, 1).await, [40, 15, 10], "the new ones are not void");
    reduce(store, [then(taking(number, 1, Some(1), &[]))]).await;
    assert_eq!((kept(store, number, 1).await, kept(store, number, 2).await), (vec![], vec![30]));
}

pub(super) async fn what_another_activation_made_is_compared_with_the_log(store: &dyn Store) {
    let made_by = serve(store, cart()).await;
    let typed = |ticks, of, name: &str| Fact { event_type: name.parse().unwrap(), ..fact(ticks, of, "1") };
    let inside = [typed(5, 1, "A"), typed(15, 1, "A"), typed(25, 1, "A")];
    let behind = [typed(12, 2, "A"), typed(26, 1, "A"), typed(13, 1, "B")];
    post(store, vec![append(inside), append(behind)]).await;
    let at = |number, position| Snapshot { position: Position(position), ..snapshot(made_by, number) };
    let taken = vec![at(5, 1), at(15, 2), at(25, 3)];
    let snapshots = SnapshotWrite { void_from: None, taken };
    reduce(store, [Reduction { snapshots, ..taking(made_by, 1, None, &[]) }]).await;
    let now = activate(store, deployed(cart(), b"a module")).await.number;
    let asked = |types: &[&str]| SnapshotQuery {
        activations: vec![made_by, now],
        types: types.iter().map(ToString::to_string).collect(),
        ..asked(now, 1)
    };
    assert_eq!(found(store, &asked(&["A", "C"])).await, Some(25), "what came behind sorts behind");
    assert_eq!(found(store, &asked(&["B"])).await, Some(5), "at 13 it belongs into those of 15 and 25");
    assert_eq!(found(store, &asked(&[])).await, Some(5), "all types");
    let in_force = SnapshotQuery { activations: vec![made_by], ..asked(&["B"]) };
    assert_eq!(found(store, &in_force).await, Some(25), "whoever is in force voids what must be");
    post(store, vec![append([typed(5 - 1, 1, "A")])]).await;
    assert_eq!(found(store, &asked(&["A"])).await, None);
}

pub(super) async fn what_is_stale_takes_and_voids_nothing(store: &dyn Store) {
    let number = serve(store, cart()).await;
    reduce(store, [taking(number, 1, None, &[10])]).await;
    let late = taking(number, 1, Some(1), &[20]);
    assert_eq!(reduce(store, [late, taking(number, 2, None, &[20])]).await, [None, written(0)]);
    assert_eq!((kept(store, number, 1).await, kept(store, number, 2).await), (vec![10], vec![20]));
}

pub(super) async fn one_group_may_take_and_void(store: &dyn Store) {
    let number = serve(store, cart()).await;
    let group = [
        taking(number, 1, None, &[10, 20]),
        then(taking(number, 1, Some(15), &[30])),
        then(taking(number, 1, None, &[40])),
    ];
    let reductions = group.map(Arc::new).to_vec();
    commit(store, Group { reductions, ..Group::default() }).await;
    assert_eq!(kept(store, number, 1).await, [40, 30, 10]);
}

pub(super) async fn snapshots_are_thinned_out(store: &dyn Store) {
    let number = serve(store, cart()).await;
    reduce(store, [taking(number, 1, None, &[1]), taking(number, 2, None, &[1])]).await;
    for next in 2..=100 {
        reduce(store, [then(taking(number, 1, None, &[next]))]).await;
    }
    assert_eq!(kept(store, number, 1).await, [100, 99, 97, 91, 73, 55, 1]);
    let again = activate(store, deployed(cart(), b"another module")).await.number;
    reduce(store, [then(taking(again, 1, None, &[50, 99]))]).await;
    assert_eq!(kept(store, number, 1).await, [100, 97, 91, 73, 55, 1], "one replaces one of the same event");
    assert_eq!(kept(store, again, 1).await, [99, 50]);
    assert_eq!(kept(store, number, 2).await, [1]);
}

pub(super) async fn snapshots_of_many_rows_come_and_go_at_once(store: &dyn Store) {
    let number = serve(store, cart()).await;
    let all = |void_from, taken: &'static [u64]| {
        (0..=255).map(move |of| taking(number, of, void_from, taken)).collect::<Vec<_>>()
    };
    reduce(store, all(None, &[10, 20])).await;
    reduce(store, all(Some(20), &[30]).into_iter().map(then)).await;
    for of in [0, 1, 100, 255] {
        assert_eq!(kept(store, number, of).await, [30, 10]);
    }
}
