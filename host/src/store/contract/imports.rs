//! What a store gives away whole, and what it takes.

use std::{ops::ControlFlow, sync::Arc};

use tokio::runtime::Handle;

use crate::{
    store::{HistoryCursor, HistoryQuery, Import, ImportOutcome, Imported, Part, Reduction, Store},
    words::{Epoch, Position, Version},
};

use super::{
    Bed,
    given::{
        activate, append, cart, deployed, entity, fact, id, log, new, of_cart, positions, post, present,
        reduce, serve, shop, written,
    },
    lasting::{everything, fill},
};

async fn exported(store: &dyn Store) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut take = |part| {
        parts.push(part);
        ControlFlow::Continue(())
    };
    store.export(&mut take).await.unwrap();
    parts
}

fn at(lines: u64) -> Option<Imported> {
    Some(Imported { lines, sha256: format!("of {lines}") })
}

async fn more(store: &dyn Store, since: Option<Imported>, lines: u64, parts: &[Part]) -> ImportOutcome {
    let now = at(lines).unwrap();
    store.import(&Import::More { since, now, parts: parts.to_vec() }).await.unwrap()
}

async fn done(store: &dyn Store, lines: u64, epoch: Option<Epoch>) -> ImportOutcome {
    store.import(&Import::Done { since: at(lines).unwrap(), epoch }).await.unwrap()
}

/// A store that took these parts, so many at once, and was opened again.
async fn filled(bed: &Bed, parts: &[Part], at_once: usize) -> Arc<dyn Store> {
    let store = bed.bare().await;
    let (mut since, mut lines) = (None, 0);
    for parts in parts.chunks(at_once) {
        lines += parts.len() as u64;
        assert_eq!(more(&*store, since, lines, parts).await, ImportOutcome::Taken);
        since = at(lines);
        assert_eq!(store.catalogue().await.unwrap().import, since);
    }
    assert_eq!(exported(&*store).await, parts, "before the end as well");
    assert_eq!(done(&*store, lines, None).await, ImportOutcome::Taken);
    store.close().await;
    bed.bare().await
}

async fn what_one_store_gives_another_takes_and_gives_again(bed: fn() -> Bed) {
    let place = bed();
    let source = place.open().await;
    fill(&*source).await;
    let parts = exported(&*source).await;
    for at_once in [1, 4, 1_000] {
        let target = bed();
        let store = filled(&target, &parts, at_once).await;
        assert_eq!(exported(&*store).await, parts);
        assert_eq!(everything(&*store).await, everything(&*source).await);
    }
}

async fn a_store_in_memory_gives_the_same(bed: fn() -> Bed) {
    let place = bed();
    let (one, other) = (Bed::memory().open().await, place.open().await);
    fill(&*one).await;
    fill(&*other).await;
    let (mut one, mut other) = (exported(&*one).await, exported(&*other).await);
    assert!(matches!((one.remove(0), other.remove(0)), (Part::Head { .. }, Part::Head { .. })));
    assert_eq!(one, other);
}

async fn numbers_go_on_behind_what_was_imported(bed: fn() -> Bed) {
    let place = bed();
    let source = place.open().await;
    fill(&*source).await;
    let target = bed();
    let store = filled(&target, &exported(&*source).await, 1_000).await;
    let committed = post(&*store, vec![append([fact(9, 1, "9"), fact(2, 2, "{}")])]).await;
    assert_eq!(committed.appends, [Ok(vec![new(5), present(2)])]);
    assert_eq!(committed.events[0].recorded_at, 77, "the clock may have gone back meanwhile");
    let activation = activate(&*store, deployed(cart(), b"another")).await;
    assert_eq!((activation.number.0, activation.head), (4, Position(5)));
    let next = Reduction { seen: (Version(1), Position(1)), ..of_cart(activation.number) };
    assert_eq!(reduce(&*store, [next]).await, [written(2)]);
}

async fn histories_are_found_behind_many_events(bed: fn() -> Bed) {
    let place = bed();
    let source = place.open().await;
    // Backwards, so that ids and positions differ; more than wait anywhere to be found by their entity.
    let facts = (1..=2_000).map(|n| fact(10_000 - n, u8::try_from(n % 3).unwrap(), "1"));
    post(&*source, vec![append(facts)]).await;
    let target = bed();
    let store = filled(&target, &exported(&*source).await, 300).await;
    post(&*store, vec![append([fact(20_000, 1, "2")])]).await;
    post(&*source, vec![append([fact(20_000, 1, "2")])]).await;
    for after in [HistoryCursor::Id(Some(id(8_500))), HistoryCursor::Position(Position(1_900))] {
        let query = HistoryQuery { context: shop(), entity: entity(1), after, up_to: None, limit: 1_000 };
        let found = store.history(&query).await.unwrap();
        assert_eq!(found, source.history(&query).await.unwrap());
        assert!(found.len() > 30 && found.iter().any(|event| event.position == Position(2_001)));
    }
    assert_eq!(store.count_outside(&shop(), entity(1)).await.unwrap(), 668);
    assert_eq!(store.count_entities(&shop()).await.unwrap(), 3);
}

