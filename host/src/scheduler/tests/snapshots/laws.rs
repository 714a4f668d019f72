//! A law: in whatever order events come, in whatever portions, a model is what its sorted events make.

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};

use crate::{scheduler::reduce::Waiting, words::Snapshot};

use super::{Bed, answers, fails_at_seven, lists, sorted};

/// What comes: the ticks of events, in the order of their recording, cut into portions. Whether the store must
/// be asked for a portion, and whether the module was put in force again before it.
#[derive(Debug, Clone)]
struct Arrivals {
    every: usize,
    call_events: usize,
    portions: Vec<(Vec<u64>, bool, bool)>,
}

fn arrivals() -> impl Strategy<Value = Arrivals> {
    let ticks = Just((1..=60_u64).collect::<Vec<_>>()).prop_shuffle();
    // Mostly in order, as in life, or in no order at all.
    let ticks = (ticks, 0..20_u64).prop_map(|(mut ticks, off)| {
        if off > 3 {
            let shuffled = ticks.clone();
            let moved = |tick: u64| tick + off * (shuffled[usize::try_from(tick).unwrap() - 1] % 2);
            ticks.sort_by_key(|tick| moved(*tick));
        }
        ticks
    });
    let cuts = vec((1..9_usize, any::<bool>(), 0..10_u8), 60);
    (ticks, cuts, 1..5_usize, 1..8_usize).prop_map(|(mut ticks, cuts, every, call_events)| {
        let mut portions = Vec::new();
        for (length, asked, again) in cuts {
            let rest = ticks.split_off(length.min(ticks.len()));
            portions.push((std::mem::replace(&mut ticks, rest), asked, again == 0));
        }
        portions.retain(|(ticks, ..)| !ticks.is_empty());
        Arrivals { every, call_events, portions }
    })
}

/// Folds what comes, and tells how many events were folded for all of it.
async fn folds(arrivals: Arrivals) {
    let mut bed = Bed::new(answers, arrivals.every).await;
    bed.call_events = arrivals.call_events;
    let mut known = Vec::new();
    for (ticks, asked, again) in arrivals.portions {
        if again {
            bed.serve("m", &[]).await;
        }
        known.extend(ticks.iter().copied());
        let events = bed.record("A", ticks).await;
        let waiting = if asked { Waiting::Unknown } else { Waiting::These(events) };
        let mut done = bed.reduce(waiting).await;
        while done.more {
            done = bed.reduce(Waiting::Unknown).await;
        }
        assert_eq!(bed.model(), sorted(known.clone()));
        let row = bed.row.as_ref().unwrap();
        assert_eq!((row.events, &row.parked), (known.len() as u64, &None));
        let kept = bed.snapshots().await;
        assert!(kept.len() <= Snapshot::MOST && kept.first() <= known.iter().max(), "{kept:?}");
    }
    let emitted = bed.store.emissions(&super::cart(), Some(super::entity()), None).await.unwrap();
    let causes = emitted.iter().map(|event| event.fact.cause.unwrap().ticks()).collect();
    assert_eq!(sorted(causes), sorted(known), "each has emitted once");
}

/// Events that may fail: once all are there, nothing does, and the model is the same.
async fn mends(arrivals: Arrivals) {
    let mut bed = Bed::new(fails_at_seven, arrivals.every).await;
    let mut whole = Bed::new(lists, 0).await;
    bed.call_events = arrivals.call_events;
    for (ticks, asked, _) in arrivals.portions {
        whole.come(ticks.iter().copied()).await;
        let events = bed.record("A", ticks).await;
        let mut done = bed.reduce(if asked { Waiting::Unknown } else { Waiting::These(events) }).await;
        while done.more {
            done = bed.reduce(Waiting::Unknown).await;
        }
        let row = bed.row.as_ref().unwrap();
        if row.parked.is_none() {
            assert_eq!(bed.model(), whole.model());
        }
    }
    assert_eq!((bed.row.as_ref().unwrap().parked.as_ref(), bed.model()), (None, whole.model()));
}

fn hold<F: Future<Output = ()>>(law: fn(Arrivals) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { failure_persistence: None, ..Config::with_cases(48) };
    let law = |arrivals| {
        runtime.block_on(law(arrivals));
        Ok(())
    };
    TestRunner::new(config).run(&arrivals(), law).unwrap();
}

#[test]
fn any_order_folds_to_the_same_model() {
    hold(folds);
}

#[test]
fn any_order_is_mended_to_the_same_model() {
    hold(mends);
}
