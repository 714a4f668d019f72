//! Reductions that go through: models, versions, rows, and the events that they emit.

use std::sync::Arc;

use crate::{
    store::{Group, ModelWrite, Reduction, Store, Which},
    words::{Fact, Origin, Parked, Position, Row, Segment, Version},
};

use super::given::{
    append, bank, cart, cart_row, commit, entity, fact, first, id, log, new, of_cart, positions, post, put,
    reduce, row_of, serve, shop, written,
};

pub(super) async fn a_written_model_takes_the_next_version(store: &dyn Store) {
    let number = serve(store, cart()).await;
    let two = first(cart(), number, Some(entity(2)));
    let reductions = vec![Arc::new(of_cart(number)), Arc::new(two)];
    let committed = commit(store, Group { reductions, ..Group::default() }).await;
    let models = [(cart(), Some(entity(1)), Version(1)), (cart(), Some(entity(2)), Version(2))];
    assert_eq!(committed.models, models);
    assert_eq!((committed.head.version, committed.head.position), (Version(2), Position(0)));
    assert_eq!(store.catalogue().await.unwrap().head, committed.head);
    assert_eq!(cart_row(store).await, Some(row_of(&of_cart(number), 1)));
}

pub(super) async fn a_kept_model_takes_no_version(store: &dyn Store) {
    let number = serve(store, cart()).await;
    reduce(store, [of_cart(number)]).await;
    let seen = (Version(1), Position(1));
    let kept = Reduction { seen, model: ModelWrite::Keep, folded: Position(5), ..of_cart(number) };
    let reductions = vec![Arc::new(kept.clone())];
    let committed = commit(store, Group { reductions, ..Group::default() }).await;
    assert_eq!((committed.models, committed.head.version), (vec![], Version(1)));
    let row = Row { folded: Position(5), ..row_of(&of_cart(number), 1) };
    assert_eq!(cart_row(store).await, Some(row), "the model stays, and the row moves on");
}

pub(super) async fn versions_rise_over_deletion(store: &dyn Store) {
    let number = serve(store, cart()).await;
    reduce(store, [of_cart(number)]).await;
    let seen = |version, folded| (Version(version), Position(folded));
    let deleted =
        Reduction { seen: seen(1, 1), model: ModelWrite::Delete, folded: Position(2), ..of_cart(number) };
    assert_eq!(reduce(store, [deleted.clone()]).await, [written(2)]);
    assert_eq!(cart_row(store).await, Some(row_of(&deleted, 2)));
    assert_eq!(store.rows_page(&cart(), Which::WithModel, None, 9).await.unwrap().entries, []);
    let again = Reduction { seen: seen(2, 2), folded: Position(3), ..of_cart(number) };
    assert_eq!(reduce(store, [again.clone()]).await, [written(3)]);
    assert_eq!(cart_row(store).await, Some(row_of(&again, 3)));
}

pub(super) async fn a_row_without_a_model_is_kept_too(store: &dyn Store) {
    let number = serve(store, cart()).await;
    let nothing = Reduction { model: ModelWrite::Keep, folded: Position(7), ..of_cart(number) };
    assert_eq!(reduce(store, [nothing.clone()]).await, [written(0)]);
    assert_eq!(cart_row(store).await, Some(row_of(&nothing, 0)));
    let then = Reduction { seen: (Version(0), Position(7)), ..of_cart(number) };
    assert_eq!(reduce(store, [then]).await, [written(1)]);
}

