//! What a store holds when it is closed and opened again.

use std::{fmt::Write, sync::Arc};

use crate::{
    store::{FileRecord, Group, LogQuery, Mark, ModelWrite, NewActivation, Reduction, Store, Which},
    words::{Fact, LeaseEpoch, ModuleHash, Origin, Position, Version},
};

use super::{
    Bed,
    given::{
        activate, all, append, append_to, bank, capture, cart, commit, deployed, entity, fact, first, id,
        key, log, new, of_cart, post, reduce, serve, shop, written,
    },
};

pub(super) async fn a_closed_store_answers_nobody(store: &dyn Store) {
    post(store, vec![append([fact(1, 1, "1")])]).await;
    store.close().await;
    store.close().await;
    let group = Group { appends: vec![append([fact(2, 1, "2")])], ..Group::default() };
    assert!(store.commit(&group).await.is_err());
    assert!(store.log(&all()).await.is_err());
    assert!(store.activate(&deployed(cart(), b"a module")).await.is_err());
}

/// A little of everything.
pub(super) async fn fill(store: &dyn Store) {
    let number = serve(store, cart()).await;
    serve(store, key(bank(), "accounts")).await;
    let file = FileRecord { node: "a".into(), key: cart(), hash: Some(ModuleHash::of(b"x")) };
    store.note_file(&file).await.unwrap();
    store.name_context(&"zoo".parse().unwrap()).await.unwrap();
    let metadata = vec![("ä".to_owned(), "ö".to_owned()), ("a".to_owned(), "1".to_owned())];
    let appends = vec![
        append([Fact { metadata, ..fact(1, 1, "\"\u{1F6D2}\"") }, fact(2, 2, "{}")]),
        append_to(bank(), [fact(1, 1, "3")]),
    ];
    let origin = Some(Origin { domain: cart().domain, entity: Some(entity(1)) });
    let emission = Fact { cause: Some(id(1)), depth: 1, origin, ..fact(3, 1, "4") };
    let emitting = Reduction { emissions: vec![Arc::new(emission)], ..of_cart(number) };
    let capture = capture("{}");
    let kept = Reduction { model: ModelWrite::Keep, capture, ..first(cart(), number, Some(entity(2))) };
    let mark = Mark { key: cart(), position: Position(3), settled: number, leases: LeaseEpoch(0) };
    let reductions = [emitting, kept].map(Arc::new).to_vec();
    commit(store, Group { recorded_at: 77, appends, reductions, marks: vec![mark] }).await;
    activate(store, NewActivation { key: key(bank(), "accounts"), module: None, file: None, at: 9 }).await;
}

/// Everything that can be read, as text.
pub(super) async fn everything(store: &dyn Store) -> String {
    let mut text = String::new();
    let mut add = |what: &dyn std::fmt::Debug| writeln!(text, "{what:?}").unwrap();
    add(store.epoch());
    add(&store.catalogue().await.unwrap());
    add(&log(store).await);
    add(&store.log(&LogQuery { since: Some(77), ..all() }).await.unwrap());
    add(&store.rows(&cart(), &[Some(entity(1)), Some(entity(2))]).await.unwrap());
    add(&store.rows_page(&cart(), Which::All, None, 9).await.unwrap());
    add(&store.capture(&cart(), Some(entity(2))).await.unwrap());
    add(&store.emissions(&cart(), Some(entity(1)), None).await.unwrap());
    add(&store.entities(&shop(), None, 9).await.unwrap());
    add(&store.files("a").await.unwrap());
    add(&store.module(&ModuleHash::of(b"a module")).await.unwrap());
    text
}

async fn all_is_there_again(bed: Bed) {
    let store = bed.open().await;
    fill(&*store).await;
    let before = everything(&*store).await;
    store.close().await;
    let again = bed.open().await;
    assert_eq!(everything(&*again).await, before);
}

async fn numbers_go_on(bed: Bed) {
    let store = bed.open().await;
    fill(&*store).await;
    store.close().await;
    let store = bed.open().await;
    let committed = post(&*store, vec![append([fact(9, 1, "9"), fact(2, 2, "{}")])]).await;
    assert_eq!(committed.appends, [Ok(vec![new(5), super::given::present(2)])]);
    assert_eq!(committed.events[0].recorded_at, 77, "the clock may have gone back meanwhile");
    let activation = activate(&*store, deployed(cart(), b"another")).await;
    assert_eq!((activation.number.0, activation.head), (4, Position(5)));
    let next = Reduction { seen: (Version(1), Position(1)), ..of_cart(activation.number) };
    assert_eq!(reduce(&*store, [next]).await, [written(2)]);
}

#[tokio::test]
async fn all_is_there_again_after_a_file_was_closed() {
    all_is_there_again(Bed::file()).await;
}

#[tokio::test]
async fn all_is_there_again_after_a_database_was_left() {
    all_is_there_again(Bed::postgres()).await;
}

#[tokio::test]
async fn numbers_go_on_where_they_were_in_a_file() {
    numbers_go_on(Bed::file()).await;
}

#[tokio::test]
async fn numbers_go_on_where_they_were_in_a_database() {
    numbers_go_on(Bed::postgres()).await;
}

#[tokio::test]
async fn each_store_has_a_history_of_its_own() {
    let (one, other) = (Bed::file().open().await, Bed::memory().open().await);
    assert_ne!(one.epoch(), other.epoch());
    let (one, other) = (Bed::postgres().open().await, Bed::postgres().open().await);
    assert_ne!(one.epoch(), other.epoch());
}
