//! What a late event costs, and which snapshots it leaves.

use std::{slice, sync::Arc};

use crate::{
    scheduler::{
        domain::Domain,
        reduce::Waiting,
        snapshots::cut,
        tests::{activation, cart, descriptor, entity as of, event, keeps, serving},
        visit::Visit,
    },
    words::Position,
};

use super::{Bed, answers, entity, lists, occurred, sorted, tens};

#[tokio::test]
async fn a_late_event_folds_again_what_lies_behind_the_nearest_snapshot() {
    let mut bed = Bed::new(lists, 10).await;
    bed.come_singly(tens(1..=95)).await;
    assert_eq!(bed.snapshots().await, [900, 800, 700, 500, 100]);
    assert_eq!(bed.come([945]).await, 6, "91 to 95, and the late one");
    assert_eq!(bed.come([905]).await, 7, "and the one before");
    assert_eq!(bed.snapshots().await, [900, 800, 700, 500, 100], "none of them is void");
    assert_eq!(bed.come([5]).await, 98, "nothing lies before it");
    assert_eq!(bed.model(), sorted(tens(1..=95).chain([945, 905, 5]).collect()));
    assert_eq!(bed.row.as_ref().unwrap().events, 98);
}

#[tokio::test]
async fn a_fold_that_went_back_leaves_snapshots_on_its_way() {
    let mut bed = Bed::new(lists, 10).await;
    bed.come_singly(tens(1..=95)).await;
    assert_eq!(bed.come([11]).await, 96, "it belongs into each of them");
    assert_eq!(bed.snapshots().await, [950, 850, 650], "where the next late event will want them");
    assert_eq!(bed.come([949]).await, 11, "ten lie behind the nearest");
    assert_eq!(bed.model(), sorted(tens(1..=95).chain([11, 949]).collect()));
}

#[tokio::test]
async fn several_late_events_cost_one_fold() {
    let mut bed = Bed::new(lists, 10).await;
    bed.come_singly(tens(1..=95)).await;
    let late = [945, 911, 705, 701, 703, 999];
    assert_eq!(bed.come(late).await, 25 + 6, "71 to 95, once, and those that came");
    assert_eq!(bed.model(), sorted(tens(1..=95).chain(late).collect()));
}

#[tokio::test]
async fn a_long_history_that_is_folded_at_once_is_cut_near_its_end() {
    let mut bed = Bed::new(lists, 10).await;
    bed.call_events = 200;
    bed.record("A", tens(1..=500)).await;
    assert_eq!(bed.reduce(Waiting::Unknown).await.count, 500);
    assert_eq!(bed.snapshots().await, [5_000, 4_900, 4_700, 4_100, 4_000, 2_000]);
    assert_eq!(bed.come([4_995]).await, 11);
}

#[tokio::test]
async fn without_snapshots_all_is_folded_again() {
    let mut bed = Bed::new(lists, 0).await;
    bed.come_singly(tens(1..=30)).await;
    assert_eq!(bed.snapshots().await, [0; 0]);
    assert_eq!(bed.come([295]).await, 31);
    bed.every = 10;
    bed.come_singly(tens(31..=40)).await;
    bed.every = 0;
    assert_eq!(bed.come([405]).await, 1);
    assert_eq!(bed.come([404]).await, 2 + 1, "those that are there are used: the one at 39 events");
    bed.come([1]).await;
    assert_eq!(bed.snapshots().await, [0; 0], "and are void like any other");
}

#[tokio::test]
async fn only_what_was_folded_again_is_compared_with_what_was_emitted() {
    let mut bed = Bed::new(answers, 10).await;
    bed.come_singly(tens(1..=25)).await;
    let late = bed.record("A", [235]).await;
    let done = bed.reduce(Waiting::These(late)).await;
    assert_eq!(done.count, 6);
    let said = done.divergences;
    assert_eq!(said.len(), 2, "those of 24 and 25 have one more before them: {said:?}");
    assert!(said.iter().all(|said| said.difference == crate::words::Difference::Other), "{said:?}");
    let emitted = bed.store.emissions(&cart(), Some(entity()), None).await.unwrap();
    assert_eq!(emitted.len(), 26, "each has emitted once, also the late one");
}

