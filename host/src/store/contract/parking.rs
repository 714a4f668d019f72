//! Rows that wait, and the calls that they failed at.

use std::sync::Arc;

use crate::{
    store::{CaptureWrite, Group, ModelWrite, Reduction, Store},
    words::{ActivationNumber, EntityId, Position, Version},
};

use super::given::{
    activate, capture, cart, commit, deployed, entity, first, key, parked, reduce, serve, shop, written,
};

/// A first reduction of a cart that fails, and the call that it failed at.
fn stuck(number: ActivationNumber, of: u8, call: &str) -> Reduction {
    let capture = capture(call);
    Reduction { parked: parked(number), capture, ..first(cart(), number, Some(entity(of))) }
}

/// What becomes of it once it is mended, or parks again.
fn next(before: &Reduction, version: u64, capture: CaptureWrite) -> Reduction {
    let parked = before.parked.clone().filter(|_| capture != CaptureWrite::Delete);
    let seen = (Version(version), before.folded);
    Reduction { seen, model: ModelWrite::Keep, parked, capture, ..before.clone() }
}

async fn kept(store: &dyn Store, of: u8) -> Option<String> {
    let capture = store.capture(&cart(), Some(entity(of))).await.unwrap();
    capture.map(|bytes| String::from_utf8(bytes).unwrap())
}

async fn listed(store: &dyn Store, after: Option<u8>, limit: u32) -> Vec<Option<EntityId>> {
    let page = store.parked(&cart(), after.map(entity), limit).await.unwrap();
    page.into_iter().map(|(entity, _)| entity).collect()
}

pub(super) async fn parked_rows_are_listed(store: &dyn Store) {
    let number = serve(store, cart()).await;
    let without = Reduction { model: ModelWrite::Keep, ..stuck(number, 2, "2") };
    let well = first(cart(), number, Some(entity(1)));
    reduce(store, [stuck(number, 4, "4"), without.clone(), stuck(number, 3, "3"), well]).await;
    let page = store.parked(&cart(), None, 2).await.unwrap();
    let why = without.parked.clone().unwrap();
    let wanted = [(Some(entity(2)), why.clone()), (Some(entity(3)), why)];
    assert_eq!(page, wanted, "with a model or without");
    assert_eq!(listed(store, Some(3), 9).await, [Some(entity(4))]);
    assert_eq!(listed(store, Some(4), 9).await, []);
    reduce(store, [next(&stuck(number, 3, "3"), 2, CaptureWrite::Delete)]).await;
    assert_eq!(listed(store, None, 9).await, [Some(entity(2)), Some(entity(4))]);
}

pub(super) async fn a_capture_is_there_while_its_row_is_parked(store: &dyn Store) {
    let number = serve(store, cart()).await;
    let call = "{\"größe\": [1.0, \"\u{1F6D2}\"] }";
    let first = stuck(number, 1, call);
    reduce(store, [first.clone(), stuck(number, 2, "2")]).await;
    assert_eq!(kept(store, 1).await.as_deref(), Some(call), "byte for byte");
    let again = next(&first, 1, capture("again"));
    assert_eq!(reduce(store, [again.clone()]).await, [written(1)]);
    assert_eq!(kept(store, 1).await.as_deref(), Some("again"), "replaced");
    let kept_on = Reduction { folded: Position(5), ..next(&again, 1, CaptureWrite::Keep) };
    reduce(store, [kept_on.clone()]).await;
    assert_eq!(kept(store, 1).await.as_deref(), Some("again"), "what says nothing changes nothing");
    reduce(store, [next(&kept_on, 1, CaptureWrite::Delete)]).await;
    assert_eq!(kept(store, 1).await, None);
    assert_eq!(kept(store, 2).await.as_deref(), Some("2"), "others keep theirs");
}

pub(super) async fn captures_belong_to_a_domain_and_an_entity(store: &dyn Store) {
    let number = serve(store, cart()).await;
    let totals = key(shop(), "totals");
    let other = serve(store, totals.clone()).await;
    let whole = Reduction { capture: capture("whole"), ..first(totals.clone(), other, None) };
    reduce(store, [stuck(number, 1, "1"), whole]).await;
    assert_eq!(store.capture(&totals, None).await.unwrap().as_deref(), Some(&b"whole"[..]));
    assert_eq!(store.capture(&totals, Some(entity(1))).await.unwrap(), None);
    assert_eq!(store.capture(&cart(), None).await.unwrap(), None);
    assert_eq!(store.capture(&key(shop(), "unknown"), None).await.unwrap(), None);
}

pub(super) async fn one_group_may_park_a_row_and_mend_it(store: &dyn Store) {
    let number = serve(store, cart()).await;
    let first = stuck(number, 1, "first");
    let again = next(&first, 1, capture("again"));
    let then = next(&again, 1, CaptureWrite::Keep);
    let mended = next(&stuck(number, 2, "2"), 2, CaptureWrite::Delete);
    let group = [first, again, then, stuck(number, 2, "2"), mended].map(Arc::new).to_vec();
    commit(store, Group { reductions: group, ..Group::default() }).await;
    assert_eq!(kept(store, 1).await.as_deref(), Some("again"));
    assert_eq!(kept(store, 2).await, None, "the last that says something counts");
}

pub(super) async fn what_is_stale_captures_nothing(store: &dyn Store) {
    let number = serve(store, cart()).await;
    reduce(store, [stuck(number, 1, "1")]).await;
    activate(store, deployed(cart(), b"another")).await;
    let late = next(&stuck(number, 1, "1"), 1, CaptureWrite::Delete);
    assert_eq!(reduce(store, [late, stuck(number, 2, "2")]).await, [None, None]);
    assert_eq!((kept(store, 1).await.as_deref(), kept(store, 2).await), (Some("1"), None));
}

pub(super) async fn many_rows_park_and_are_mended_at_once(store: &dyn Store) {
    let number = serve(store, cart()).await;
    reduce(store, (0..=255).map(|of| stuck(number, of, &of.to_string()))).await;
    assert_eq!(
        (kept(store, 0).await.as_deref(), kept(store, 255).await.as_deref()),
        (Some("0"), Some("255"))
    );
    assert_eq!(listed(store, None, 1_000).await.len(), 256);
    let mended = |of: u8| next(&stuck(number, of, ""), u64::from(of) + 1, CaptureWrite::Delete);
    reduce(store, (1..=255).map(mended)).await;
    assert_eq!(listed(store, None, 1_000).await, [Some(entity(0))]);
    assert_eq!((kept(store, 0).await.as_deref(), kept(store, 255).await), (Some("0"), None));
}
