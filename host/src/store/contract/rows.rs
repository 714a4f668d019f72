//! Reading rows and entities: as asked for, page by page, counted.

use crate::{
    store::{ModelWrite, Page, Reduction, RowCounts, Store, Which},
    words::{ActivationNumber, EntityId, Position, Version},
};

use super::given::{
    activate, append, append_to, bank, cart, deployed, entity, fact, first, key, parked, post, put, reduce,
    row_of, serve, shop,
};

/// A cart for each of these entities, whose model is the entity's number.
async fn carts(store: &dyn Store, numbers: impl IntoIterator<Item = u8>) -> ActivationNumber {
    let activation = serve(store, cart()).await;
    let of = |n: u8| Reduction { model: put(&n.to_string()), ..first(cart(), activation, Some(entity(n))) };
    reduce(store, numbers.into_iter().map(of)).await;
    activation
}

pub(super) async fn rows_come_in_the_order_asked_for(store: &dyn Store) {
    carts(store, [1, 2, 3]).await;
    let asked = [3, 9, 1, 3, 9, 2, 1].map(|n| Some(entity(n)));
    let rows = store.rows(&cart(), &asked).await.unwrap();
    let models = rows.iter().map(|row| row.as_ref().and_then(|row| row.model.clone()));
    let wanted = [Some("3"), None, Some("1"), Some("3"), None, Some("2"), Some("1")];
    let wanted = wanted.map(|model| model.map(|model| model.as_bytes().into()));
    assert_eq!(models.collect::<Vec<_>>(), wanted);
    assert_eq!(store.rows(&cart(), &[]).await.unwrap(), []);
}

pub(super) async fn many_rows_come_at_once(store: &dyn Store) {
    carts(store, 0..=255).await;
    let asked: Vec<_> = (0..=255).chain((0..=255).rev()).map(|n| Some(entity(n))).collect();
    let rows = store.rows(&cart(), &asked).await.unwrap();
    for (number, row) in (0..=255_u8).chain((0..=255).rev()).zip(&rows) {
        let model = row.as_ref().and_then(|row| row.model.as_deref());
        assert_eq!(model, Some(number.to_string().as_bytes()));
    }
    assert_eq!(rows.len(), 512);
}

async fn page(store: &dyn Store, which: Which, after: Option<u8>, limit: u32) -> Vec<Option<EntityId>> {
    let page = store.rows_page(&cart(), which, after.map(entity), limit).await.unwrap();
    let last = page.entries.last().and_then(|(entity, _)| *entity);
    assert_eq!(page.next, last.filter(|_| page.entries.len() as u64 >= u64::from(limit)));
    page.entries.into_iter().map(|(entity, _)| entity).collect()
}

fn entities(numbers: &[u8]) -> Vec<Option<EntityId>> {
    numbers.iter().map(|n| Some(entity(*n))).collect()
}

pub(super) async fn rows_come_page_by_page(store: &dyn Store) {
    let activation = carts(store, [5, 200, 1, 4]).await;
    let gone = Reduction { model: ModelWrite::Delete, ..first(cart(), activation, Some(entity(4))) };
    let gone = Reduction { seen: (Version(4), Position(1)), ..gone };
    let none = Reduction { model: ModelWrite::Keep, ..first(cart(), activation, Some(entity(2))) };
    reduce(store, [gone, none]).await;
    let model = Which::WithModel;
    assert_eq!(page(store, model, None, 2).await, entities(&[1, 5]), "only rows that hold a model");
    assert_eq!(page(store, model, Some(1), 2).await, entities(&[5, 200]));
    assert_eq!(page(store, model, Some(4), 1).await, entities(&[5]), "an entity without a model will do");
    assert_eq!(page(store, model, Some(200), 9).await, []);
    assert_eq!(page(store, Which::All, None, 9).await, entities(&[1, 2, 4, 5, 200]));
    assert_eq!(page(store, Which::All, Some(1), 2).await, entities(&[2, 4]));
    assert_eq!(store.parked(&cart(), None, 9).await.unwrap(), []);
    assert_eq!(store.keys(&cart(), None, 2).await.unwrap(), [entity(1), entity(5)]);
    assert_eq!(store.keys(&cart(), Some(entity(4)), 9).await.unwrap(), [entity(5), entity(200)]);
    let (_, row) = store.rows_page(&cart(), model, None, 1).await.unwrap().entries.remove(0);
    let wanted = Reduction { model: put("1"), ..first(cart(), activation, Some(entity(1))) };
    assert_eq!(row, row_of(&wanted, 3));
}

