//! The same log gives the same models, to the bit: whatever the build, the number of workers, the portions
//! in which events are folded, and whether the code was compiled just now or came from the cache.

use std::{fmt::Write, path::Path};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    harness::{Host, entity, event_id, guest},
    order::visits,
};

/// Visits, and numbers that machines like to treat differently.
fn log() -> Vec<Value> {
    let mut random = fastrand::Rng::with_seed(2);
    let note = |n| {
        let number = (random.f64() - 0.3) * 10_f64.powi(random.i32(-300..300));
        json!({"id": event_id(n), "type": "noted", "entity": entity(random.u64(..50)), "data": {"n": number}})
    };
    visits().into_iter().take(600).chain((1_000..1_400).map(note)).collect()
}

/// SHA-256 over every model of some domains, in the order of their entities.
async fn digest(workers: usize, call_events: usize, code: &Path, log: &[Value]) -> String {
    let host = Host::start(|config| {
        config.code_cache = code.to_str().unwrap().to_owned();
        config.workers = workers;
        config.limits.call_events = call_events;
    })
    .await;
    // The log comes first, so that it is folded in full portions.
    for batch in log.chunks(500) {
        host.post_batch("shop", &json!(batch)).await.expect(201);
    }
    let mut digest = Sha256::new();
    for domain in ["cart", "coupons", "float"] {
        // It is active once it has folded all history.
        host.deploy("shop", domain, guest(domain)).await;
        let list = host.request("GET", &format!("/shop/{domain}/models?limit=1000"));
        let list = host.send(list.header("accept", "application/x-ndjson")).await.expect(200).text();
        assert!(list.lines().count() > 40, "{domain}: {list}");
        for line in list.lines() {
            let entry: Value = serde_json::from_str(line).unwrap();
            let (_, model) = line.split_once(r#","model":"#).unwrap();
            digest.update(format!("{domain} {} {model}\n", entry["entity"]));
        }
    }
    let mut hex = String::new();
    digest.finalize().iter().for_each(|byte| write!(hex, "{byte:02x}").unwrap());
    hex
}

/// What every build on every machine must come to.
const DIGEST: &str = "4af9e86083ab5a92a2a44d9a0bf7ad10d8d22e143c58afe9497b29c74e296926";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_log_gives_the_same_models_to_the_bit() {
    let log = log();
    // The first host compiles; the others find the code.
    let code = tempfile::tempdir().unwrap();
    for workers in [1, 8] {
        for call_events in [1, 7, 1000] {
            let digest = digest(workers, call_events, &code.path().join("code"), &log).await;
            assert_eq!(digest, DIGEST, "{workers} workers, {call_events} events in a call");
        }
    }
}
