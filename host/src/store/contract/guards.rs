//! Reductions that come too late: the row or the activation has moved since it was read.

use std::sync::Arc;

use crate::{
    store::{Group, ModelWrite, NewActivation, Reduction, Store},
    words::{ActivationNumber, Position, Version},
};

use super::given::{
    activate, append, cart, cart_row, commit, deployed, entity, fact, first, key, log, new, of_cart, post,
    put, reduce, row_of, serve, shop, written,
};

/// A cart of entity 1 at version 1, folded up to 1; and what would come next.
async fn with_a_row(store: &dyn Store) -> Reduction {
    let number = serve(store, cart()).await;
    assert_eq!(reduce(store, [of_cart(number)]).await, [written(1)]);
    Reduction { seen: (Version(1), Position(1)), model: put("2"), folded: Position(2), ..of_cart(number) }
}

pub(super) async fn another_version_is_stale(store: &dyn Store) {
    let next = with_a_row(store).await;
    for version in [0, 2] {
        let seen = (Version(version), Position(1));
        assert_eq!(reduce(store, [Reduction { seen, ..next.clone() }]).await, [None]);
    }
    assert_eq!(reduce(store, [next.clone(), next]).await, [written(2), None], "only the first of two");
}

pub(super) async fn another_position_is_stale(store: &dyn Store) {
    let next = with_a_row(store).await;
    let kept = Reduction { model: ModelWrite::Keep, ..next.clone() };
    assert_eq!(reduce(store, [kept]).await, [written(1)], "the version stays, the position moves");
    assert_eq!(reduce(store, [next.clone()]).await, [None]);
    let seen = (Version(1), Position(2));
    assert_eq!(reduce(store, [Reduction { seen, ..next }]).await, [written(2)]);
}

pub(super) async fn a_row_that_was_never_there_is_stale(store: &dyn Store) {
    let number = serve(store, cart()).await;
    for seen in [(Version(1), Position(0)), (Version(0), Position(1))] {
        assert_eq!(reduce(store, [Reduction { seen, ..of_cart(number) }]).await, [None]);
    }
    assert_eq!(cart_row(store).await, None);
}

pub(super) async fn another_activation_is_stale(store: &dyn Store) {
    let next = with_a_row(store).await;
    let before = next.activation;
    let now = activate(store, deployed(cart(), b"another module")).await.number;
    serve(store, key(shop(), "another-domain")).await;
    for activation in [ActivationNumber(0), before, ActivationNumber(now.0 + 1)] {
        assert_eq!(reduce(store, [Reduction { activation, ..next.clone() }]).await, [None], "{activation}");
    }
    assert_eq!(reduce(store, [Reduction { activation: now, ..next }]).await, [written(2)]);
}

pub(super) async fn a_retired_domain_takes_nothing(store: &dyn Store) {
    let next = with_a_row(store).await;
    let retired = NewActivation { key: cart(), module: None, file: None, at: 2 };
    store.activate(&retired).await.unwrap();
    assert_eq!(reduce(store, [next.clone()]).await, [None]);
    assert_eq!(cart_row(store).await, Some(row_of(&of_cart(next.activation), 1)), "it stays readable");
}

pub(super) async fn what_is_stale_leaves_no_trace(store: &dyn Store) {
    let next = with_a_row(store).await;
    let before = (cart_row(store).await, store.catalogue().await.unwrap().head);
    let emissions = vec![Arc::new(fact(5, 1, "never"))];
    let stale = Reduction { seen: (Version(7), Position(7)), emissions: emissions.clone(), ..next.clone() };
    let elsewhere =
        Reduction { seen: stale.seen, emissions, ..first(cart(), next.activation, Some(entity(2))) };
    let reductions = vec![Arc::new(stale), Arc::new(elsewhere)];
    let committed = commit(store, Group { reductions, ..Group::default() }).await;
    assert_eq!((committed.events, committed.models, committed.head), (vec![], vec![], before.1));
    assert_eq!((cart_row(store).await, store.catalogue().await.unwrap().head), before);
    assert_eq!(store.rows(&cart(), &[Some(entity(2))]).await.unwrap(), [None]);
    assert_eq!(log(store).await, []);
    let free = post(store, vec![append([fact(5, 1, "its id is free")])]).await;
    assert_eq!(free.appends, [Ok(vec![new(1)])]);
}

pub(super) async fn what_is_stale_harms_no_other(store: &dyn Store) {
    let next = with_a_row(store).await;
    let stale = Reduction { seen: (Version(7), Position(7)), ..next.clone() };
    let other = first(cart(), next.activation, Some(entity(2)));
    let reductions = [stale.clone(), next, other, stale].map(Arc::new).to_vec();
    let appends = vec![append([fact(1, 1, "1")])];
    let committed = commit(store, Group { appends, reductions, ..Group::default() }).await;
    assert_eq!(committed.appends, [Ok(vec![new(1)])]);
    let versions: Vec<_> = committed.models.iter().map(|(_, _, version)| version.0).collect();
    assert_eq!((versions, committed.head.version), (vec![2, 3], Version(3)));
}