pub(super) async fn a_row_reads_back_as_it_was_written(store: &dyn Store) {
    let number = serve(store, cart()).await;
    let parked = Parked {
        position: 4,
        event: id(4).to_string(),
        activation: number.0,
        code: "host.fuel".into(),
        message: "zu wenig „Kraft“\n\u{0}\u{1F525}".into(),
        tried: 9,
    };
    let whole = Reduction {
        model: put("{\"größe\":\"\u{1F6D2}\"}"),
        folded: Position(3),
        emitted: Position(2),
        last: Some(id(0x0123_4567_89AB)),
        parked: Some(parked),
        ..of_cart(number)
    };
    reduce(store, [whole.clone()]).await;
    assert_eq!(cart_row(store).await, Some(row_of(&whole, 1)));
    let mended = Reduction { seen: (Version(1), Position(3)), parked: None, last: None, ..whole };
    reduce(store, [mended.clone()]).await;
    assert_eq!(cart_row(store).await, Some(row_of(&mended, 2)), "what was there before is gone");
}

pub(super) async fn the_parts_of_a_row_go_as_they_came(store: &dyn Store) {
    let number = serve(store, cart()).await;
    let mut seen = (Version(0), Position(0));
    for count in [0, 1, 3, 2, 1, 0] {
        let made_by: Vec<_> = (1..=count).map(|n| Segment { activation: n, from: 10 * n }).collect();
        reduce(store, [Reduction { seen, made_by: made_by.clone(), ..of_cart(number) }]).await;
        let row = cart_row(store).await.unwrap();
        assert_eq!((&row.made_by, row.activation().0), (&made_by, count));
        seen = (row.version, row.folded);
    }
}

pub(super) async fn one_group_may_reduce_a_row_twice(store: &dyn Store) {
    let number = serve(store, cart()).await;
    let parked = Some(Parked {
        position: 3,
        event: id(3).to_string(),
        activation: number.0,
        code: "c".into(),
        message: "m".into(),
        tried: 3,
    });
    let one = of_cart(number);
    let two = Reduction {
        seen: (Version(1), Position(1)),
        model: ModelWrite::Keep,
        folded: Position(2),
        parked: parked.clone(),
        ..one.clone()
    };
    assert_eq!(reduce(store, [one.clone(), two]).await, [written(1), written(1)]);
    let row = Row { folded: Position(2), parked, ..row_of(&one, 1) };
    assert_eq!(cart_row(store).await, Some(row), "the model of the first, and all else of the second");
    let seen = (Version(1), Position(2));
    let kept = Reduction { seen, model: ModelWrite::Keep, folded: Position(4), ..of_cart(number) };
    let put =
        Reduction { seen: (Version(1), Position(4)), model: put("2"), folded: Position(5), ..kept.clone() };
    let deleted = Reduction { seen: (Version(2), Position(5)), model: ModelWrite::Delete, ..put.clone() };
    let outcomes = reduce(store, [kept, put, deleted.clone()]).await;
    assert_eq!(outcomes, [written(1), written(2), written(3)]);
    assert_eq!(cart_row(store).await, Some(row_of(&deleted, 3)));
}

/// An event that the cart of entity 1 emits because of the event at tick 1.
fn emitted(ticks: u64, data: &str) -> Fact {
    let origin = Some(Origin { domain: cart().domain, entity: Some(entity(1)) });
    Fact { cause: Some(id(1)), depth: 1, origin, ..fact(ticks, 1, data) }
}

fn emitting(reduction: Reduction, facts: impl IntoIterator<Item = Fact>) -> Reduction {
    Reduction { emissions: facts.into_iter().map(Arc::new).collect(), ..reduction }
}

pub(super) async fn emissions_come_behind_what_was_posted(store: &dyn Store) {
    let number = serve(store, cart()).await;
    let reductions = vec![Arc::new(emitting(of_cart(number), [emitted(3, "3"), emitted(2, "2")]))];
    let appends = vec![append([fact(1, 1, "1")]), append([fact(9, 1, "9")])];
    let committed = commit(store, Group { appends, reductions, ..Group::default() }).await;
    assert_eq!(committed.appends, [Ok(vec![new(1)]), Ok(vec![new(2)])]);
    assert_eq!(committed.head.position, Position(4));
    let events = log(store).await;
    assert_eq!(committed.events, events.iter().cloned().map(Arc::new).collect::<Vec<_>>());
    assert_eq!((&*events[2].fact, &*events[3].fact), (&emitted(3, "3"), &emitted(2, "2")));
    assert_eq!(positions(&events), [1, 2, 3, 4]);
}

