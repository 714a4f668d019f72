//! Reading events: whole, by position, by time, by entity, by who emitted them.

use std::sync::Arc;

use crate::{
    store::{Group, HistoryCursor, HistoryQuery, LogQuery, Reduction, Store, Which},
    words::{ActivationNumber, DomainKey, EntityId, Event, Fact, Origin, Position, Version},
};

use super::given::{
    all, append, append_to, bank, cart, commit, entity, fact, first, id, key, log, positions, post, reduce,
    serve, shop,
};

pub(super) async fn an_event_reads_back_as_it_was(store: &dyn Store) {
    let number = serve(store, cart()).await;
    let metadata = vec![
        ("b".to_owned(), "2".to_owned()),
        ("a".to_owned(), "„1“ \\ \"\u{1F600}\u{0}".to_owned()),
        ("b".to_owned(), String::new()),
    ];
    let posted = Fact { metadata, ..fact(1, 1, "{}") };
    let origin = |entity| Some(Origin { domain: cart().domain, entity });
    let emitted = |ticks, entity| Fact {
        cause: Some(id(1)),
        depth: 31,
        origin: origin(entity),
        metadata: posted.metadata.clone(),
        ..fact(ticks, 2, "null")
    };
    let facts = [emitted(2, Some(entity(1))), emitted(3, None)];
    let emissions = facts.iter().cloned().map(Arc::new).collect();
    let reductions = vec![Arc::new(Reduction { emissions, ..first(cart(), number, Some(entity(1))) })];
    let appends = vec![append([posted.clone()])];
    commit(store, Group { recorded_at: 1_234_567, appends, reductions, ..Group::default() }).await;
    for (fact, position) in [posted.clone(), facts[0].clone(), facts[1].clone()].into_iter().zip(1..) {
        let position = Position(position);
        let wanted = Event { position, recorded_at: 1_234_567, context: shop(), fact: Arc::new(fact) };
        assert_eq!(store.event(&shop(), wanted.fact.id).await.unwrap().unwrap(), wanted);
    }
}

pub(super) async fn data_is_kept_byte_for_byte(store: &dyn Store) {
    let number = serve(store, cart()).await;
    let texts = [
        "{\"b\":1,\"a\":2,\"b\":3}",
        "1.0e+00",
        "12345678901234567890123456789.10",
        "\"é e\u{301} \\u00e9 \u{1F6D2}\"",
        "\"\u{7F}\u{2028}\u{FEFF}\"",
        "null",
    ];
    let facts = texts.iter().zip(0..).map(|(text, n)| fact(n, 1, text));
    post(store, vec![append(facts)]).await;
    let kept: Vec<_> = log(store).await.iter().map(|event| event.fact.data.clone()).collect();
    assert_eq!(kept, texts.map(|text| text.as_bytes().to_vec()));
    let mut seen = (Version(0), Position(0));
    for text in texts {
        let of_text = Reduction { seen, model: super::given::put(text), ..super::given::of_cart(number) };
        reduce(store, [of_text]).await;
        let row = super::given::cart_row(store).await.unwrap();
        assert_eq!(row.model.as_deref(), Some(text.as_bytes()));
        seen = (row.version, row.folded);
    }
}

/// Positions 1 to 6: shop and bank in turn, types A, A, B, B, C, C, recorded at 10, 10, 20, 20, 20, 30.
async fn six_events(store: &dyn Store) {
    store.name_context(&bank()).await.unwrap();
    let events = [("A", 10), ("A", 10), ("B", 20), ("B", 20), ("C", 20), ("C", 30)].into_iter().zip(1_u64..);
    for ((name, recorded_at), n) in events {
        let context = if n % 2 == 1 { shop() } else { bank() };
        let fact = Fact { event_type: name.parse().unwrap(), ..fact(n, 1, "1") };
        let appends = vec![append_to(context, [fact])];
        commit(store, Group { recorded_at, appends, ..Group::default() }).await;
    }
}

async fn found(store: &dyn Store, query: LogQuery) -> Vec<u64> {
    positions(&store.log(&query).await.unwrap())
}

pub(super) async fn a_log_goes_on_behind_a_position(store: &dyn Store) {
    six_events(store).await;
    let behind = |after, limit| LogQuery { after: Position(after), limit, ..all() };
    assert_eq!(found(store, behind(0, 2)).await, [1, 2]);
    assert_eq!(found(store, behind(2, 3)).await, [3, 4, 5]);
    assert_eq!(found(store, behind(5, 3)).await, [6]);
    assert_eq!(found(store, behind(6, 3)).await, [0; 0]);
    assert_eq!(found(store, behind(u64::MAX, 3)).await, [0; 0]);
}