pub(super) async fn a_page_of_large_models_ends_early(store: &dyn Store) {
    let activation = carts(store, [5]).await;
    let large = format!("\"{}\"", "x".repeat(3 << 20));
    let rows =
        (1..=4).map(|n| Reduction { model: put(&large), ..first(cart(), activation, Some(entity(n))) });
    reduce(store, rows.collect::<Vec<_>>()).await;
    let page = |after: Option<u8>| async move {
        let page = store.rows_page(&cart(), Which::WithModel, after.map(entity), 9).await.unwrap();
        (page.entries.into_iter().map(|(entity, _)| entity).collect::<Vec<_>>(), page.next)
    };
    assert_eq!(page(None).await, (entities(&[1, 2]), Some(entity(2))));
    assert_eq!(page(Some(2)).await, (entities(&[3, 4, 5]), None));
    assert_eq!(store.keys(&cart(), None, 9).await.unwrap().len(), 5, "whose names are short");
}

pub(super) async fn one_model_for_a_context_stands_beside_others(store: &dyn Store) {
    let activation = carts(store, [1]).await;
    let totals = key(shop(), "totals");
    let number = serve(store, totals.clone()).await;
    let whole = Reduction { model: put("\"all\""), ..first(totals.clone(), number, None) };
    reduce(store, [whole.clone()]).await;
    assert_eq!(store.rows(&totals, &[None]).await.unwrap(), [Some(row_of(&whole, 2))]);
    let page = store.rows_page(&totals, Which::All, None, 9).await.unwrap();
    assert_eq!(page, Page { entries: vec![(None, row_of(&whole, 2))], next: None });
    assert_eq!(store.keys(&totals, None, 9).await.unwrap(), [], "it is nobody's");
    assert_eq!(store.rows(&totals, &[Some(entity(1))]).await.unwrap(), [None]);
    let model = first(cart(), activation, Some(entity(1)));
    assert_eq!(store.rows(&cart(), &[None, Some(entity(1))]).await.unwrap(), [None, Some(row_of(&model, 1))]);
}

pub(super) async fn entities_come_page_by_page(store: &dyn Store) {
    store.name_context(&bank()).await.unwrap();
    let mine = append([(1, 9), (2, 3), (3, 9), (4, 200), (5, 1)].map(|(ticks, n)| fact(ticks, n, "1")));
    post(store, vec![mine, append_to(bank(), [fact(6, 2, "1")])]).await;
    let page = |after: Option<u8>, limit| async move {
        store.entities(&shop(), after.map(entity), limit).await.unwrap()
    };
    assert_eq!(page(None, 9).await, [1, 3, 9, 200].map(entity));
    assert_eq!(page(None, 2).await, [1, 3].map(entity));
    assert_eq!(page(Some(3), 2).await, [9, 200].map(entity));
    assert_eq!(page(Some(4), 1).await, [entity(9)]);
    assert_eq!(page(Some(200), 9).await, []);
    assert_eq!(store.count_entities(&shop()).await.unwrap(), 4);
    assert_eq!(store.count_entities(&bank()).await.unwrap(), 1);
}

pub(super) async fn rows_are_counted(store: &dyn Store) {
    let before = carts(store, [1, 2, 3]).await;
    let other = serve(store, key(shop(), "two")).await;
    reduce(store, [first(key(shop(), "two"), other, Some(entity(1)))]).await;
    let now = activate(store, deployed(cart(), b"another")).await.number;
    let seen = |version| (Version(version), Position(1));
    let gone = Reduction { model: ModelWrite::Delete, seen: seen(1), ..first(cart(), now, Some(entity(1))) };
    let stuck = Reduction { seen: seen(2), parked: parked(now), ..first(cart(), now, Some(entity(2))) };
    reduce(store, [gone, stuck]).await;
    let counts = |number| async move { store.count_rows(&cart(), number).await.unwrap() };
    assert_eq!(counts(now).await, RowCounts { all: 3, reduced: 2, models: 2, parked: 1 });
    assert_eq!(counts(before).await, RowCounts { all: 3, reduced: 1, models: 2, parked: 1 });
}
