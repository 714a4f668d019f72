//! What the index lacks is found in memory, at every moment of the way there.

use super::*;
use crate::{
    store::{
        HistoryQuery, Store,
        contract::given::{append, entity, fact, id, shop},
        sqlite::SqliteStore,
    },
    words::{EventId, Fact},
};

const ENTITIES: u64 = 7;

/// Whose event it is.
fn of(n: u64) -> EntityId {
    entity(u8::try_from(n % ENTITIES).unwrap())
}

fn entry(n: u64) -> (Key, Place) {
    let key = (1, *of(n).as_bytes(), *id(n).as_sorted_bytes());
    (key, Place { position: Position(n), emitted: false })
}

fn positions(unindexed: &Unindexed, after: HistoryCursor, up_to: u64, limit: usize) -> Vec<u64> {
    let found = unindexed.of_entity((1, entity(1)), after, Position(up_to), limit);
    found.positions.iter().map(|position| position.0).collect()
}

/// Commits of 100 events each, beside an index that takes what it is given.
fn run(unindexed: &Unindexed, count: u64, mut check: impl FnMut(u64, &Entries)) {
    let mut index = Entries::new();
    for first in (1..=count).step_by(100) {
        let step = unindexed.step(100);
        index.extend(step.entries.iter().copied());
        unindexed.committed(&step, (first..first + 100).map(entry));
        check(first + 99, &index);
    }
}

#[test]
fn what_is_not_in_memory_is_in_the_index() {
    let unindexed = Unindexed::default();
    let mut arrived = 0;
    run(&unindexed, 9 * BATCH as u64, |newest, index| {
        let found =
            unindexed.of_entity((1, entity(1)), HistoryCursor::Id(None), Position(newest), usize::MAX);
        let of_entity = |n: &u64| n % ENTITIES == 1;
        let expected: Vec<u64> = (found.indexed.0 + 1..=newest).filter(of_entity).collect();
        assert_eq!(found.positions.iter().map(|position| position.0).collect::<Vec<_>>(), expected);
        if found.indexed.0 > arrived {
            let all = (1..=found.indexed.0).map(entry).collect::<Entries>();
            assert_eq!(*index, all, "the index is whole up to there, and nothing else is on its way yet");
            arrived = found.indexed.0;
        }
    });
    assert!(arrived > BATCH as u64, "more than once");
}

#[test]
fn it_answers_in_the_order_asked_for() {
    let unindexed = Unindexed::default();
    // Ids fall while positions rise.
    let turned = |n: u64| {
        let ((context, entity, _), place) = entry(n);
        ((context, entity, *id(10_000 - n).as_sorted_bytes()), place)
    };
    unindexed.begin(Position(0), (1..=50).map(turned));
    let by_id = |after: Option<EventId>| HistoryCursor::Id(after);
    assert_eq!(positions(&unindexed, by_id(None), 40, 3), [36, 29, 22]);
    assert_eq!(positions(&unindexed, by_id(Some(id(10_000 - 29))), 40, 9), [22, 15, 8, 1]);
    assert_eq!(positions(&unindexed, HistoryCursor::Position(Position(8)), 40, 3), [15, 22, 29]);
}

#[test]
fn its_entities_come_in_order_and_once() {
    let unindexed = Unindexed::default();
    run(&unindexed, BATCH as u64 + 100, |_, _| {});
    assert!(!unindexed.read().moving.is_empty() && !unindexed.read().newer.is_empty());
    let all: Vec<_> = (0..7).map(entity).collect();
    assert_eq!(unindexed.entities(1, None, 99), all);
    assert_eq!(unindexed.entities(1, Some(entity(2)), 3), all[3..6]);
    assert_eq!((unindexed.entities(0, None, 9), unindexed.entities(2, None, 9)), (vec![], vec![]));
}

async fn post(store: &SqliteStore, first: u64, count: u64) {
    let event = |n: u64| Fact { entity: of(n), ..fact(n, 1, "1") };
    let appends = vec![append((first..first + count).map(event))];
    let group = crate::store::Group { appends, ..Default::default() };
    store.commit(&group).await.unwrap();
}

async fn check(store: &SqliteStore, newest: u64) {
    let query =
        |after| HistoryQuery { context: shop(), entity: entity(1), after, up_to: None, limit: u32::MAX };
    for after in [HistoryCursor::Id(None), HistoryCursor::Position(Position(0))] {
        let found = store.history(&query(after)).await.unwrap();
        let expected = (1..=newest).filter(|n| n % ENTITIES == 1).collect::<Vec<_>>();
        assert_eq!(found.iter().map(|event| event.position.0).collect::<Vec<_>>(), expected);
        assert_eq!(store.count_outside(&shop(), entity(1)).await.unwrap(), expected.len() as u64);
    }
    assert_eq!(store.count_entities(&shop()).await.unwrap(), ENTITIES);
    assert_eq!(store.entities(&shop(), None, 99).await.unwrap().len() as u64, ENTITIES);
}

#[tokio::test]
async fn histories_are_whole_wherever_the_store_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("log.db").to_str().unwrap().to_owned();
    let (mut newest, mut arrived, mut halfway) = (0, 0, 0);
    for commits in [7, 20, 3, 9, 31] {
        let store = SqliteStore::open(&place, "a test").await.unwrap();
        store.name_context(&shop()).await.unwrap();
        for _ in 0..commits {
            post(&store, newest + 1, 100).await;
            newest += 100;
            check(&store, newest).await;
        }
        arrived = store.by_entity.read().indexed.0;
        halfway += u32::from(store.by_entity.read().moved.is_some());
        store.close().await;
    }
    assert!(arrived > 0 && halfway > 0, "{arrived} arrived, left {halfway} times on their way");
}
