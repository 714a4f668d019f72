//! A row that is parked under `occurred` while more waits than one call takes.

use crate::{
    sandbox::{Call, Failure, ModelChange, Reduced},
    scheduler::{outcome::Done, reduce::Waiting},
    words::{Descriptor, Fold, Order, Parked, Position, Row},
};

use super::{
    Answer, activation, descriptor, id,
    one_row::{reduce, store},
    serving,
};

/// Counts events. The one at tick 100 cannot be the first.
fn counts(call: &Call<'_>) -> Result<Reduced, Failure> {
    let mut count: usize = call.model.map_or(0, |model| String::from_utf8_lossy(model).parse().unwrap());
    for event in call.events {
        if event.fact.id == id(100) && count == 0 {
            return Err(Failure::of_host("test", "not yet".into()));
        }
        count += 1;
    }
    Ok(Reduced { model: ModelChange::Put(count.to_string().into_bytes()), events: Vec::new() })
}

fn never(call: &Call<'_>) -> Result<Reduced, Failure> {
    match call.events.iter().any(|event| event.fact.id == id(100)) {
        true => Err(Failure::of_host("test", "never".into())),
        false => counts(call),
    }
}

/// Tries a row again that is parked at its first event, four have come behind that, and then one that sorts
/// before it.
async fn tried_again(answer: Answer) -> Done {
    let (store, _) = store([100, 101, 102, 103, 104, 50]).await;
    let occurred = Descriptor { fold: Fold::Entity(Order::Occurred), ..descriptor(&[]) };
    let mut serving = serving(vec![activation(1, 0, Some(("m", occurred)))], answer);
    serving.limits.call_events = 2;
    let parked = Parked {
        position: 1,
        event: id(100).to_string(),
        activation: 1,
        code: "host.test".into(),
        message: "not yet".into(),
        tried: 5,
    };
    let row = Row { parked: Some(parked), ..Row::default() };
    reduce(&serving, &store, Waiting::Unknown, Some(row)).await
}

#[tokio::test]
async fn what_mends_it_may_lie_pages_behind() {
    let after = tried_again(counts).await.after.unwrap();
    assert_eq!((after.model.as_deref(), after.folded, after.parked), (Some(&b"6"[..]), Position(6), None));
}

#[tokio::test]
async fn where_nothing_mends_it_all_was_tried() {
    let after = tried_again(never).await.after.unwrap();
    assert_eq!(
        (after.folded, after.parked.unwrap().tried),
        (Position(0), 6),
        "so that it is not tried again"
    );
}
