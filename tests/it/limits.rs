//! Every limit of a reducer names itself when it is met, and a single reducer may have its own.

use everfold::{config::Config, words::DomainKey};
use serde_json::{Value, json};

use crate::harness::{Host, Process, entity, event_id, guest, wait_until};

/// Gives one reducer limits of its own.
fn own(config: &mut Config, domain: &str, change: impl FnOnce(&mut everfold::config::Limits)) {
    let key = DomainKey { context: "shop".parse().unwrap(), domain: domain.parse().unwrap() };
    change(config.limits_of.entry(key).or_insert_with(|| config.limits.clone()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_of_one_reducer_is_no_limit_of_another() {
    let host = Host::start(|config| {
        own(config, "strict", |limits| {
            limits.emitted_events = 10;
            limits.fuel = 1_000_000;
            limits.memory_bytes = 3 << 20;
            limits.stack_bytes = 64 << 10;
            limits.model_bytes = 15;
        });
    })
    .await;
    host.deploy("shop", "strict", guest("hostile")).await;
    host.deploy("shop", "lax", guest("hostile")).await;
    let ways = [
        ("flood", json!({"count": 11}), "limits.emitted_events", "10"),
        ("burn", json!({"loops": 1_000_000}), "limits.fuel", "1000000"),
        ("allocate", json!({}), "limits.memory_bytes", "3145728"),
        ("recurse", json!({}), "limits.stack_bytes", "65536"),
        ("remember", json!({}), "limits.model_bytes", "15"),
    ];
    for (n, (way, data, limit, number)) in (1..).zip(&ways) {
        host.post(way, &entity(n), &event_id(n), data).await.expect(201);
        let parked = host.parks("shop", "strict", &entity(n)).await;
        let message = parked["message"].as_str().unwrap();
        assert!(message.contains(limit) && message.contains(number), "{way}: {message}");
    }
    for (n, model) in [(1, json!({"count": 12})), (2, json!({"count": 1})), (5, json!({"calls_before": 0}))] {
        host.model_is(&format!("/shop/lax/{}/model", entity(n)), &model).await;
    }
    for (n, limit) in [(3, "67108864"), (4, "524288")] {
        let parked = host.parks("shop", "lax", &entity(n)).await;
        assert!(parked["message"].as_str().unwrap().contains(limit), "{parked}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_watchdog_ends_is_tried_again_and_parked_only_after_the_last_attempt() {
    let host = Host::start(|config| {
        own(config, "hostile", |limits| {
            limits.fuel = u64::MAX >> 1;
            limits.call_ms = 100;
            limits.call_attempts = 2;
        });
    })
    .await;
    host.deploy("shop", "hostile", guest("hostile")).await;
    host.post("spin", &entity(1), &event_id(1), &json!({})).await.expect(201);
    host.post("noted", &entity(2), &event_id(2), &json!({})).await.expect(201);
    host.model_is(&format!("/shop/hostile/{}/model", entity(2)), &json!({"count": 1})).await;
    let parked = host.parks("shop", "hostile", &entity(1)).await;
    assert_eq!(parked["code"], "host.time", "{parked}");
    assert!(parked["message"].as_str().unwrap().contains("100 ms (limits.call_ms)"), "{parked}");
    host.get(&format!("/shop/hostile/{}/model", entity(1))).await.expect(404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_reducer_sees_that_memory_was_refused() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "hostile", guest("hostile")).await;
    host.post("probe", &entity(1), &event_id(1), &json!({})).await.expect(201);
    let parked = host.parks("shop", "hostile", &entity(1)).await;
    assert_eq!(parked["code"], "host.memory", "{parked}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_module_that_takes_too_long_to_compile_is_refused() {
    let host = Host::start(|config| own(config, "ledger", |limits| limits.compile_ms = 1)).await;
    host.put_file("shop", "ledger", &guest("ledger").bytes);
    host.refuses("shop", "ledger", &["1 ms", "limits.compile_ms"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_refolds_make_way_for_others() {
    let host = Host::start(|config| {
        config.workers = 1;
        config.limits.call_events = 10;
    })
    .await;
    host.deploy("shop", "burned", guest("hostile")).await;
    // More of them than the store has connections: none may keep one while others have their turn.
    let long = 1..=8;
    let path = |of: u64| format!("/shop/burned/{}/model", entity(of));
    for of in long.clone() {
        let member = |n: u64| json!({"id": event_id(1_000 * of + n), "type": "burn", "entity": entity(of), "data": {"loops": 200_000}});
        let batch: Vec<Value> = (1..=400).map(member).collect();
        host.post_batch("shop", &json!(batch)).await.expect(201);
    }
    for of in long.clone() {
        host.model_is(&path(of), &json!({"count": 400})).await;
    }
    // A late event makes each begin once more. Others are served meanwhile, in its own domain and elsewhere.
    host.deploy("shop", "ledger", guest("ledger")).await;
    for of in long.clone() {
        host.post("burn", &entity(of), &event_id(1_000 * of), &json!({"loops": 1})).await.expect(201);
    }
    host.post("noted", &entity(20), &event_id(50_000), &json!({})).await.expect(201);
    host.model_is(&path(20), &json!({"count": 1})).await;
    let ledger = json!({"ids": [event_id(50_000)], "sum": 0});
    host.model_is(&format!("/shop/ledger/{}/model", entity(20)), &ledger).await;
    let last = host.get(&path(8)).await.expect(200).json();
    assert_eq!(last, json!({"count": 400}), "the refolds are still going on");
    for of in long {
        host.model_is(&path(of), &json!({"count": 401})).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_address_space_is_short_instances_are_made_on_demand() {
    let folder = tempfile::tempdir().unwrap();
    let reducers = folder.path().join("reducers");
    std::fs::create_dir_all(reducers.join("shop")).unwrap();
    std::fs::write(reducers.join("shop/ledger.wasm"), &guest("ledger").bytes).unwrap();
    let arguments = ["--store", "sqlite::memory:", "--reducers", reducers.to_str().unwrap()];
    // Enough for the program and its threads; the pool alone would reserve a hundred times as much.
    let mut process = Process::serve_within(&format!("-v {}", 8 << 20), &arguments).await;
    let url = format!("{}/shop/noted/{}/{}", process.base(), entity(1), event_id(1));
    let client = reqwest::Client::new();
    let posted = client.post(url).header("content-type", "application/json").body("{}").send().await;
    assert_eq!(posted.unwrap().status(), 201);
    let model = format!("{}/shop/ledger/{}/model", process.base(), entity(1));
    wait_until("the model", async || match reqwest::get(&model).await.unwrap().status().as_u16() {
        200 => Ok(()),
        other => Err(other.to_string()),
    })
    .await;
    process.signal("TERM");
    let (_, said) = process.ended().await;
    assert!(said.contains("made on demand") && said.contains("ulimit -v"), "{said}");
}

#[tokio::test]
async fn a_host_takes_as_many_open_files_as_its_streams_may_need() {
    let folder = tempfile::tempdir().unwrap();
    let reducers = folder.path().to_str().unwrap();
    let arguments = ["--store", "sqlite::memory:", "--reducers", reducers, "--context", "shop"];
    let host = Process::serve_within("-Sn 100", &arguments).await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", host.id())).unwrap();
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    let mut files = files.split_whitespace().map(|number| number.parse().unwrap_or(u64::MAX));
    let (now, most) = (files.next().unwrap(), files.next().unwrap());
    assert_eq!(now, most.min(22_000), "{limits}");
}