pub(super) async fn an_emission_that_is_there_already_is_not_written_again(store: &dyn Store) {
    let number = serve(store, cart()).await;
    post(store, vec![append([fact(1, 1, "1"), fact(2, 1, "2")])]).await;
    // There from outside, there in the same reduction, there in the same group.
    let facts = || [emitted(2, "2"), emitted(3, "3"), emitted(3, "3"), emitted(4, "4")];
    let reductions = vec![Arc::new(emitting(of_cart(number), facts()))];
    let appends = vec![append([fact(4, 1, "4")])];
    let committed = commit(store, Group { appends, reductions, ..Group::default() }).await;
    assert_eq!(committed.events.iter().map(|event| event.fact.id).collect::<Vec<_>>(), [id(4), id(3)]);
    let again = Reduction { seen: (Version(1), Position(1)), ..emitting(of_cart(number), facts()) };
    assert_eq!(reduce(store, [again]).await, [written(2)]);
    assert_eq!(positions(&log(store).await), [1, 2, 3, 4]);
}

pub(super) async fn an_emission_whose_id_is_taken_is_divergent(store: &dyn Store) {
    let number = serve(store, cart()).await;
    store.name_context(&bank()).await.unwrap();
    let elsewhere = super::given::append_to(bank(), [fact(4, 1, "of another context")]);
    post(store, vec![append([fact(1, 1, "1"), fact(2, 1, "other")]), elsewhere]).await;
    let facts = [emitted(2, "2"), emitted(3, "3"), emitted(3, "not 3"), emitted(4, "4")];
    let outcome = reduce(store, [emitting(of_cart(number), facts)]).await;
    assert_eq!(outcome, [Some((1, vec![id(2), id(3)]))]);
    let data =
        |ticks| async move { store.event(&shop(), id(ticks)).await.unwrap().unwrap().fact.data.clone() };
    let kept = [data(2).await, data(3).await, data(4).await];
    assert_eq!(kept, [&b"other"[..], b"3", b"4"]);
    assert_eq!(cart_row(store).await.unwrap().version, Version(1), "the reduction itself goes through");
}

pub(super) async fn a_large_group_is_reduced_row_by_row(store: &dyn Store) {
    let number = serve(store, cart()).await;
    let one = |n: u16, seen, model| {
        let mut bytes = [0; 16];
        bytes[..2].copy_from_slice(&n.to_be_bytes());
        let entity = Some(crate::words::EntityId::from_stored(bytes));
        Reduction { seen, model, ..first(cart(), number, entity) }
    };
    let unseen = (Version(0), Position(0));
    let outcomes = reduce(store, (0..600).map(|n| one(n, unseen, put(&n.to_string())))).await;
    assert_eq!(outcomes, (1..=600).map(written).collect::<Vec<_>>());
    // Some are kept, some written, some stale.
    let outcomes = reduce(
        store,
        (0..600_u16).map(|n| match n % 3 {
            0 => one(n, unseen, put("stale")),
            1 => one(n, (Version(u64::from(n) + 1), Position(1)), ModelWrite::Keep),
            _ => one(n, (Version(u64::from(n) + 1), Position(1)), put("new")),
        }),
    )
    .await;
    assert_eq!(outcomes[..3], [None, written(2), written(601)]);
    let models = store.rows_page(&cart(), Which::All, None, 1_000).await.unwrap().entries;
    for (n, (_, row)) in models.iter().enumerate() {
        let model = if n % 3 == 2 { "new".to_owned() } else { n.to_string() };
        assert_eq!(row.model.as_deref(), Some(model.as_bytes()), "{n}");
    }
    assert_eq!(models.len(), 600);
}
