//! Late events: an entity's history need not be folded from its first event for each of them.

use std::fs;

use serde_json::{Value, json};

use crate::harness::{Host, Reducer, entity, event_id, foreign_id, guest, run, wait_until};

/// Events of the entity.
const EVENTS: u64 = 1_000;
/// How many others may come between a late event and where it belongs.
const LATE_BY: usize = 60;
/// Events that are posted at once.
const PORTION: usize = 10;
/// Events between two snapshots.
const EVERY: usize = 50;

/// The events of entity 1 in the order in which they come: one in ten is late.
fn arrivals() -> Vec<Value> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut arrivals: Vec<_> = (1..=EVENTS).map(|n| (usize::try_from(n).unwrap(), n)).collect();
    for (place, _) in &mut arrivals {
        if random.u32(..10) == 0 {
            *place += random.usize(1..LATE_BY);
        }
    }
    arrivals.sort_unstable();
    let event = |n| json!({"id": event_id(n), "type": "noted", "entity": entity(1), "data": {"n": n}});
    arrivals.into_iter().map(|(_, n)| event(n)).collect()
}

async fn folded_up_to(host: &Host, path: &str, position: u64) -> String {
    wait_until(&format!("{path} up to {position}"), async || {
        let answer = host.get(path).await;
        let is_there = answer.status == 200 && answer.header("everfold-position") == position.to_string();
        if is_there { Ok(answer.text()) } else { Err(format!("{} {:?}", answer.status, answer.headers)) }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entity_of_which_one_event_in_ten_is_late_folds_as_if_none_were() {
    let host = Host::start(|config| config.limits.snapshot_events = EVERY).await;
    for domain in ["ledger", "journal", "roll"] {
        host.deploy("shop", domain, guest(domain)).await;
    }
    let path = |domain: &str| format!("/shop/{domain}/{}/model", entity(1));
    let mut position = 0;
    for portion in arrivals().chunks(PORTION) {
        let posted = host.post_batch("shop", &json!(portion)).await.expect(201).json();
        position = posted["positions"].as_array().unwrap().iter().filter_map(Value::as_u64).max().unwrap();
        folded_up_to(&host, &path("ledger"), position).await;
    }
    let counted = |reducer: &Reducer| reducer.count("folded") >= EVENTS;
    let reducer = host.reducer_that("count everything", "shop", "ledger", counted).await;
    let (refolds, folded) = (reducer.count("refolds"), reducer.count("folded"));
    assert!(refolds > 30, "{refolds}");
    // Behind a late event lie at most as many as it was late by, and those that came with it; a snapshot lies at
    // most three times as far back, or one distance further.
    let behind = LATE_BY + PORTION;
    let most = EVENTS + refolds * (3 * behind).max(behind + EVERY + PORTION) as u64;
    assert!(folded <= most, "{folded} were folded in {refolds} refolds; at most {most} had to be");
    assert!(folded < refolds * EVENTS / 4, "{folded} in {refolds} is no better than from the first event");

    for (domain, afterwards) in [("ledger", "ledger-afresh"), ("journal", "journal-afresh")] {
        host.deploy("shop", afterwards, guest(domain)).await;
        let model = folded_up_to(&host, &path(domain), position).await;
        assert_eq!(folded_up_to(&host, &path(afterwards), position).await, model, "{domain}");
    }
    let ledger: Value = serde_json::from_str(&folded_up_to(&host, &path("ledger"), position).await).unwrap();
    assert_eq!(ledger["ids"], json!((1..=EVENTS).map(event_id).collect::<Vec<_>>()));
    host.deploy("shop", "roll-afresh", guest("roll")).await;
    let roll = folded_up_to(&host, "/shop/roll/model", position).await;
    assert_eq!(folded_up_to(&host, "/shop/roll-afresh/model", position).await, roll);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_folded_from_snapshots_is_what_its_events_fold_to() {
    let mut host = Host::start_process().await;
    for domain in ["ledger", "echo"] {
        host.deploy("shop", domain, guest(domain)).await;
    }
    let path = format!("/shop/ledger/{}/model", entity(1));
    let said = |id: String| json!({"id": id, "type": "said", "entity": entity(1), "data": {"n": 1}});
    let knows = |count: usize| move |model: &Value| model["ids"].as_array().unwrap().len() == count;
    let events: Vec<_> = (1..=300).map(|n| said(event_id(n))).collect();
    host.post_batch("shop", &json!(events)).await.expect(201);
    host.model_that(&path, knows(600)).await;
    for (late, n) in (1..).zip([295, 150, 270, 20, 299]) {
        host.post_batch("shop", &json!([said(foreign_id(n, 7))])).await.expect(201);
        host.model_that(&path, knows(600 + 2 * late)).await;
    }
    // Retired and back again: the same module under another activation.
    let ledger_is = async |state: &str| {
        host.reducer_that(state, "shop", "ledger", |reducer| reducer.state() == state).await;
    };
    fs::remove_file(host.file("shop", "ledger")).unwrap();
    ledger_is("retired").await;
    host.put_file("shop", "ledger", &guest("ledger").bytes);
    ledger_is("active").await;
    for (more, id) in (1..).zip([event_id(400), foreign_id(298, 8), event_id(401)]) {
        host.post_batch("shop", &json!([said(id)])).await.expect(201);
        host.model_that(&path, knows(610 + 2 * more)).await;
    }
    let store = host.place().store();
    host.process().signal("TERM");
    host.process_mut().ended().await;
    let (status, told, said) = run(&["verify", "--store", &store], &[]).await;
    assert!(status.success(), "{told}{said}");
    assert!(told.contains("2 models checked, 0 different, 0 emissions divergent"), "{told}");
}
