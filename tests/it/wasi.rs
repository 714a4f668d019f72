//! A plain component of any toolchain runs unchanged, and what it sees of the world is the same everywhere.

use serde_json::{Value, json};

use crate::harness::{Guest, Host, entity, event_id, wasi_guest};

/// When `event_id(n)` happened, in microseconds since 1970: a millisecond after the one before.
fn occurred_us(n: u64) -> u64 {
    1_735_689_600_000_000 + n * 1_000
}

async fn looks(host: &Host, of: u64, count: usize) -> Vec<Value> {
    let path = format!("/shop/worldly/{}/model", entity(of));
    let model = host.model_that(&path, |model| model.as_array().is_some_and(|all| all.len() == count)).await;
    model.as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_component_runs_unchanged_in_a_world_made_of_its_event() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "worldly", &wasi_guest("worldly")).await;
    let member = |n: u64| json!({"id": event_id(n), "type": "looked", "entity": entity(1), "data": {}});
    host.post_batch("shop", &json!([member(1), member(2), member(3)])).await.expect(201);
    let seen = looks(&host, 1, 3).await;
    for (n, look) in (1..).zip(&seen) {
        assert_eq!(look["now_us"], occurred_us(n), "the clock shows the event's time: {look}");
        assert_eq!((&look["passed_us"], &look["at_once"]), (&json!(0), &json!(1)), "{look}");
        let slept = look["slept_ms"].as_u64().unwrap();
        assert!((3_600_000..3_600_100).contains(&slept), "who sleeps moves its own clock: {look}");
        assert_eq!((&look["arguments"], &look["environment"]), (&json!(0), &json!(0)), "{look}");
        assert_eq!((&look["files"], &look["input"]), (&json!(false), &json!(0)), "{look}");
    }
    let random: Vec<_> = seen.iter().flat_map(|look| look["random"].as_array().unwrap()).collect();
    let different = (1..random.len()).all(|index| !random[..index].contains(&random[index]));
    assert!(different, "each event has its own: {random:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_event_sees_the_same_world_on_every_machine_and_another_sees_another() {
    let mut seen = Vec::new();
    for workers in [1, 4] {
        let host = Host::start(|config| config.workers = workers).await;
        host.deploy("shop", "worldly", &wasi_guest("worldly")).await;
        host.post("looked", &entity(1), &event_id(1), &json!({})).await.expect(201);
        host.post("looked", &entity(2), &event_id(2), &json!({})).await.expect(201);
        seen.push([looks(&host, 1, 1).await, looks(&host, 2, 1).await]);
    }
    assert_eq!(seen[0], seen[1]);
    assert_ne!(seen[0][0][0]["random"], seen[0][1][0]["random"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_release_of_wasi_0_2_is_the_same_world() {
    let Guest { mut bytes, .. } = wasi_guest("worldly");
    // As a toolchain of another year would name what it imports.
    let (built, other) = (b"@0.2.6", b"@0.2.3");
    let mut renamed = 0;
    for at in 0..bytes.len() - built.len() {
        if bytes[at..].starts_with(built) {
            bytes[at..at + other.len()].copy_from_slice(other);
            renamed += 1;
        }
    }
    assert!(renamed > 20, "{renamed} names");
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "worldly", &Guest::new(bytes)).await;
    host.post("printed", &entity(1), &event_id(1), &json!({"text": "said"})).await.expect(201);
    let seen = looks(&host, 1, 1).await;
    assert_eq!(seen[0]["now_us"], occurred_us(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_printed_is_logged() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "worldly", &wasi_guest("worldly")).await;
    let data = json!({"text": "said", "then": "left"});
    host.post("printed", &entity(1), &event_id(1), &data).await.expect(201);
    host.parks("shop", "worldly", &entity(1)).await;
    let capture = host.get(&format!("/_/parked/shop/worldly/{}", entity(1))).await.expect(200).json();
    let line = |level: &str, message: &str| json!({"level": level, "message": message});
    let lines = [
        line("info", "out: said"),
        line("warn", "err: said"),
        line("info", "out, not ended: said"),
        line("warn", "err, not ended: said"),
    ];
    assert_eq!(capture["log"], json!(lines));
    assert_eq!(capture["failure"]["code"], "host.exit");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_the_program_parks_the_entity() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "worldly", &wasi_guest("worldly")).await;
    host.post("left", &entity(1), &event_id(1), &json!({})).await.expect(201);
    host.post("panicked", &entity(2), &event_id(2), &json!({})).await.expect(201);
    let left = host.parks("shop", "worldly", &entity(1)).await;
    assert_eq!(left["code"], "host.exit", "{left}");
    let panicked = host.parks("shop", "worldly", &entity(2)).await;
    assert_eq!(panicked["code"], "host.trap", "{panicked}");
    host.post("printed", &entity(3), &event_id(3), &json!({"text": "x".repeat(100_000)})).await.expect(201);
    looks(&host, 3, 1).await;
}
