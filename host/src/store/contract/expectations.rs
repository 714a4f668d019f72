//! Expectations: an append that goes through only while its entity is as the request saw it.

use std::sync::Arc;

use crate::{
    store::{Append, AppendRefusal, Expectation, Group, Store},
    words::{Fact, Origin},
};

use super::given::{
    append, append_to, bank, cart, commit, entity, fact, id, log, new, of_cart, positions, post, present,
    serve, shop,
};

fn expecting(expected: Expectation, facts: impl IntoIterator<Item = Fact>) -> Append {
    Append { expected: Some(expected), ..append(facts) }
}

fn count(count: u64, facts: impl IntoIterator<Item = Fact>) -> Append {
    expecting(Expectation::OneOf(vec![count]), facts)
}

fn unmet<T>(number: u8, current: u64) -> Result<T, AppendRefusal> {
    Err(AppendRefusal::Unmet { entity: entity(number), current })
}

/// How many events from outside the first entity has.
async fn of_first(store: &dyn Store) -> u64 {
    store.count_outside(&shop(), entity(1)).await.unwrap()
}

pub(super) async fn one_of_some_counts_or_any(store: &dyn Store) {
    let any = |ticks| expecting(Expectation::Any, [fact(ticks, 1, "any")]);
    assert_eq!(post(store, vec![any(1)]).await.appends, [unmet(1, 0)]);
    assert_eq!(post(store, vec![count(1, [fact(1, 1, "1")])]).await.appends, [unmet(1, 0)]);
    let first = count(0, [fact(1, 1, "1"), fact(2, 1, "2")]);
    assert_eq!(post(store, vec![first]).await.appends, [Ok(vec![new(1), new(2)])]);
    assert_eq!(of_first(store).await, 2);
    assert_eq!(post(store, vec![any(3)]).await.appends, [Ok(vec![new(3)])]);
    let one_of = expecting(Expectation::OneOf(vec![7, 3]), [fact(4, 1, "4")]);
    assert_eq!(post(store, vec![one_of]).await.appends, [Ok(vec![new(4)])]);
    let none = expecting(Expectation::OneOf(vec![]), [fact(5, 1, "5")]);
    assert_eq!(post(store, vec![none]).await.appends, [unmet(1, 4)]);
}

pub(super) async fn a_refused_request_leaves_no_trace_and_harms_no_other(store: &dyn Store) {
    let requests = vec![
        append([fact(1, 1, "1")]),
        count(0, [fact(2, 1, "refused"), fact(3, 1, "refused too")]),
        append([fact(4, 1, "4")]),
        count(2, [fact(5, 1, "5")]),
    ];
    let committed = post(store, requests).await;
    assert_eq!(committed.appends, [Ok(vec![new(1)]), unmet(1, 1), Ok(vec![new(2)]), Ok(vec![new(3)])]);
    let ids: Vec<_> = log(store).await.iter().map(|event| event.fact.id).collect();
    assert_eq!(ids, [1, 4, 5].map(id));
    let refused = post(store, vec![count(9, [fact(6, 1, "refused")])]).await;
    assert_eq!((refused.appends, refused.events, refused.head), (vec![unmet(1, 3)], vec![], committed.head));
}

pub(super) async fn of_equal_expectations_in_one_group_one_is_met(store: &dyn Store) {
    post(store, vec![append([fact(1, 1, "1")])]).await;
    let requests = (2..=5).map(|ticks| count(1, [fact(ticks, 1, "mine")])).collect();
    let answers = post(store, requests).await.appends;
    assert_eq!(answers, [Ok(vec![new(2)]), unmet(1, 2), unmet(1, 2), unmet(1, 2)]);
    assert_eq!(of_first(store).await, 2);
}

pub(super) async fn a_retry_is_answered_whatever_it_expects(store: &dyn Store) {
    let request = || count(0, [fact(1, 1, "1"), fact(2, 1, "2")]);
    let again = Ok(vec![present(1), present(2)]);
    assert_eq!(
        post(store, vec![request(), request()]).await.appends,
        [Ok(vec![new(1), new(2)]), again.clone()]
    );
    assert_eq!(post(store, vec![append([fact(3, 1, "3")]), request()]).await.appends[1], again);
    let more = count(0, [fact(1, 1, "1"), fact(4, 1, "4")]);
    assert_eq!(post(store, vec![more]).await.appends, [unmet(1, 3)], "some of it is new");
}