pub(super) async fn a_log_can_be_of_one_context_or_some_types(store: &dyn Store) {
    six_events(store).await;
    let of = |context: Option<_>, types: &[&str]| LogQuery {
        context,
        types: types.iter().map(|name| name.parse().unwrap()).collect(),
        ..all()
    };
    assert_eq!(found(store, of(Some(bank()), &[])).await, [2, 4, 6]);
    assert_eq!(found(store, of(None, &["C", "A"])).await, [1, 2, 5, 6]);
    assert_eq!(found(store, of(Some(shop()), &["B", "C", "D"])).await, [3, 5]);
    assert_eq!(found(store, of(None, &["a"])).await, [0; 0], "types are told apart by case");
    let limited = LogQuery { limit: 1, after: Position(1), ..of(Some(shop()), &["B", "C"]) };
    assert_eq!(found(store, limited).await, [3], "the limit counts what is wanted");
    let up_to = |position, query| LogQuery { up_to: Some(Position(position)), ..query };
    assert_eq!(found(store, up_to(4, of(None, &["B", "C"]))).await, [3, 4]);
    assert_eq!(found(store, up_to(0, of(None, &[]))).await, [0; 0]);
}

pub(super) async fn a_log_can_be_of_types_that_begin_alike(store: &dyn Store) {
    store.name_context(&bank()).await.unwrap();
    let facts = ["item.added", "item.lost", "Item.added", "items", "item", "it_em"].into_iter().zip(1_u64..);
    let facts = facts.map(|(name, n)| Fact { event_type: name.parse().unwrap(), ..fact(n, 1, "1") });
    commit(store, Group { appends: vec![append_to(shop(), facts.collect::<Vec<_>>())], ..Group::default() })
        .await;
    let of = |types: &[&str]| LogQuery {
        types: types.iter().map(|name| name.parse().unwrap()).collect(),
        ..all()
    };
    assert_eq!(found(store, of(&["item*"])).await, [1, 2, 4, 5]);
    assert_eq!(found(store, of(&["item.*", "items"])).await, [1, 2, 4]);
    assert_eq!(found(store, of(&["it_*", "I*"])).await, [3, 6], "what stands in a name stands for itself");
    assert_eq!(found(store, of(&["x*"])).await, [0; 0]);
}

pub(super) async fn a_log_can_begin_at_a_time(store: &dyn Store) {
    let since = |time| LogQuery { since: Some(time), ..all() };
    assert_eq!(found(store, since(0)).await, [0; 0]);
    six_events(store).await;
    for (time, wanted) in
        [(i64::MIN, 1..7), (10, 1..7), (11, 3..7), (20, 3..7), (21, 6..7), (30, 6..7), (31, 7..7)]
    {
        assert_eq!(found(store, since(time)).await, wanted.collect::<Vec<_>>(), "since {time}");
    }
    assert_eq!(found(store, LogQuery { after: Position(4), ..since(20) }).await, [5, 6]);
    assert_eq!(found(store, LogQuery { after: Position(1), ..since(20) }).await, [3, 4, 5, 6]);
    assert_eq!(found(store, LogQuery { context: Some(bank()), limit: 1, ..since(11) }).await, [4]);
}

/// Positions 1 to 5 are of entity 1, with ids in the order 4, 2, 5, 1, 3; others lie between.
async fn a_history(store: &dyn Store) {
    store.name_context(&bank()).await.unwrap();
    let mine = append([4, 2, 5, 1, 3].map(|ticks| fact(10 * ticks, 1, "1")));
    let others = append([fact(15, 2, "1"), fact(25, 2, "1")]);
    post(store, vec![mine, others, append_to(bank(), [fact(35, 1, "1")])]).await;
}

async fn history(store: &dyn Store, after: HistoryCursor, up_to: Option<u64>, limit: u32) -> Vec<u64> {
    let up_to = up_to.map(Position);
    let query = HistoryQuery { context: shop(), entity: entity(1), after, up_to, limit };
    positions(&store.history(&query).await.unwrap())
}

pub(super) async fn histories_go_by_id_or_by_position(store: &dyn Store) {
    a_history(store).await;
    let behind_id = |ticks: Option<u64>| HistoryCursor::Id(ticks.map(id));
    assert_eq!(history(store, behind_id(None), None, 9).await, [4, 2, 5, 1, 3]);
    assert_eq!(history(store, behind_id(Some(20)), None, 2).await, [5, 1]);
    assert_eq!(history(store, behind_id(Some(25)), None, 1).await, [5], "an id that it does not have");
    assert_eq!(history(store, behind_id(Some(50)), None, 9).await, [0; 0]);
    let behind = |position| HistoryCursor::Position(Position(position));
    assert_eq!(history(store, behind(0), None, 9).await, [1, 2, 3, 4, 5]);
    assert_eq!(history(store, behind(2), None, 2).await, [3, 4]);
}

