//! Same events, same model: the same 5,000 events posted in another order, in other portions, or folded
//! afresh by a domain that comes later give byte-identical models.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::{Host, entity, event_id, guest, wait_until};

const EVENTS: u64 = 5_000;
const ENTITIES: u64 = 100;

/// What visitors do, by a seeded generator.
pub(crate) fn visits() -> Vec<Value> {
    let mut random = fastrand::Rng::with_seed(1);
    let skus = ["cup", "tea", "pot", "spoon"];
    let visit = |n| {
        let sku = skus[random.usize(..skus.len())];
        let (event_type, data) = match random.u32(..100) {
            0..60 => {
                ("item_added", json!({"sku": sku, "qty": random.u32(1..4), "price": random.u32(1..5_000)}))
            }
            60..90 => ("item_removed", json!({"sku": sku, "qty": random.u32(1..3)})),
            90..98 => ("discount_code_added", json!({"code": "SPRING", "percent": random.u32(..50)})),
            _ => ("checked_out", json!({})),
        };
        json!({"id": event_id(n), "type": event_type, "entity": entity(random.u64(..ENTITIES)), "data": data})
    };
    (1..=EVENTS).map(visit).collect()
}

/// Posts in portions, and gives the greatest position of each entity.
async fn post(host: &Host, context: &str, events: &[Value], portion: usize) -> BTreeMap<String, u64> {
    let mut newest = BTreeMap::new();
    for batch in events.chunks(portion) {
        let posted = host.post_batch(context, &json!(batch)).await.expect(201).json();
        for (event, position) in batch.iter().zip(posted["positions"].as_array().unwrap()) {
            newest.insert(event["entity"].as_str().unwrap().to_owned(), position.as_u64().unwrap());
        }
    }
    newest
}

/// The bytes of each entity's model, once each has folded up to its newest position.
async fn models(host: &Host, path: &str, newest: &BTreeMap<String, u64>) -> BTreeMap<String, String> {
    let url = format!("{path}/models?limit=1000");
    wait_until(&format!("{path} to fold everything"), async || {
        let request = host.request("GET", &url).header("accept", "application/x-ndjson");
        let lines = host.send(request).await.expect(200).text();
        let mut models = BTreeMap::new();
        for line in lines.lines() {
            let entry: Value = serde_json::from_str(line).unwrap();
            let entity = entry["entity"].as_str().unwrap().to_owned();
            if entry["position"].as_u64() >= newest.get(&entity).copied() {
                let (_, model) = line.split_once(r#","model":"#).unwrap();
                models.insert(entity, model.strip_suffix('}').unwrap().to_owned());
            }
        }
        if models.len() == newest.len() {
            Ok(models)
        } else {
            Err(format!("{} of {}", models.len(), newest.len()))
        }
    })
    .await
}

/// The ids that an entity's ledger must hold: all of them, in their order.
fn ids_of(events: &[Value], entity: &str) -> Vec<Value> {
    events.iter().filter(|event| event["entity"] == entity).map(|event| event["id"].clone()).collect()
}

/// Bounds that are met all the time: pages, batches, caches, one worker.
fn tight(config: &mut everfold::Config) {
    config.workers = 1;
    config.limits.call_events = 3;
    config.limits.pending_events = 20;
    config.limits.group_events = 16;
    config.limits.tail_events = 10;
    config.limits.cached_bytes = 1_000;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bounds_that_are_met_change_no_model() {
    let (bounded, free) = (Host::start(tight).await, Host::start(|_| {}).await);
    let mut events: Vec<_> = visits().into_iter().take(600).collect();
    for host in [&bounded, &free] {
        for domain in ["cart", "coupons"] {
            host.deploy("shop", domain, guest(domain)).await;
        }
    }
    let there = post(&free, "shop", &events, 600).await;
    fastrand::Rng::with_seed(3).shuffle(&mut events);
    let here = post(&bounded, "shop", &events, 50).await;
    for domain in ["cart", "coupons"] {
        let path = format!("/shop/{domain}");
        assert_eq!(models(&bounded, &path, &here).await, models(&free, &path, &there).await, "{domain}");
    }
    for domain in ["ledger", "journal"] {
        bounded.deploy("shop", domain, guest(domain)).await;
    }
    for of in 0..ENTITIES {
        let of = entity(of);
        let read = bounded.get(&format!("/shop/{of}/events?limit=1000")).await.expect(200).json();
        let mut known = read["events"].as_array().unwrap().clone();
        let ids: Vec<_> = known.iter().map(|event| event["id"].clone()).collect();
        bounded.model_that(&format!("/shop/ledger/{of}/model"), |model| model["ids"] == json!(ids)).await;
        known.sort_by_key(|event| event["position"].as_u64());
        let positions: Vec<_> = known.iter().map(|event| event["position"].clone()).collect();
        bounded
            .model_that(&format!("/shop/journal/{of}/model"), |model| model["positions"] == json!(positions))
            .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_events_in_another_order_give_the_same_bytes() {
    let host = Host::start(|_| {}).await;
    let sorted = visits();
    let mut shuffled = sorted.clone();
    fastrand::Rng::with_seed(2).shuffle(&mut shuffled);
    // The ledger takes everything, so it must not live where carts emit.
    let domains = [("ledger", "ledgers"), ("cart", "carts"), ("coupons", "carts")];
    for (domain, context) in domains {
        for order in ["sorted", "shuffled"] {
            host.deploy(&format!("{context}-{order}"), domain, guest(domain)).await;
        }
    }
    let mut newest = BTreeMap::new();
    for (order, events, portion) in [("sorted", &sorted, 500), ("shuffled", &shuffled, 333)] {
        for contexts in ["ledgers", "carts"] {
            let context = format!("{contexts}-{order}");
            let positions = post(&host, &context, events, portion).await;
            newest.insert(context, positions);
        }
    }
    for (domain, contexts) in domains {
        let of = async |order: &str| {
            let context = format!("{contexts}-{order}");
            models(&host, &format!("/{context}/{domain}"), &newest[&context]).await
        };
        let (one, other) = (of("sorted").await, of("shuffled").await);
        assert_eq!(one.len() as u64, ENTITIES);
        for (entity, model) in &one {
            assert_eq!(Some(model), other.get(entity), "{domain} of {entity}");
        }
        let reducer = host.reducer(&format!("{contexts}-shuffled"), domain).await.unwrap();
        assert_eq!(reducer.count("parked"), 0, "{domain}: {reducer:?}");
    }
    host.deploy("ledgers-shuffled", "afterwards", guest("ledger")).await;
    let positions = &newest["ledgers-shuffled"];
    let afterwards = models(&host, "/ledgers-shuffled/afterwards", positions).await;
    assert_eq!(afterwards, models(&host, "/ledgers-sorted/ledger", &newest["ledgers-sorted"]).await);
    for (entity, model) in afterwards {
        let model: Value = serde_json::from_str(&model).unwrap();
        assert_eq!(model["ids"], json!(ids_of(&sorted, &entity)), "{entity}");
    }
}
