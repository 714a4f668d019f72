//! Where a stored model began to differ.

use std::sync::Arc;

use crate::{
    sandbox::{Call, Failure, ModelChange, Reduced},
    scheduler::{
        turn::Turn,
        verify::{Again, Part},
    },
    store::{Append, Group, Store, sqlite::SqliteStore},
    words::{Descriptor, Fold, Order, Position, Row},
};

use super::{Answer, activation, cart, descriptor, entity, fact, serving};

/// Adds to the model the ticks of each event that was folded, in the order of the fold.
fn lists(call: &Call<'_>) -> Result<Reduced, Failure> {
    let ticks = call.events.iter().map(|event| event.fact.id.ticks().to_string()).collect::<String>();
    let model = [call.model.unwrap_or_default(), ticks.as_bytes()].concat();
    Ok(Reduced { model: ModelChange::Put(model), events: Vec::new() })
}

/// One, none, one, none …
fn turns(call: &Call<'_>) -> Result<Reduced, Failure> {
    let before = usize::from(call.model == Some(b"1"));
    let model = ((before + call.events.len()) % 2).to_string().into_bytes();
    Ok(Reduced { model: ModelChange::Put(model), events: Vec::new() })
}

/// A store whose events come in the order of these ticks, and a row that has folded them to this model.
async fn stored(ticks: &[u64], model: Option<&str>) -> (Arc<dyn Store>, Row) {
    let store = SqliteStore::open(":memory:", "a test").await.unwrap();
    store.name_context(&cart().context).await.unwrap();
    let facts = ticks.iter().map(|ticks| Arc::new(fact(*ticks, 1))).collect();
    let appends = vec![Append { context: cart().context, facts, expected: None }];
    store.commit(&Group { appends, ..Group::default() }).await.unwrap();
    let model = model.map(|model| model.as_bytes().into());
    let row = Row { model, folded: Position(ticks.len() as u64), ..Row::default() };
    (Arc::new(store), row)
}

/// What is said of a row whose model is this, in a store whose events come in the order of these ticks.
async fn difference(
    (answer, descriptor): (Answer, Descriptor),
    ticks: &[u64],
    model: Option<&str>,
) -> String {
    let (store, row) = stored(ticks, model).await;
    let mut serving = serving(vec![activation(1, 0, Some(("m", descriptor)))], answer);
    serving.limits.call_events = 2;
    let parts = [Part { serving, up_to: row.folded }];
    let again = Again { store: &store, turn: Turn::begin(), entity: Some(entity(1)), row: &row };
    again.difference(&parts).await.unwrap()
}

fn occurred() -> Descriptor {
    Descriptor { fold: Fold::Entity(Order::Occurred), ..descriptor(&[]) }
}

#[tokio::test]
async fn the_first_position_that_the_model_leaves_out_is_named() {
    let of = |model| difference((lists, descriptor(&[])), &[1, 2, 3, 4, 5], model);
    let said = of(Some("123")).await;
    assert_eq!(
        said,
        "the stored model is what its events fold to up to position 3; from the event at position 4 on it is not"
    );
    assert!(of(None).await.contains("up to position 0; from the event at position 1 on"));
}

#[tokio::test]
async fn what_no_events_make_differs_as_a_whole() {
    for model in ["13", "", "123456"] {
        let said = difference((lists, descriptor(&[])), &[1, 2, 3, 4, 5], Some(model)).await;
        assert_eq!(said, "the stored model is not what its events fold to, up to position 5", "{model}");
    }
}

#[tokio::test]
async fn what_one_by_one_they_make_after_all_differs_as_a_whole() {
    let said = difference((turns, descriptor(&[])), &[1, 2, 3], Some("1")).await;
    assert_eq!(said, "the stored model is not what its events fold to, up to position 3");
    let said = difference((turns, descriptor(&[])), &[1, 2, 3, 4], Some("1")).await;
    assert!(said.contains("up to position 3; from the event at position 4 on"), "the last time: {said}");
}

#[tokio::test]
async fn events_are_taken_in_the_order_of_the_fold() {
    // By id: positions 3, 1, 4, 2.
    let said = difference((lists, occurred()), &[5, 9, 2, 7], Some("25")).await;
    assert!(said.contains("up to position 1; from the event at position 4 on"), "{said}");
}

#[tokio::test]
async fn what_one_module_folded_under_two_activations_is_folded_once() {
    let events = [2, 5, 7, 9];
    let (store, row) = stored(&events, Some("257")).await;
    let part = |number, up_to| {
        let mut serving = serving(vec![activation(number, 0, Some(("m", occurred())))], lists);
        serving.limits.call_events = 2;
        Part { serving, up_to: Position(up_to) }
    };
    let parts = [part(1, 3), part(2, 4)];
    let again = Again { store: &store, turn: Turn::begin(), entity: Some(entity(1)), row: &row };
    let said = again.difference(&parts).await.unwrap();
    assert!(said.contains("up to position 3; from the event at position 4 on"), "{said}");
    assert_eq!(again.fold(&parts).await.ok().unwrap().model.as_deref(), Some(&b"2579"[..]));
}