async fn an_import_begins_only_where_nothing_is(bed: fn() -> Bed) {
    let place = bed();
    let source = place.open().await;
    let parts = exported(&*source).await;
    assert_eq!(more(&*source, None, 2, &parts).await, ImportOutcome::NotEmpty, "it knows a context");
    let place = bed();
    let served = place.open().await;
    serve(&*served, cart()).await;
    assert_eq!(more(&*served, None, 2, &parts).await, ImportOutcome::NotEmpty);
    assert_eq!(served.catalogue().await.unwrap().import, None);
}

async fn an_import_goes_on_where_it_is_and_nowhere_else(bed: fn() -> Bed) {
    let place = bed();
    let source = place.open().await;
    fill(&*source).await;
    let parts = exported(&*source).await;
    let place = bed();
    let store = place.bare().await;
    assert_eq!(done(&*store, 3, None).await, ImportOutcome::Elsewhere, "none has begun");
    assert_eq!(more(&*store, at(3), 4, &parts).await, ImportOutcome::Elsewhere);
    assert_eq!(more(&*store, None, 3, &parts[..3]).await, ImportOutcome::Taken);
    let other = Some(Imported { lines: 3, sha256: "of another".into() });
    for since in [None, at(2), at(4), other] {
        assert_eq!(more(&*store, since, 9, &parts[3..]).await, ImportOutcome::Elsewhere);
    }
    assert_eq!(done(&*store, 4, None).await, ImportOutcome::Elsewhere);
    assert_eq!(exported(&*store).await.len(), 3, "what was not taken left no trace");
    assert_eq!(more(&*store, at(3), parts.len() as u64, &parts[3..]).await, ImportOutcome::Taken);
    assert_eq!(done(&*store, parts.len() as u64, None).await, ImportOutcome::Taken);
    assert_eq!(store.catalogue().await.unwrap().import, None);
    assert_eq!(done(&*store, parts.len() as u64, None).await, ImportOutcome::Elsewhere, "it is done");
}

async fn a_step_that_fails_leaves_no_trace(bed: fn() -> Bed) {
    let place = bed();
    let source = place.open().await;
    fill(&*source).await;
    let parts = exported(&*source).await;
    let events = parts.iter().position(|part| matches!(part, Part::Event(_))).unwrap();
    let place = bed();
    let store = place.bare().await;
    let twice = [&parts[..=events], &parts[events..]].concat();
    let step = Import::More { since: None, now: at(9).unwrap(), parts: twice };
    store.import(&step).await.unwrap_err();
    assert_eq!(exported(&*store).await.len(), 1, "nothing but a head");
    assert_eq!(more(&*store, None, 9, &parts).await, ImportOutcome::Taken);
    assert_eq!(exported(&*store).await, parts);
}

async fn a_copy_gets_another_name_when_it_is_done(bed: fn() -> Bed) {
    let place = bed();
    let source = place.open().await;
    fill(&*source).await;
    let target = bed();
    let store = target.bare().await;
    assert_eq!(more(&*store, None, 1, &exported(&*source).await).await, ImportOutcome::Taken);
    let name = Epoch("of its own".into());
    assert_eq!(done(&*store, 1, Some(name.clone())).await, ImportOutcome::Taken);
    store.close().await;
    let store = target.bare().await;
    assert_eq!(*store.epoch(), name);
    assert_eq!(log(&*store).await, log(&*source).await);
}

async fn an_export_is_as_of_one_moment(bed: fn() -> Bed) {
    let place = bed();
    let store = place.open().await;
    fill(&*store).await;
    let before = exported(&*store).await;
    let (writer, runtime, mut parts) = (Arc::clone(&store), Handle::current(), Vec::new());
    let mut take = |part| {
        if parts.is_empty() {
            let (writer, runtime) = (Arc::clone(&writer), runtime.clone());
            let posting = async move { post(&*writer, vec![append([fact(50, 1, "5")])]).await };
            std::thread::spawn(move || runtime.block_on(posting)).join().unwrap();
        }
        parts.push(part);
        ControlFlow::Continue(())
    };
    store.export(&mut take).await.unwrap();
    assert_eq!(parts, before);
    assert_eq!(positions(&log(&*store).await), [1, 2, 3, 4, 5]);
}

async fn an_export_ends_when_nobody_takes_more(bed: fn() -> Bed) {
    let place = bed();
    let store = place.open().await;
    fill(&*store).await;
    let all = exported(&*store).await.len();
    for most in 1..all {
        let mut taken = 0;
        let mut take = |_| {
            taken += 1;
            if taken < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        store.export(&mut take).await.unwrap();
        assert_eq!(taken, most);
    }
}

macro_rules! on {
    ($bed:ident: $($promise:ident,)+) => {
        mod $bed {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                super::$promise(super::Bed::$bed).await;
            })+
        }
    };
    ($($bed:ident)+) => {
        $(on! { $bed:
            what_one_store_gives_another_takes_and_gives_again,
            a_store_in_memory_gives_the_same,
            numbers_go_on_behind_what_was_imported,
            histories_are_found_behind_many_events,
            an_import_begins_only_where_nothing_is,
            an_import_goes_on_where_it_is_and_nowhere_else,
            a_step_that_fails_leaves_no_trace,
            a_copy_gets_another_name_when_it_is_done,
            an_export_is_as_of_one_moment,
            an_export_ends_when_nobody_takes_more,
        })+
    };
}

on!(file postgres);