pub(super) async fn histories_end_at_a_position(store: &dyn Store) {
    a_history(store).await;
    assert_eq!(history(store, HistoryCursor::Id(None), Some(3), 9).await, [2, 1, 3]);
    assert_eq!(history(store, HistoryCursor::Id(Some(id(20))), Some(3), 9).await, [1, 3]);
    assert_eq!(history(store, HistoryCursor::Id(None), Some(3), 1).await, [2]);
    assert_eq!(history(store, HistoryCursor::Position(Position(1)), Some(3), 9).await, [2, 3]);
    assert_eq!(history(store, HistoryCursor::Id(None), Some(0), 9).await, [0; 0]);
}

async fn emits(
    store: &dyn Store,
    key: DomainKey,
    number: ActivationNumber,
    entity: Option<EntityId>,
    ticks: u64,
) {
    let origin = Some(Origin { domain: key.domain.clone(), entity });
    let fact = Fact { cause: Some(id(1)), depth: 1, origin, ..fact(ticks, 3, "1") };
    reduce(store, [Reduction { emissions: vec![Arc::new(fact)], ..first(key, number, entity) }]).await;
}

pub(super) async fn emissions_are_found_by_their_model(store: &dyn Store) {
    let (two, other) = (key(shop(), "two"), key(bank(), "cart"));
    let numbers =
        [serve(store, cart()).await, serve(store, two.clone()).await, serve(store, other.clone()).await];
    post(store, vec![append([fact(1, 1, "1")])]).await;
    emits(store, cart(), numbers[0], Some(entity(1)), 9).await;
    emits(store, cart(), numbers[0], Some(entity(2)), 8).await;
    emits(store, two.clone(), numbers[1], None, 7).await;
    emits(store, other.clone(), numbers[2], Some(entity(1)), 6).await;
    let found = |key: DomainKey, entity| async move {
        positions(&store.emissions(&key, entity, None).await.unwrap())
    };
    assert_eq!(found(cart(), Some(entity(1))).await, [2]);
    assert_eq!(found(cart(), Some(entity(2))).await, [3]);
    assert_eq!(found(cart(), None).await, [0; 0]);
    assert_eq!(found(two, None).await, [4]);
    assert_eq!(found(other, Some(entity(1))).await, [5]);
}

pub(super) async fn emissions_can_be_of_later_causes(store: &dyn Store) {
    let number = serve(store, cart()).await;
    let emission = |cause: u64, ticks| {
        let origin = Some(Origin { domain: cart().domain, entity: Some(entity(1)) });
        Arc::new(Fact { cause: Some(id(cause)), depth: 1, origin, ..fact(ticks, 3, "1") })
    };
    let emissions = vec![emission(20, 21), emission(10, 12), emission(10, 11), emission(30, 31)];
    reduce(store, [Reduction { emissions, ..first(cart(), number, Some(entity(1))) }]).await;
    for (after, wanted) in [(9, vec![1, 2, 3, 4]), (10, vec![1, 4]), (21, vec![4]), (30, vec![])] {
        let found = store.emissions(&cart(), Some(entity(1)), Some(id(after))).await.unwrap();
        assert_eq!(positions(&found), wanted, "behind {after}");
    }
}

pub(super) async fn what_is_unknown_is_empty(store: &dyn Store) {
    post(store, vec![append([fact(1, 1, "1")])]).await;
    let of_bank = LogQuery { context: Some(bank()), ..all() };
    assert_eq!(found(store, of_bank).await, [0; 0]);
    assert_eq!(store.event(&bank(), id(1)).await.unwrap(), None);
    assert_eq!(store.event(&shop(), id(2)).await.unwrap(), None);
    assert_eq!(store.entities(&bank(), None, 9).await.unwrap(), []);
    assert_eq!(store.count_entities(&bank()).await.unwrap(), 0);
    assert_eq!(store.emissions(&cart(), None, None).await.unwrap(), []);
    assert_eq!(store.rows(&cart(), &[None, Some(entity(1))]).await.unwrap(), [None, None]);
    assert_eq!(store.rows_page(&cart(), Which::All, None, 9).await.unwrap().entries, []);
    assert_eq!(store.capture(&cart(), Some(entity(1))).await.unwrap(), None);
    assert_eq!(
        store.count_rows(&cart(), ActivationNumber(0)).await.unwrap(),
        crate::store::RowCounts::default()
    );
}
