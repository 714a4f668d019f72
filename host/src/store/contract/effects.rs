//! Finding what events led to: whatever has a cause, in a stretch of ids.

use std::sync::Arc;

use crate::{
    store::{EffectsQuery, Reduction, Store},
    words::{EventId, Fact, Origin},
};

use super::given::{append, append_to, bank, cart, entity, fact, first, id, key, post, reduce, serve, shop};

/// Events from outside at ticks 10 and 13, what they led to at 11, 12 and 14, and one of another context.
async fn some_effects(store: &dyn Store) {
    store.name_context(&bank()).await.unwrap();
    let accounts = key(bank(), "accounts");
    let (number, other) = (serve(store, cart()).await, serve(store, accounts.clone()).await);
    post(store, vec![append([fact(10, 1, "1"), fact(13, 2, "1")]), append_to(bank(), [fact(10, 1, "1")])])
        .await;
    let emitted = |ticks, cause| {
        let origin = Some(Origin { domain: cart().domain, entity: Some(entity(1)) });
        Arc::new(Fact { cause: Some(id(cause)), depth: 1, origin, ..fact(ticks, 3, "2") })
    };
    let emissions = vec![emitted(14, 13), emitted(12, 11), emitted(11, 10)];
    let of_cart = Reduction { emissions, ..first(cart(), number, Some(entity(1))) };
    let of_bank = Reduction { emissions: vec![emitted(12, 10)], ..first(accounts, other, Some(entity(1))) };
    reduce(store, [of_cart, of_bank]).await;
}

async fn found(store: &dyn Store, after: EventId, up_to: EventId, limit: u32) -> Vec<(u64, Option<EventId>)> {
    let query = EffectsQuery { context: shop(), after, up_to, limit };
    let events = store.effects(&query).await.unwrap();
    assert!(events.iter().all(|event| event.context == shop()));
    events.iter().map(|event| (event.fact.id.ticks(), event.fact.cause)).collect()
}

pub(super) async fn effects_come_by_id_with_their_causes(store: &dyn Store) {
    some_effects(store).await;
    let all = [(11, Some(id(10))), (12, Some(id(11))), (14, Some(id(13)))];
    assert_eq!(found(store, id(1), id(99), 9).await, all, "nothing from outside, nothing of another context");
    assert_eq!(found(store, id(1), id(99), 2).await, all[..2]);
}

pub(super) async fn effects_lie_behind_one_id_and_up_to_another(store: &dyn Store) {
    some_effects(store).await;
    let ticks = async |after, up_to| {
        let found = found(store, id(after), id(up_to), 9).await;
        found.into_iter().map(|(ticks, _)| ticks).collect::<Vec<_>>()
    };
    assert_eq!(ticks(10, 14).await, [11, 12, 14]);
    assert_eq!(ticks(11, 13).await, [12]);
    assert_eq!(ticks(14, 99).await, [0; 0]);
    let before = EventId::from_parts(12, [0; 8]);
    assert_eq!(found(store, before, id(12), 9).await.len(), 1, "ids are compared whole");
    assert_eq!(found(store, id(11), before, 9).await.len(), 0);
}
