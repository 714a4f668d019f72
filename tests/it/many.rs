//! Many hosts on one database: any of them takes events and answers, each reduces a part, and nobody misses one that
//! goes.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Value, json};

use crate::harness::{Answer, Host, Place, entity, event_id, guest, run, wait_until};

/// So many entities that every host has some of them.
const ENTITIES: u64 = 24;

impl Host {
    async fn hosts(&self) -> Value {
        self.get("/_/hosts").await.expect(200).json()
    }

    /// Waits until a host sees so many that share its store.
    async fn sees(&self, count: usize) -> Value {
        wait_until(&format!("{count} hosts"), async || {
            let hosts = self.hosts().await;
            if hosts["hosts"].as_array().unwrap().len() == count { Ok(hosts) } else { Err(hosts.to_string()) }
        })
        .await
    }

    async fn note(&self, of: u64, n: u64, query: &str) -> Answer {
        let path = format!("/shop/noted/{}/{}?{query}", entity(of), event_id(n));
        let request = self.request("POST", &path).header("content-type", "application/json");
        self.send(request.body(json!({"n": n}).to_string())).await
    }

    /// Posts an event of each entity, and waits for each until it is folded, whoever does that.
    async fn note_all(&self, first: u64) {
        for of in 0..ENTITIES {
            let said = self.note(of, first + of, "wait=ledger&timeout=30").await.expect(201).json();
            assert_eq!(said["folded"], true, "{of}: {said}");
            assert!(
                said["model"]["ids"].as_array().unwrap().contains(&json!(event_id(first + of))),
                "{said}"
            );
        }
    }

    /// What it says about every entity.
    async fn ledgers(&self) -> Vec<Value> {
        let mut all = Vec::new();
        for of in 0..ENTITIES {
            all.push(self.get(&ledger(of)).await.expect(200).json());
        }
        all
    }

    async fn reductions(&self) -> u64 {
        self.reducer("shop", "ledger").await.unwrap().count("reductions")
    }
}

fn ledger(of: u64) -> String {
    format!("/shop/ledger/{}/model", entity(of))
}

/// Hosts of these names on a database of their own, the ledger in force on all of them.
async fn hosts<const COUNT: usize>(names: [&str; COUNT], lease_ms: u64) -> [Host; COUNT] {
    let place = Arc::new(Place::shared());
    let mut hosts = Vec::new();
    for name in names {
        hosts.push(Host::start_sharing(&place, name, |config| config.lease_ms = lease_ms).await);
    }
    let hosts: [Host; COUNT] = hosts.try_into().unwrap_or_else(|_| unreachable!());
    hosts[0].deploy("shop", "ledger", guest("ledger")).await;
    for host in &hosts {
        host.serves("shop", "ledger", guest("ledger")).await;
        host.sees(COUNT).await;
    }
    hosts
}

