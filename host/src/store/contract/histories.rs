//! Whole histories of many entities at once: the same events as page by page, as far as they fit.

use std::sync::Arc;

use crate::{
    store::{Group, HistoriesQuery, HistoryCursor, HistoryQuery, Reduction, Store},
    words::{EntityId, Event, EventId, Fact, Origin},
};

use super::given::{
    append, append_to, bank, cart, commit, entity, fact, first, id, positions, post, serve, shop,
};

fn of(entities: impl IntoIterator<Item = u8>) -> HistoriesQuery {
    let entities = entities.into_iter().map(entity).collect();
    HistoriesQuery { context: shop(), entities, limit: 10_000, event_bytes: 1_000 }
}

/// An entity's history, read by itself.
async fn alone(store: &dyn Store, entity: EntityId) -> Vec<Event> {
    let after = HistoryCursor::Id(None);
    let query = HistoryQuery { context: shop(), entity, after, up_to: None, limit: 10_000 };
    store.history(&query).await.unwrap()
}

/// Asks for whole histories, and makes sure that those are whole that come.
async fn found(store: &dyn Store, query: HistoriesQuery) -> Vec<Option<Vec<u64>>> {
    let found = store.histories(&query).await.unwrap();
    for (entity, events) in query.entities.iter().zip(&found) {
        if let Some(events) = events {
            assert_eq!(*events, alone(store, *entity).await, "{entity}");
        }
    }
    found.into_iter().map(|events| events.map(|events| positions(&events))).collect()
}

pub(super) async fn every_part_of_an_event_comes(store: &dyn Store) {
    let number = serve(store, cart()).await;
    let metadata = vec![("é".to_owned(), "„1“, \u{1F600}\u{0}".to_owned())];
    // Whatever an id holds, it is told apart from the numbers before it.
    let odd = EventId::from_parts(7, *b",\0,12,\0,");
    let posted = [
        Fact { metadata: metadata.clone(), ..fact(5, 1, "\"é, \u{1F6D2}\"") },
        Fact { id: odd, ..fact(7, 1, "12") },
    ];
    let origin = |entity| Some(Origin { domain: cart().domain, entity });
    let emitted =
        |ticks, of| Fact { cause: Some(odd), depth: 31, origin: origin(of), ..fact(ticks, 2, "[]") };
    let emissions = [
        emitted(8, Some(entity(1))),
        Fact { metadata, event_type: "Other".parse().unwrap(), ..emitted(9, None) },
    ];
    let emissions = emissions.into_iter().map(Arc::new).collect();
    let reductions = vec![Arc::new(Reduction { emissions, ..first(cart(), number, Some(entity(1))) })];
    commit(
        store,
        Group { recorded_at: 1_234_567, appends: vec![append(posted)], reductions, ..Group::default() },
    )
    .await;
    assert_eq!(found(store, of([1, 2, 3])).await, [Some(vec![1, 2]), Some(vec![3, 4]), Some(vec![])]);
}

/// So many events that every back end has them in all places that it may keep them in.
pub(super) async fn long_histories_come_whole(store: &dyn Store) {
    store.name_context(&bank()).await.unwrap();
    for group in 0..30_u64 {
        let facts = (0..60).map(|n| fact(60 * (29 - group) + n, u8::try_from(n % 5).unwrap(), "1"));
        let others = append_to(bank(), [fact(group, 1, "1")]);
        post(store, vec![append(facts), others]).await;
        let histories = found(store, of([0, 1, 4, 9])).await;
        let counts: Vec<_> = histories.into_iter().map(|events| events.map(|events| events.len())).collect();
        let each = usize::try_from(12 * (group + 1)).unwrap();
        assert_eq!(counts, [Some(each), Some(each), Some(each), Some(0)]);
    }
}

pub(super) async fn as_many_histories_come_as_fit(store: &dyn Store) {
    let facts = [(1, 1), (2, 1), (3, 2), (4, 3), (5, 3)].map(|(ticks, entity)| fact(ticks, entity, "1"));
    post(store, vec![append(facts)]).await;
    let limited = |limit| HistoriesQuery { limit, ..of([1, 2, 3]) };
    let (one, two, three) = (Some(vec![1, 2]), Some(vec![3]), Some(vec![4, 5]));
    assert_eq!(found(store, limited(5)).await, [one.clone(), two.clone(), three.clone()]);
    assert_eq!(found(store, limited(4)).await, [one.clone(), two.clone()]);
    assert_eq!(found(store, limited(3)).await, [one.clone(), two.clone()]);
    assert_eq!(found(store, limited(2)).await, [one]);
    assert_eq!(found(store, limited(1)).await, [None], "too long by itself");
    assert_eq!(found(store, HistoriesQuery { limit: 3, ..of([2, 3]) }).await, [two, three]);
}

pub(super) async fn a_history_with_a_large_event_is_left_out(store: &dyn Store) {
    let metadata = vec![("a".to_owned(), "1".to_owned())];
    let facts = [fact(1, 1, "1"), fact(2, 1, "12345678901"), fact(3, 2, "1"), fact(4, 3, "1234567890")];
    post(store, vec![append(facts), append([Fact { metadata, ..fact(5, 4, "1") }])]).await;
    let small = |event_bytes| HistoriesQuery { event_bytes, ..of([1, 2, 3, 4]) };
    let (two, three) = (Some(vec![3]), Some(vec![4]));
    assert_eq!(found(store, small(10)).await, [None, two.clone(), three.clone(), None]);
    assert_eq!(found(store, small(9)).await, [None, two, None, None]);
    let all = HistoriesQuery { limit: 2, event_bytes: 10, ..of([1, 2]) };
    assert_eq!(found(store, all).await, [None], "what is left out counts as well");
}

pub(super) async fn who_has_no_history_has_an_empty_one(store: &dyn Store) {
    post(store, vec![append([fact(1, 1, "1")])]).await;
    assert_eq!(found(store, of([])).await, [None; 0]);
    assert_eq!(found(store, of([2, 3])).await, [Some(vec![]), Some(vec![])]);
    let elsewhere = HistoriesQuery { context: bank(), ..of([1]) };
    assert_eq!(store.histories(&elsewhere).await.unwrap(), [Some(vec![])]);
    assert_eq!(alone(store, entity(1)).await[0].fact.id, id(1));
}