#[tokio::test]
async fn another_module_begins_afresh_and_going_back_finds_what_is_not_void() {
    let mut bed = Bed::new(lists, 10).await;
    bed.come_singly(tens(1..=45)).await;
    bed.serve("other", &["B"]).await;
    bed.record("B", [461]).await;
    assert_eq!(bed.reduce(Waiting::Unknown).await.count, 1, "all that it takes");
    // Late for the first module only, which is not there to notice.
    bed.record("A", [305]).await;
    bed.reduce(Waiting::Unknown).await;
    bed.serve("m", &[]).await;
    assert_eq!(bed.snapshots().await, [300, 100], "the one of 400 lacks what came late");
    let back = bed.reduce(Waiting::Unknown).await;
    assert_eq!((back.count, back.refolded), (17, true));
    assert_eq!(bed.model(), sorted(tens(1..=45).chain([305, 461]).collect()));
}

#[tokio::test]
async fn what_one_fold_keeps_is_bounded_in_bytes() {
    let mut bed = Bed::new(lists, 10).await;
    bed.call_events = 10;
    bed.record("A", tens(1..=400)).await;
    bed.model_bytes = 2_000;
    let done = bed.reduce(Waiting::Unknown).await;
    let taken = &done.reduction.unwrap().snapshots.taken;
    let model = done.after.unwrap().model.unwrap();
    assert!(model.len() > 1_000, "two of that size are too much: {}", model.len());
    assert_eq!(taken.iter().map(|taken| taken.events).collect::<Vec<_>>(), [400]);
}

#[test]
fn histories_are_cut_further_and_further_from_their_end() {
    let events: Vec<_> = (1..=100).map(|position| event(position, 1)).collect();
    let lengths = |count: usize, every| {
        let cuts = cut(&events[..count], every);
        assert_eq!(cuts.concat(), events[..count], "nothing is lost");
        cuts.into_iter().map(<[_]>::len).collect::<Vec<_>>()
    };
    assert_eq!(lengths(100, 10), [10, 60, 20, 10]);
    assert_eq!(lengths(100, 1), [19, 54, 18, 6, 2, 1]);
    assert_eq!(lengths(10, 10), [10]);
    assert_eq!(lengths(100, 0), [100]);
    assert_eq!(lengths(0, 10), [0; 0]);
    assert_eq!(cut(slice::from_ref(&events[0]), usize::MAX).len(), 1);
}

#[test]
fn only_what_folds_by_occurrence_keeps_snapshots() {
    let chain = |descriptor| vec![activation(1, 0, Some(("m", descriptor)))];
    assert_eq!(serving(chain(descriptor(&[])), keeps).snapshot_events(), 0);
    assert_eq!(serving(chain(occurred(&[])), keeps).snapshot_events(), 100);
}

#[test]
fn late_events_of_a_row_that_folds_long_hold_up_nobody() {
    let serving = serving(vec![activation(1, 0, Some(("m", occurred(&[]))))], keeps);
    let mut domain = Domain::new(Arc::new(serving), Position(0), Visit::not_needed(), 1 << 20);
    domain.push(event(1, 1));
    assert_eq!(domain.take(64).len(), 1);
    domain.made_way(Some(of(1)));
    for position in 2..=200 {
        domain.push(event(
            position,
            if position % 10 == 0 { 2 + u8::try_from(position / 50).unwrap() } else { 1 },
        ));
    }
    assert_eq!(domain.pending(), 20, "of the others; the store knows the rest");
    let taken: Vec<_> = domain.take(64).into_iter().map(|task| task.entity).collect();
    assert_eq!(taken, [2, 3, 4, 5, 6].map(|number| Some(of(number))));
    taken.into_iter().for_each(|entity| domain.done(entity, false));
    assert!(!domain.has_work());
    domain.done(Some(of(1)), false);
    let rest = domain.take(64);
    assert_eq!(rest.len(), 1, "one fold for all that came meanwhile");
    assert!(matches!(rest[0].waiting, Waiting::Unknown));
}
