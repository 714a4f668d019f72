//! Histories that are read before their rows are folded: whose, and that their pages are those of the store.

use std::sync::Arc;

use crate::{
    scheduler::{
        ahead::Ahead,
        reduce::{Task, Waiting},
        serving::Serving,
    },
    store::{Append, Group, HistoryCursor, HistoryQuery, Store, sqlite::SqliteStore},
    words::{Fact, Parked, Position, Row, Segment},
};

use super::{activation, cart, descriptor, entity, fact, id, keeps, serving};

fn task(number: u8, row: Option<Row>) -> Task {
    Task { entity: Some(entity(number)), waiting: Waiting::Unknown, row: Some(row.map(Arc::new)), failed: 0 }
}

/// A row that was made under an activation.
fn made_by(activation: u64) -> Row {
    let made_by = vec![Segment { activation, from: 1 }];
    Row { folded: Position(1), made_by, ..Row::default() }
}

fn parked(activation: u64) -> Option<Parked> {
    let (code, message) = ("code".into(), "message".into());
    Some(Parked { position: 1, event: id(1).to_string(), activation, code, message, tried: 1 })
}

/// What the modules of these names put in force, one after another.
fn upgraded(names: &[&str]) -> Serving {
    let chain =
        names.iter().zip(1..).map(|(name, number)| activation(number, 0, Some((name, descriptor(&[])))));
    serving(chain.collect(), keeps)
}

#[test]
fn who_is_folded_from_the_first_event_is_read_ahead() {
    let wants = |names: &[&str], task: &Task| Ahead::default().lacks(&upgraded(names), task);
    assert!(wants(&["m"], &task(1, None)), "who has no row");
    assert!(wants(&["m"], &Task { waiting: Waiting::Again, ..task(1, None) }));
    assert!(!wants(&["m"], &Task { waiting: Waiting::These(Vec::new()), ..task(1, None) }), "new ones");
    assert!(!wants(&["m"], &Task { entity: None, ..task(1, None) }), "a context");
    assert!(wants(&["m", "n"], &task(1, Some(made_by(1)))), "what another module made");
    assert!(!wants(&["m", "n"], &task(1, Some(made_by(2)))), "what goes on");
    assert!(!wants(&["n", "m", "n"], &task(1, Some(made_by(2)))), "what may have a snapshot");
    let waits = |activation| Row { parked: parked(activation), ..made_by(1) };
    assert!(wants(&["m", "n"], &task(1, Some(waits(1)))));
    assert!(!wants(&["m", "n"], &task(1, Some(waits(2)))), "it may not be folded at all");
}

/// Positions 1 to 6 are of entities 1 and 2 in turn, with ids in another order.
async fn store() -> Arc<dyn Store> {
    let store = SqliteStore::open(":memory:", "a test").await.unwrap();
    store.name_context(&cart().context).await.unwrap();
    let facts = [(40, 1), (1, 2), (20, 1), (3, 2), (30, 1), (2, 2), (10, 1)];
    let facts = facts.map(|(ticks, number)| Arc::new(fact(ticks, number)));
    let appends = vec![Append { context: cart().context, facts: facts.to_vec(), expected: None }];
    store.commit(&Group { appends, ..Group::default() }).await.unwrap();
    Arc::new(store)
}

#[tokio::test]
async fn a_page_is_what_the_store_would_give() {
    let (store, serving) = (store().await, upgraded(&["m"]));
    // Nobody asks for them in order.
    let tasks = [task(2, None), task(1, None)];
    let mut ahead = Ahead::default();
    ahead.read(&*store, &serving, tasks.iter()).await.unwrap();
    for number in [1, 2] {
        let whole = ahead.take(Some(entity(number))).unwrap();
        let ids = [None, Some(0), Some(2), Some(20), Some(40)];
        let ids = ids.map(|ticks| HistoryCursor::Id(ticks.map(id)));
        let cursors = ids.into_iter().chain((0..8).map(|behind| HistoryCursor::Position(Position(behind))));
        for after in cursors {
            for (up_to, limit) in [(None, 9), (None, 2), (Some(Position(4)), 9), (Some(Position(5)), 1)] {
                let (context, entity, limit_of) = (cart().context, entity(number), limit as usize);
                let query = HistoryQuery { context, entity, after, up_to, limit };
                let wanted = store.history(&query).await.unwrap();
                let page: Vec<_> =
                    whole.page(after, up_to, limit_of).iter().map(|event| (**event).clone()).collect();
                assert_eq!(page, wanted, "{query:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_was_looked_for_in_vain_is_not_looked_for_again() {
    let (store, serving) = (store().await, upgraded(&["m"]));
    let large = Fact { data: vec![b'1'; 4096], ..fact(50, 1) };
    let appends = vec![Append { context: cart().context, facts: vec![Arc::new(large)], expected: None }];
    store.commit(&Group { appends, ..Group::default() }).await.unwrap();
    let tasks = [task(1, None), task(2, None)];
    let mut ahead = Ahead::default();
    ahead.read(&*store, &serving, tasks.iter()).await.unwrap();
    let is_there = |ahead: &mut Ahead, number| ahead.take(Some(entity(number))).is_some();
    assert!(!ahead.lacks(&serving, &tasks[0]) && !is_there(&mut ahead, 1), "an event is too large");
    assert!(is_there(&mut ahead, 2));
    ahead.read(&*store, &serving, tasks[1..].iter()).await.unwrap();
    assert!(!ahead.lacks(&serving, &tasks[1]) && !is_there(&mut ahead, 2), "one alone may make way");
    assert!(ahead.lacks(&serving, &tasks[0]), "only the last ones are kept");
}
