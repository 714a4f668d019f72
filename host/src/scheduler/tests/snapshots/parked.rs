//! Late events that park a row, and those that mend it.

use crate::{
    scheduler::{reduce::Waiting, tests::id},
    words::Position,
};

use super::{Bed, fails_at_seven, sorted, tens};

#[tokio::test]
async fn where_a_late_event_parks_snapshots_stay_until_it_is_mended() {
    let mut bed = Bed::new(fails_at_seven, 10).await;
    bed.come_singly(tens(1..=45)).await;
    let before = bed.snapshots().await;
    bed.come([357]).await;
    let row = bed.row.clone().unwrap();
    assert_eq!((row.parked.unwrap().position, row.last.unwrap().ticks()), (46, 450));
    assert_eq!(bed.snapshots().await, before);
    let events = bed.record("A", [356]).await;
    let done = bed.reduce(Waiting::These(events)).await;
    assert_eq!(done.count, 10 + 5 + 2, "from the snapshot of 300 on");
    let row = bed.row.clone().unwrap();
    assert_eq!((row.parked, row.events), (None, 47));
    assert_eq!(bed.model(), sorted(tens(1..=45).chain([356, 357]).collect()));
    assert!(!bed.snapshots().await.contains(&400), "both belong inside");
}

#[tokio::test]
async fn what_fails_together_is_taken_one_by_one_from_snapshots_too() {
    let mut bed = Bed::new(fails_at_seven, 10).await;
    bed.come_singly(tens(1..=45)).await;
    let count = bed.come([355, 417, 425]).await;
    assert_eq!(count, 16, "only the first of them could be folded");
    let row = bed.row.clone().unwrap();
    assert_eq!((row.folded, row.parked.unwrap().position), (Position(46), 47));
    assert_eq!(bed.model(), sorted(tens(1..=45).chain([355]).collect()));
    bed.come([416]).await;
    assert_eq!(bed.model(), sorted(tens(1..=45).chain([355, 416, 417, 425]).collect()));
    assert_eq!(bed.row.as_ref().unwrap().parked, None);
}

#[tokio::test]
async fn what_mends_a_row_may_come_many_events_later() {
    let mut bed = Bed::new(fails_at_seven, 10).await;
    bed.call_events = 2;
    bed.come_singly(tens(1..=45)).await;
    bed.come([457]).await;
    bed.record("A", tens(46..=60).chain([456, 617, 620])).await;
    let mut folded = 0;
    for _ in 0..9 {
        let done = bed.reduce(Waiting::Unknown).await;
        folded += done.count;
        if !done.more {
            break;
        }
    }
    assert_eq!(bed.model(), sorted(tens(1..=60).chain([456, 457]).collect()));
    assert_eq!(folded, 45 - 40 + 15 + 2, "once, from the snapshot of 400 on");
    assert_eq!(bed.row.clone().unwrap().parked.unwrap().event, id(617).to_string());
    assert!(!bed.reduce(Waiting::Unknown).await.more, "it waits, and nobody tries");
}
