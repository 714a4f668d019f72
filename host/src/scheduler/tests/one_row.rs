//! One entity's row on a store in memory, reduced by a module that is played.

use std::sync::Arc;

use crate::{
    clock::Clock,
    scheduler::{
        history::History,
        outcome::Done,
        reduce::{Reducer, Waiting},
        serving::Serving,
        turn::Turn,
    },
    store::{Append, Group, Store, sqlite::SqliteStore},
    words::{EntityId, Event, Fact, Row},
};

use super::{cart, fact};

struct Noon;

impl Clock for Noon {
    fn now(&self) -> i64 {
        43_200_000_000
    }
}

/// As clients make them: a capture takes no other.
pub(super) fn entity() -> EntityId {
    "7d444840-9dc0-41d1-b245-5ffdce74fad2".parse().unwrap()
}

/// A store with events of the entity, with these times, by position.
pub(super) async fn store(ticks: impl IntoIterator<Item = u64>) -> (Arc<dyn Store>, Vec<Arc<Event>>) {
    let store = SqliteStore::open(":memory:", "a test").await.unwrap();
    store.name_context(&cart().context).await.unwrap();
    let of = |ticks| Arc::new(Fact { entity: entity(), ..fact(ticks, 1) });
    let facts = ticks.into_iter().map(of).collect();
    let appends = vec![Append { context: cart().context, facts, expected: None }];
    let committed = store.commit(&Group { appends, ..Group::default() }).await.unwrap();
    (Arc::new(store), committed.events)
}

/// Reduces the row, at noon.
pub(super) async fn reduce(
    serving: &Serving,
    store: &Arc<dyn Store>,
    waiting: Waiting,
    row: Option<Row>,
) -> Done {
    let (turn, head) = (Turn::begin(), store.catalogue().await.unwrap().head.position);
    let history = History { serving, store, turn: &turn, ahead: None };
    let reducer = Reducer { history, head, may_try_again: false, clock: &Noon };
    reducer.reduce(Some(entity()), waiting, row.map(Arc::new)).await.unwrap()
}
