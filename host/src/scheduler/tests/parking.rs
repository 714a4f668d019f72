//! What is written when a row parks, when it is tried again, and when nothing is wrong with it any more.

use crate::{
    sandbox::{Call, Failure, LogLine, ModelChange, Reduced},
    scheduler::reduce::Waiting,
    store::{CaptureWrite, Reduction},
    words::{Capture, Position, Row, Segment},
};

use super::{
    activation, cart, descriptor,
    one_row::{entity, reduce, store},
    serving,
};

/// Counts events, and fails at the third.
fn fails_at_three(call: &Call<'_>) -> Result<Reduced, Failure> {
    match call.events.iter().position(|event| event.position == Position(3)) {
        Some(index) => Err(Failure {
            event: Some(index),
            trace: Some("m: reduce\n".into()),
            log: vec![LogLine { level: "warn".into(), message: "three!".into() }],
            ..Failure::of_host("test", "not three".into())
        }),
        None => counts(call),
    }
}

fn counts(call: &Call<'_>) -> Result<Reduced, Failure> {
    let before: usize = call.model.map_or(0, |model| String::from_utf8_lossy(model).parse().unwrap());
    let model = (before + call.events.len()).to_string().into_bytes();
    Ok(Reduced { model: ModelChange::Put(model), events: Vec::new() })
}

fn captured(reduction: &Reduction) -> Capture {
    let CaptureWrite::Put(capture) = &reduction.capture else { panic!("{:?}", reduction.capture) };
    serde_json::from_slice(capture).unwrap()
}

#[tokio::test]
async fn the_call_that_failed_is_captured_whole() {
    let (store, events) = store(1..=4).await;
    let serving = serving(vec![activation(1, 0, Some(("m", descriptor(&[]))))], fails_at_three);
    let done = reduce(&serving, &store, Waiting::These(events), None).await;
    let capture = captured(done.reduction.as_ref().unwrap());
    assert_eq!((&capture.context, &capture.domain), (&cart().context, &cart().domain));
    assert_eq!((capture.entity, capture.module), (Some(entity()), serving.module.hash()));
    assert_eq!(
        (capture.activation, capture.at.to_string()),
        (serving.number, "1970-01-01T12:00:00.000000Z".into())
    );
    assert_eq!(capture.model.as_ref().unwrap().get(), "2", "as it was before the failing event");
    let [event] = capture.events.as_slice() else { panic!("{capture:?}") };
    assert_eq!((event.position, event.data.get()), (Position(3), "1"));
    assert_eq!((capture.failure.event, &*capture.failure.code), (Some(0), "host.test"));
    assert_eq!(
        (&*capture.failure.message, capture.failure.trace.as_deref()),
        ("not three", Some("m: reduce\n"))
    );
    assert_eq!((&*capture.log[0].level, &*capture.log[0].message), ("warn", "three!"));
    assert_eq!(capture.tried, Position(4), "all that were there");
    let after = done.after.unwrap();
    assert_eq!((after.folded, after.parked.unwrap().position), (Position(2), 3));
}

#[tokio::test]
async fn a_parked_row_is_tried_again_only_when_asked() {
    let (store, events) = store(1..=4).await;
    let fails = serving(vec![activation(1, 0, Some(("m", descriptor(&[]))))], fails_at_three);
    let row = reduce(&fails, &store, Waiting::These(events), None).await.after.unwrap();
    let same = reduce(&fails, &store, Waiting::Unknown, Some(row.clone())).await;
    assert!(same.reduction.is_none(), "nothing has come that could mend it");
    let again = reduce(&fails, &store, Waiting::Again, Some(row.clone())).await;
    assert_eq!(captured(again.reduction.as_ref().unwrap()).events[0].position, Position(3));
    assert_eq!(again.after.unwrap().parked.unwrap().position, 3);
    // The same module, in a better mood.
    let mends = serving(vec![activation(1, 0, Some(("m", descriptor(&[]))))], counts);
    let mended = reduce(&mends, &store, Waiting::Again, Some(row)).await;
    assert_eq!(mended.reduction.unwrap().capture, CaptureWrite::Delete);
    let after = mended.after.unwrap();
    assert_eq!((after.model.as_deref(), after.folded, after.parked), (Some(&b"4"[..]), Position(4), None));
}

#[tokio::test]
async fn a_row_that_a_bad_upgrade_parked_is_well_after_going_back() {
    let (store, _) = store(1..=4).await;
    let good = ("good", descriptor(&[]));
    let chain = vec![
        activation(1, 4, Some(good.clone())),
        activation(2, 4, Some(("bad", descriptor(&[])))),
        activation(3, 4, Some(good)),
    ];
    let made_by = vec![Segment { activation: 1, from: 1 }];
    let row = Row { model: Some(b"4"[..].into()), folded: Position(4), made_by, ..Row::default() };
    let bad = serving(chain[..2].to_vec(), fails_at_three);
    let parked = reduce(&bad, &store, Waiting::Unknown, Some(row.clone())).await.after.unwrap();
    assert_eq!((&parked.model, parked.parked.is_some()), (&row.model, true));
    let back = reduce(&serving(chain, counts), &store, Waiting::Unknown, Some(parked)).await;
    assert_eq!(back.reduction.unwrap().capture, CaptureWrite::Delete);
    assert_eq!(
        back.after.unwrap(),
        Row { emitted: Position(4), ..row },
        "what it made stands, and it waits no more"
    );
}
