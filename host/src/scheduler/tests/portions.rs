//! A reducer that has not the fuel for all that waits gets it in more calls.

use std::{cell::RefCell, sync::Arc};

use crate::{
    sandbox::{Call, Failure, ModelChange, Reduced},
    scheduler::{outcome::Done, reduce::Waiting, serving::Serving},
    store::Store,
    words::{Descriptor, Fold, Order, Position},
};

use super::{
    Answer, activation, descriptor,
    one_row::{reduce, store},
    serving,
};

/// How many events a call has fuel for.
const MOST: usize = 100;

thread_local! {
    /// How many events each call had.
    static CALLS: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Counts events, as far as the fuel lasts.
fn counts(call: &Call<'_>) -> Result<Reduced, Failure> {
    CALLS.with_borrow_mut(|calls| calls.push(call.events.len()));
    if call.events.len() > MOST {
        return Err(Failure::of_host("fuel", "no fuel is left".into()));
    }
    let before: usize = call.model.map_or(0, |model| String::from_utf8_lossy(model).parse().unwrap());
    let model = (before + call.events.len()).to_string().into_bytes();
    Ok(Reduced { model: ModelChange::Put(model), events: Vec::new() })
}

/// The same, but it refuses one of the events.
fn refuses_one(call: &Call<'_>) -> Result<Reduced, Failure> {
    let reduced = counts(call)?;
    if call.events.iter().any(|event| event.position == Position(550)) {
        return Err(Failure::of_host("test", "not this one".into()));
    }
    Ok(reduced)
}

/// Never has enough fuel.
fn cannot(call: &Call<'_>) -> Result<Reduced, Failure> {
    CALLS.with_borrow_mut(|calls| calls.push(call.events.len()));
    Err(Failure::of_host("fuel", "no fuel is left".into()))
}

async fn reduced(serving: &Serving, store: &Arc<dyn Store>, waiting: Waiting) -> (Done, Vec<usize>) {
    CALLS.take();
    let done = reduce(serving, store, waiting, None).await;
    (done, CALLS.take())
}

fn module(descriptor: Descriptor, answer: Answer) -> Serving {
    serving(vec![activation(1, 0, Some(("m", descriptor)))], answer)
}

fn model_of(done: &Done) -> Option<&[u8]> {
    done.after.as_ref().and_then(|row| row.model.as_deref())
}

#[tokio::test]
async fn what_waits_is_folded_in_few_calls() {
    let (store, events) = store(1..=1000).await;
    let module = module(descriptor(&[]), counts);
    let (done, calls) = reduced(&module, &store, Waiting::These(events.clone())).await;
    assert_eq!(model_of(&done), Some(&b"1000"[..]));
    assert!(done.after.unwrap().parked.is_none());
    assert_eq!(calls[..4], [1000, 500, 250, 125], "until it is found");
    assert!(calls.len() < 30, "{calls:?}");
    let (again, calls) = reduced(&module, &store, Waiting::These(events)).await;
    assert_eq!(model_of(&again), Some(&b"1000"[..]));
    assert!(calls[0] <= MOST + MOST / 16 + 1, "the next reduction knows: {calls:?}");
}

#[tokio::test]
async fn a_history_is_folded_in_few_calls() {
    let (store, _) = store(1..=1000).await;
    let occurred = Descriptor { fold: Fold::Entity(Order::Occurred), ..descriptor(&[]) };
    let mut module = module(occurred, counts);
    module.limits.snapshot_events = 0;
    let (done, calls) = reduced(&module, &store, Waiting::Unknown).await;
    assert_eq!(model_of(&done), Some(&b"1000"[..]));
    assert!(calls.len() < 30, "{calls:?}");
}

#[tokio::test]
async fn the_event_that_fails_for_itself_parks() {
    let (store, events) = store(1..=1000).await;
    for waiting in [Waiting::These(events), Waiting::Unknown] {
        let (done, _) = reduced(&module(descriptor(&[]), refuses_one), &store, waiting).await;
        assert_eq!(model_of(&done), Some(&b"549"[..]));
        let parked = done.after.unwrap().parked.unwrap();
        assert_eq!((parked.position, &*parked.code), (550, "host.test"));
    }
}

#[tokio::test]
async fn a_reducer_without_fuel_for_one_event_parks_at_the_first() {
    let (store, events) = store(1..=1000).await;
    let (done, calls) = reduced(&module(descriptor(&[]), cannot), &store, Waiting::These(events)).await;
    assert_eq!((model_of(&done), done.after.as_ref().unwrap().folded), (None, Position(0)));
    assert_eq!(done.after.unwrap().parked.unwrap().position, 1);
    assert_eq!(calls, [1000, 500, 250, 125, 62, 31, 15, 7, 3, 1, 1], "the last by itself");
}