/// Every model must be what its events fold to.
async fn verify(store: &str) {
    let (status, said, why) = run(&["verify", "--store", store], &[]).await;
    assert!(status.success(), "{said}{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_share_the_work_and_any_of_them_answers() {
    let hosts = hosts(["one", "two", "three"], 3000).await;
    for (first, host) in (1..).step_by(100).zip(&hosts) {
        host.note_all(first).await;
    }
    let expected = hosts[0].ledgers().await;
    assert!(expected.iter().all(|ledger| ledger["ids"].as_array().unwrap().len() == hosts.len()));
    for host in &hosts {
        assert_eq!(host.ledgers().await, expected);
        assert!(host.reductions().await > 0, "each has its part");
    }
    let shown = hosts[1].hosts().await;
    let of = |field: &str| {
        shown["hosts"].as_array().unwrap().iter().map(|host| host[field].clone()).collect::<Vec<_>>()
    };
    let names: BTreeSet<String> = of("node").iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["one", "three", "two"]);
    let slots: Vec<u64> = of("slots").iter().map(|slots| slots["shop/ledger"].as_u64().unwrap()).collect();
    assert!(slots.iter().sum::<u64>() == 1024 && slots.iter().all(|count| *count >= 330), "{shown}");
    assert_eq!(of("this").iter().filter(|this| **this == json!(true)).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_stops_is_not_waited_for() {
    // Nobody would wait for a lease of an hour.
    let [one, two] = hosts(["one", "two"], 3_600_000).await;
    one.note_all(1).await;
    one.stop().await;
    two.note_all(100).await;
    two.sees(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_host_had_is_taken_up_and_given_back_when_it_returns() {
    let place = Arc::new(Place::shared());
    let one = Host::start_sharing(&place, "one", |_| {}).await;
    one.deploy("shop", "ledger", guest("ledger")).await;
    let folder = tempfile::tempdir().unwrap();
    let mut other = Host::serve_by_process(folder, Arc::clone(&place), "other").await;
    other.serves("shop", "ledger", guest("ledger")).await;
    one.sees(2).await;
    other.note_all(1).await;
    other.process_mut().kill().await;
    one.note_all(100).await;
    one.sees(1).await;
    let other = other.start_again().await;
    other.serves("shop", "ledger", guest("ledger")).await;
    one.sees(2).await;
    other.note_all(200).await;
    assert!(other.reductions().await > 0);
    assert_eq!(other.ledgers().await, one.ledgers().await);
    verify(&place.store()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_host_that_wakes_up_writes_nothing_stale() {
    let place = Arc::new(Place::shared());
    let one = Host::start_sharing(&place, "one", |_| {}).await;
    one.deploy("shop", "ledger", guest("ledger")).await;
    let folder = tempfile::tempdir().unwrap();
    let paused = Host::serve_by_process(folder, Arc::clone(&place), "paused").await;
    paused.serves("shop", "ledger", guest("ledger")).await;
    one.sees(2).await;
    paused.note_all(1).await;
    paused.process().signal("STOP");
    one.note_all(100).await;
    one.sees(1).await;
    // What it was asked while it slept it answers by what is true when it wakes up.
    let asked = paused.get("/shop/events?limit=1000");
    let woken = async { paused.process().signal("CONT") };
    let (answer, ()) = tokio::join!(asked, woken);
    let events = answer.expect(200).json()["events"].as_array().unwrap().len();
    assert_eq!(events as u64, 2 * ENTITIES);
    // It knows rows and leases of before, and must not use them.
    paused.note_all(200).await;
    one.sees(2).await;
    one.note_all(300).await;
    assert_eq!(paused.ledgers().await, one.ledgers().await);
    verify(&place.store()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_module_that_is_dropped_on_one_host_serves_on_all() {
    let [one, two] = hosts(["one", "two"], 3000).await;
    one.note_all(1).await;
    two.deploy("shop", "echo", guest("echo")).await;
    one.serves("shop", "echo", guest("echo")).await;
    // Another module, from the other one's folder.
    one.deploy("shop", "echo", guest("echo-v2")).await;
    two.serves("shop", "echo", guest("echo-v2")).await;
    std::fs::remove_file(one.file("shop", "echo")).unwrap();
    for host in [&one, &two] {
        host.reducer_that("be retired", "shop", "echo", |reducer| reducer.state() == "retired").await;
    }
    // The older file in the other folder undoes nothing.
    two.put_file("shop", "ledger", &guest("ledger").bytes);
    two.note_all(100).await;
    assert_eq!(two.reducer("shop", "echo").await.unwrap().state(), "retired");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_hear_of_what_other_hosts_write_in_order_and_without_gaps() {
    let [one, two] = hosts(["one", "two"], 3000).await;
    let mut events = two.follow("/shop/events").await;
    events.frame("caught-up").await;
    one.note_all(1).await;
    let mut models = Vec::new();
    for of in 0..ENTITIES {
        let mut stream = two.follow(&ledger(of)).await;
        assert_eq!(stream.next().await.unwrap().data["model"]["sum"], 1 + of);
        models.push(stream);
    }
    one.note_all(100).await;
    two.note_all(200).await;
    for position in 1..=3 * ENTITIES {
        assert_eq!(events.frame("event").await.cursor().1, position);
    }
    for (of, stream) in (0..).zip(&mut models) {
        let last = 301 + 3 * of;
        let mut version = 0;
        loop {
            let frame = stream.next().await.unwrap();
            let (_, newer) = frame.cursor();
            assert!(newer > version, "{frame:?}");
            version = newer;
            if frame.data["model"]["sum"] == last {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_reduces_no_more_than_it_is_told() {
    let place = Arc::new(Place::shared());
    let none = |config: &mut everfold::Config| config.reduce_contexts = vec!["bank".to_owned()];
    let front = Host::start_sharing(&place, "front", none).await;
    front.deploy("shop", "ledger", guest("ledger")).await;
    // Nobody reduces the shop yet.
    let said = front.note(1, 1, "wait=ledger&timeout=0.2").await.expect(201).json();
    assert_eq!(said["folded"], false, "{said}");
    let only = |config: &mut everfold::Config| config.reduce_domains = vec!["shop/ledger".to_owned()];
    let back = Host::start_sharing(&place, "back", only).await;
    let path = format!("{}?wait=30&position=1", ledger(1));
    assert_eq!(front.get(&path).await.expect(200).json()["sum"], 1);
    front.note_all(100).await;
    assert_eq!(front.reductions().await, 0);
    assert!(back.reductions().await > 0);
    let shown = front.hosts().await;
    let slots = |node: &str| {
        let mut hosts = shown["hosts"].as_array().unwrap().iter();
        hosts.find(|host| host["node"] == node).unwrap()["slots"]["shop/ledger"].clone()
    };
    assert_eq!((slots("front"), slots("back")), (json!(0), json!(1024)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_host_parked_another_may_try_again() {
    let [one, two] = hosts(["one", "two"], 3000).await;
    one.deploy("shop", "hostile", guest("hostile")).await;
    two.serves("shop", "hostile", guest("hostile")).await;
    let parked = |of: u64| format!("/_/parked/shop/hostile/{}", entity(of));
    for of in 0..4 {
        let body = r#"{"message":"no","count":1}"#;
        one.post_to("shop", "reject", &entity(of), &event_id(900 + of), body).await.expect(201);
        wait_until("it to be parked", async || {
            let answer = two.get(&parked(of)).await;
            if answer.status == 200 { Ok(()) } else { Err(answer.text()) }
        })
        .await;
        // Whoever reduces the entity: each of them can be asked.
        for host in [&one, &two] {
            let request = host.request("POST", &format!("{}/retry", parked(of)));
            let retried = host.send(request.header("content-type", "application/json")).await;
            assert_eq!(retried.status, 200, "{}", retried.text());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_whose_place_another_took_stands_aside() {
    let place = Arc::new(Place::shared());
    let first = Host::start_sharing(&place, "one", |_| {}).await;
    first.deploy("shop", "ledger", guest("ledger")).await;
    first.note_all(1).await;
    // What comes back under its name, where it listened, is taken for the same host started again.
    let second = Host::start_sharing(&place, "one", |_| {}).await;
    second.serves("shop", "ledger", guest("ledger")).await;
    first.sees(0).await;
    let before = first.reducer("shop", "ledger").await.unwrap();
    first.note_all(100).await;
    second.note_all(200).await;
    let after = first.reducer("shop", "ledger").await.unwrap();
    for count in ["reductions", "stale"] {
        assert_eq!(after.count(count), before.count(count), "{count}");
    }
    assert_eq!(first.ledgers().await, second.ledgers().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_host_of_the_same_name_is_refused() {
    let [one] = hosts(["one"], 3000).await;
    let reducers = one.folder().join("others");
    let arguments = ["serve", "--node", "one", "--listen", "127.0.0.2:0", "--store", &one.config().store];
    let (status, _, why) =
        run(&[&arguments[..], &["--reducers", reducers.to_str().unwrap()]].concat(), &[]).await;
    assert!(!status.success());
    assert!(why.contains("another host calls itself one, and listens on 127.0.0.1:0"), "{why}");
    assert!(why.contains("--node"), "{why}");
}