pub(super) async fn a_conflict_comes_first(store: &dyn Store) {
    post(store, vec![append([fact(1, 1, "1")])]).await;
    let [answer] = post(store, vec![count(0, [fact(1, 1, "other")])]).await.appends.try_into().unwrap();
    assert!(matches!(answer, Err(AppendRefusal::Conflict { .. })), "{answer:?}");
}

/// An event that a reducer emits onto the first entity.
fn emitted(ticks: u64) -> Fact {
    let origin = Some(Origin { domain: cart().domain, entity: Some(entity(1)) });
    Fact { cause: Some(id(1)), depth: 1, origin, ..fact(ticks, 1, "emitted") }
}

/// Commits a first event of the first entity together with what a reducer makes of it.
async fn with_an_emission(store: &dyn Store) {
    let mut reduction = of_cart(serve(store, cart()).await);
    reduction.emissions = vec![Arc::new(emitted(2))];
    let appends = vec![count(0, [fact(1, 1, "1")])];
    let reductions = vec![Arc::new(reduction)];
    commit(store, Group { appends, reductions, ..Group::default() }).await;
}

pub(super) async fn what_reducers_emit_does_not_count(store: &dyn Store) {
    with_an_emission(store).await;
    assert_eq!((positions(&log(store).await), of_first(store).await), (vec![1, 2], 1));
    assert_eq!(post(store, vec![count(1, [fact(3, 1, "3")])]).await.appends, [Ok(vec![new(3)])]);
    let posted = Fact { cause: None, depth: 0, origin: None, ..emitted(2) };
    assert_eq!(post(store, vec![count(0, [posted])]).await.appends, [Ok(vec![present(2)])]);
    assert_eq!(of_first(store).await, 2, "what was emitted first stays an emission");
}

pub(super) async fn counts_are_of_one_entity_in_one_context(store: &dyn Store) {
    store.name_context(&bank()).await.unwrap();
    let elsewhere = Append { expected: count(0, []).expected, ..append_to(bank(), [fact(1, 1, "1")]) };
    let requests = vec![
        append([fact(1, 1, "1"), fact(2, 2, "2"), fact(3, 1, "3")]),
        elsewhere,
        count(1, [fact(4, 2, "4")]),
        count(2, [fact(5, 1, "5")]),
        count(0, [fact(6, 3, "6")]),
    ];
    assert!(post(store, requests).await.appends.iter().all(Result::is_ok));
    for (context, number, expected) in
        [(shop(), 1, 3), (shop(), 2, 2), (shop(), 3, 1), (bank(), 1, 1), (bank(), 2, 0)]
    {
        assert_eq!(
            store.count_outside(&context, entity(number)).await.unwrap(),
            expected,
            "{context} {number}"
        );
    }
}

pub(super) async fn many_expectations_are_judged_at_once(store: &dyn Store) {
    with_an_emission(store).await;
    // As many events from outside as its number says; the first entity has its one.
    let of =
        |number: u8| (0..u64::from(number)).map(move |n| fact(1_000 * u64::from(number) + n, number, "1"));
    for number in 2..=70 {
        post(store, vec![append(of(number))]).await;
    }
    let more = |number: u8, expected| count(expected, [fact(900 + 1_000 * u64::from(number), number, "2")]);
    let wrong = (1..=70).map(|number| more(number, u64::from(number) + 1)).collect();
    let refused: Vec<_> = (1..=70).map(|number| unmet(number, u64::from(number))).collect();
    assert_eq!(post(store, wrong).await.appends, refused);
    let right = (1..=70).map(|number| more(number, u64::from(number))).collect();
    assert!(post(store, right).await.appends.iter().all(Result::is_ok));
    assert_eq!(of_first(store).await, 2);
}
