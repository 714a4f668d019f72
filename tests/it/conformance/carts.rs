//! Ten thousand random events of carts: every language makes the same models of them.

use everfold::projects::Language;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::harness::{Guest, Host, entity, event_id};

use super::{emitted, projects::module, tell};

/// How many events there are, ...
const EVENTS: u64 = 10_000;
/// ... on how many carts, ...
const CARTS: u64 = 100;
/// ... posted so many at a time.
const BATCH: u64 = 500;

/// A batch of what visitors do, with ids from `first` on.
fn batch(chance: &mut fastrand::Rng, first: u64) -> String {
    let events = (first..first + BATCH).map(|n| {
        let sku = ["tea", "cup", "пот", "🍵", "pot"][chance.usize(0..5)];
        let (event_type, data) = match chance.u8(0..40) {
            0 => ("checked_out", json!({})),
            1..12 => ("item_removed", json!({"sku": sku, "qty": chance.u8(1..4)})),
            _ => ("item_added", json!({"sku": sku, "qty": chance.u8(1..6), "price": chance.u32(1..10_000)})),
        };
        json!({"id": event_id(n), "type": event_type, "entity": entity(1 + chance.u64(0..CARTS)), "data": data})
    });
    Value::from_iter(events).to_string()
}

/// A hash over all models and all new events, as they are written.
async fn hash(cart: &Guest, seed: u64) -> String {
    let host = Host::start(|config| config.contexts = vec!["cart".to_owned()]).await;
    host.deploy("cart", "reducer", cart).await;
    let mut chance = fastrand::Rng::with_seed(seed);
    for first in (1..=EVENTS).step_by(usize::try_from(BATCH).unwrap()) {
        tell(&host, "cart", batch(&mut chance, first)).await;
    }
    let mut hash = Sha256::new();
    for number in 1..=CARTS {
        let model = host.get(&format!("/cart/reducer/{}/model", entity(number))).await.expect(200);
        hash.update(&model.body);
    }
    let made = emitted(&host, "cart", "&type=cart_ended").await;
    assert!(!made.is_empty());
    made.iter().for_each(|line| hash.update(line));
    assert_eq!(host.reducer("cart", "reducer").await.unwrap().count("parked"), 0);
    host.stop().await;
    format!("{:x}", hash.finalize())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_languages_make_the_same_models_of_ten_thousand_random_events() {
    let seed = fastrand::u64(..);
    let mut hashes = Vec::new();
    for language in Language::ALL {
        hashes.push((format!("{language:?}"), hash(module(language, "cart"), seed).await));
    }
    let first = &hashes[0].1;
    assert!(hashes.iter().all(|(_, hash)| hash == first), "seed {seed}: {hashes:#?}");
}
