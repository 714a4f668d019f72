//! What a refold emits, compared with what is in the log.

use std::sync::Arc;

use crate::{
    scheduler::divergence::{compare, taken},
    store::{
        Append, CaptureWrite, Group, ModelWrite, NewActivation, Reduction, SnapshotWrite, Store,
        sqlite::SqliteStore,
    },
    words::{ActivationNumber, Difference, Divergence, Fact, LeaseEpoch, Origin, Position, Version},
};

use super::{cart, entity, fact, id};

fn emitted(ticks: u64, data: &str) -> Arc<Fact> {
    let origin = Some(Origin { domain: cart().domain, entity: Some(entity(1)) });
    Arc::new(Fact { cause: Some(id(1)), depth: 1, origin, data: data.into(), ..fact(ticks, 1) })
}

/// A store whose cart of entity 1 has emitted events at ticks 2 and 3.
async fn store() -> Arc<dyn Store> {
    let store = SqliteStore::open(":memory:", "a test").await.unwrap();
    let retired = NewActivation { key: cart(), module: None, file: None, at: 1 };
    let activation = store.activate(&retired).await.unwrap().number;
    let reduction = reduction(activation, vec![emitted(2, "1"), emitted(3, "1")]);
    let facts = vec![Arc::new(fact(1, 1)), Arc::new(fact(9, 1))];
    let posted = Append { context: cart().context, facts, expected: None };
    let (appends, reductions) = (vec![posted], vec![Arc::new(reduction)]);
    store.commit(&Group { appends, reductions, ..Group::default() }).await.unwrap();
    Arc::new(store)
}

fn reduction(activation: ActivationNumber, emissions: Vec<Arc<Fact>>) -> Reduction {
    Reduction {
        key: cart(),
        entity: Some(entity(1)),
        activation,
        leases: LeaseEpoch(0),
        seen: (Version(0), Position(0)),
        model: ModelWrite::Keep,
        folded: Position(1),
        emitted: Position(1),
        last: None,
        events: 1,
        made_by: Vec::new(),
        parked: None,
        capture: CaptureWrite::Keep,
        snapshots: SnapshotWrite::default(),
        emissions,
    }
}

async fn differences(repeated: &[Arc<Fact>]) -> Vec<Divergence> {
    compare(&store().await, &cart(), Some(entity(1)), None, repeated).await.unwrap()
}

fn sentences(divergences: &[Divergence]) -> Vec<String> {
    divergences.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn the_same_again_is_no_difference() {
    assert_eq!(differences(&[emitted(3, "1"), emitted(2, "1")]).await, []);
}

#[tokio::test]
async fn every_difference_has_its_sentence() {
    let what = format!("shop/cart of {}", entity(1));
    let differences = differences(&[emitted(2, "other"), emitted(4, "1")]).await;
    assert_eq!(
        sentences(&differences),
        [
            format!("{what}: {} (A) would now say something else", id(2)),
            format!("{what}: {} (A) would be emitted now, and was not", id(4)),
            format!("{what}: {} (A) was emitted, and would not be now", id(3)),
        ]
    );
    let parts: Vec<_> = differences.iter().map(|d| (d.difference, d.cause, d.data.as_deref())).collect();
    let cause = Some(id(1));
    assert_eq!(
        parts,
        [
            (Difference::Other, cause, Some("other")),
            (Difference::Extra, cause, Some("1")),
            (Difference::Missing, cause, None),
        ]
    );
}

#[test]
fn an_emission_that_was_not_inserted_is_one() {
    let emissions = vec![emitted(2, "1"), emitted(3, "2")];
    let reduction = reduction(ActivationNumber(1), emissions);
    let taken = taken(&reduction, &[id(3)]);
    let what = format!("shop/cart of {}", entity(1));
    let sentence = format!("{what}: {} (A) was not inserted: an event with other content has its id", id(3));
    assert_eq!(sentences(&taken), [sentence]);
    assert_eq!((taken[0].difference, taken[0].data.as_deref()), (Difference::Taken, Some("2")));
}

#[tokio::test]
async fn another_model_is_not_compared() {
    let store = store().await;
    assert_eq!(compare(&store, &cart(), Some(entity(2)), None, &[]).await.unwrap(), []);
    assert_eq!(compare(&store, &cart(), None, None, &[]).await.unwrap(), []);
}

#[tokio::test]
async fn what_was_not_folded_again_is_not_compared() {
    let store = store().await;
    let key = cart();
    let of = |after| compare(&store, &key, Some(entity(1)), Some(id(after)), &[]);
    assert_eq!(of(1).await.unwrap(), [], "both were caused by the event at tick 1");
    assert_eq!(of(0).await.unwrap().len(), 2);
}
