//! `wait=`: a post that answers with the model it led to, and a read that holds what was posted before.

use std::fs;

use serde_json::{Value, json};

use crate::harness::{Answer, Host, Reducer, entity, event_id, event_ids, guest, wait_until};

impl Host {
    /// Posts an event and waits for what `query` says.
    async fn post_and_wait(&self, event_type: &str, of: u64, n: u64, data: &Value, query: &str) -> Answer {
        let path = format!("/shop/{event_type}/{}/{}?{query}", entity(of), event_id(n));
        let request = self.request("POST", &path).header("content-type", "application/json");
        self.send(request.body(data.to_string())).await
    }

    /// Waits until so many events are in the log.
    async fn events_are(&self, count: usize) {
        wait_until(&format!("{count} events"), async || {
            let events = self.events("shop").await;
            if events.len() == count { Ok(()) } else { Err(format!("{events:?}")) }
        })
        .await;
    }
}

fn model(domain: &str, of: u64, query: &str) -> String {
    format!("/shop/{domain}/{}/model?{query}", entity(of))
}

/// A host whose hostile reducer never gets over an event of the type `spin`, and does not park it either.
async fn with_stuck() -> Host {
    let host = Host::start(|config| {
        config.limits.fuel = u64::MAX >> 1;
        config.limits.call_ms = 100;
        config.limits.call_attempts = 1000;
    })
    .await;
    host.deploy("shop", "hostile", guest("hostile")).await;
    host
}

#[tokio::test]
async fn a_post_answers_with_the_model_that_it_led_to() {
    let host = Host::with_ledger().await;
    for n in 1..=20 {
        let posted = host.post_and_wait("noted", 1, n, &json!({"n": n}), "wait=ledger").await.expect(201);
        let said = posted.json();
        assert_eq!((&said["position"], &said["folded"]), (&json!(n), &json!(true)), "{said}");
        assert_eq!(said["model"]["sum"], n * (n + 1) / 2, "{said}");
        assert_eq!(said["module"], guest("ledger").hash);
        assert_eq!(posted.header("location"), format!("/shop/{}/event", event_id(n)));
        let read = host.get(&model("ledger", 1, "")).await.expect(200);
        assert_eq!(said["model"], read.json());
        for name in ["etag", "everfold-position", "everfold-module"] {
            assert_eq!(posted.header(name), read.header(name), "{name}");
        }
        assert!(read.header("etag").ends_with(&format!("-{}\"", said["version"])), "{said}");
    }
    let again = host.post_and_wait("noted", 1, 3, &json!({"n": 3}), "wait=ledger&timeout=2.5").await;
    let said = again.expect(200).json();
    assert_eq!((&said["position"], &said["model"]["sum"]), (&json!(3), &json!(210)), "what is there now");
}

#[tokio::test]
async fn one_model_for_a_context_and_a_module_that_comes_later_are_waited_for_too() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "roll", guest("roll")).await;
    for n in 1..=3 {
        let said = host.post_and_wait("noted", n, n, &json!({}), "wait=roll").await.expect(201).json();
        assert_eq!(said["model"]["ids"].as_array().unwrap().len() as u64, n, "{said}");
    }
    let read = host.get("/shop/roll/model?wait=30&position=3").await.expect(200);
    assert_eq!(read.json()["ids"], json!(event_ids([1, 2, 3])));
    // After a restart its module is loaded first, and that is waited for.
    let host = host.restart(|_| {}).await;
    let said = host.post_and_wait("noted", 4, 4, &json!({}), "wait=roll").await.expect(201).json();
    assert_eq!(said["model"]["ids"], json!(event_ids([1, 2, 3, 4])));
}

#[tokio::test]
async fn what_would_never_be_folded_is_refused_before_it_is_written() {
    let host = Host::start(|config| config.limits.wait_ms = 2500).await;
    host.deploy("shop", "roll", guest("roll")).await;
    host.deploy("shop", "ledger", guest("ledger")).await;
    fs::remove_file(host.file("shop", "ledger")).unwrap();
    host.reducer_that("retire", "shop", "ledger", |reducer| reducer.state() == "retired").await;
    for (event_type, query, status, problem, words) in [
        ("noted", "wait=nothing", 404, "unknown-domain", "nothing"),
        ("noted", "wait=ledger", 409, "not-served", "shop/ledger"),
        ("said", "wait=roll", 400, "not-taken", "said"),
        ("noted", "wait=Roll", 400, "invalid-name", "Roll"),
        ("noted", "wait=roll&timeout=0", 400, "invalid-request", "up to 2.5 (limits.wait_ms)"),
        ("noted", "wait=roll&timeout=2.6", 400, "invalid-request", "up to 2.5 (limits.wait_ms)"),
        ("noted", "timeout=1", 400, "invalid-request", "wait="),
        ("noted", "wait=roll&wait=ledger", 400, "invalid-request", "once"),
        ("noted", "wait=roll&position=1", 400, "invalid-request", "wait, timeout"),
    ] {
        let refused = host.post_and_wait(event_type, 1, 1, &json!({}), query).await.expect(status);
        assert_eq!(refused.problem(), problem, "{query}");
        assert!(refused.detail().contains(words), "{query}: {}", refused.detail());
    }
    assert_eq!(host.events("shop").await.len(), 0);
    for query in ["position=1", "wait=", "wait=3", "wait=1&position=x", "timeout=1"] {
        let refused = host.get(&format!("/shop/roll/model?{query}")).await.expect(400);
        assert_eq!(refused.problem(), "invalid-request", "{query}");
    }
    assert_eq!(host.get(&model("ledger", 1, "wait=1")).await.expect(409).problem(), "not-served");
    assert_eq!(host.get(&model("roll", 1, "wait=1")).await.expect(404).problem(), "other-fold");
}

#[tokio::test]
async fn what_cannot_be_folded_is_told_at_once() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "door", guest("door")).await;
    host.post_and_wait("unlocked", 2, 1, &json!({}), "wait=door").await.expect(201);
    let fails = async |n: u64, failing: u64| {
        let parked = host.post_and_wait("opened", 1, n, &json!({}), "wait=door").await.expect(409);
        assert_eq!(parked.problem(), "parked");
        let said = parked.json();
        assert_eq!((&said["event"], &said["code"]), (&json!(event_id(failing)), &json!("locked")), "{said}");
        said["position"].as_u64().unwrap()
    };
    assert_eq!(fails(11, 11).await, 2, "it is in the log");
    assert_eq!(fails(12, 11).await, 3, "and so is what waits behind it");
    assert_eq!(fails(12, 11).await, 3, "posting it again says the same");
    let read = host.get(&model("door", 1, "wait=30")).await.expect(409);
    assert_eq!((read.problem().as_str(), &read.json()["position"]), ("parked", &json!(3)));
    let read = host.get(&model("door", 1, "wait=30&position=1")).await.expect(404);
    assert_eq!(read.problem(), "no-model", "up to 1 it has nothing to fold");
    host.get(&model("door", 2, "wait=30")).await.expect(200);
    // What sorts before it mends it, and is told how that ended.
    let mended = host.post_and_wait("unlocked", 1, 10, &json!({}), "wait=door").await.expect(201).json();
    assert_eq!(mended["model"], json!({"unlocked": true, "opened": event_ids([11, 12])}));
}

#[tokio::test]
async fn a_late_event_that_cannot_be_folded_is_parked_though_an_older_one_fails() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "door", guest("door")).await;
    host.post_and_wait("unlocked", 1, 10, &json!({}), "wait=door").await.expect(201);
    let late = host.post_and_wait("opened", 1, 5, &json!({}), "wait=door").await.expect(409);
    assert_eq!((late.problem().as_str(), late.position()), ("parked", 2));
    host.get(&model("door", 1, "wait=30&position=1")).await.expect(200);
    assert_eq!(host.get(&model("door", 1, "wait=30&position=2")).await.expect(409).problem(), "parked");
}

#[tokio::test]
async fn a_read_waits_for_what_was_posted() {
    let host = Host::with_ledger().await;
    for n in 1..=20 {
        let position = host.post("noted", &entity(1), &event_id(n), &json!({"n": 1})).await.position();
        let path = model("ledger", 1, &format!("wait=30&position={position}"));
        assert_eq!(host.get(&path).await.expect(200).json()["sum"], n);
    }
    host.post("noted", &entity(2), &event_id(21), &json!({"n": 1})).await.expect(201);
    let all = host.get(&model("ledger", 1, "wait=30")).await.expect(200);
    assert_eq!(all.header("everfold-position"), "20", "nothing of its own came after that");
    assert_eq!(host.get(&model("ledger", 3, "wait=30")).await.expect(404).problem(), "no-model");
    // A position that is still to come.
    let path = model("ledger", 1, "wait=30&position=22");
    let later = async { host.post("noted", &entity(1), &event_id(22), &json!({"n": 1})).await.expect(201) };
    let (read, _) = tokio::join!(host.get(&path), later);
    assert_eq!(read.expect(200).json()["sum"], 21);
    let known = host.request("GET", &path).header("if-none-match", host.get(&path).await.header("etag"));
    host.send(known).await.expect(304);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_ends_with_its_time() {
    let host = with_stuck().await;
    let posted = host.post_and_wait("spin", 1, 1, &json!({}), "wait=hostile&timeout=0.3").await.expect(201);
    assert_eq!(posted.json(), json!({"position": 1, "folded": false}));
    assert!(posted.headers.get("etag").is_none());
    let read = host.get(&model("hostile", 1, "wait=0.3&position=1")).await.expect(504);
    assert_eq!((read.problem().as_str(), &read.json()["position"]), ("wait-over", &json!(1)));
    assert!(read.detail().contains("0.3 s (wait)"), "{}", read.detail());
    let beyond = host.get(&model("hostile", 2, "wait=0.3&position=99")).await.expect(504);
    assert!(beyond.detail().contains("99") && beyond.detail().contains("head was 1"), "{}", beyond.detail());
    let other = host.post_and_wait("noted", 2, 2, &json!({}), "wait=hostile").await.expect(201).json();
    assert_eq!(other["model"], json!({"count": 1}), "nobody else waits");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_goes_on_under_a_new_module_and_ends_with_a_retirement() {
    let host = with_stuck().await;
    let wait = async |of: u64, n: u64| {
        host.post_and_wait("spin", of, n, &json!({"n": 5}), "wait=hostile").await.expect(201).json()
    };
    let read = model("hostile", 1, "wait=30&position=1");
    let upgrade = async {
        host.events_are(1).await;
        host.put_file("shop", "hostile", &guest("ledger").bytes);
    };
    let (posted, read, ()) = tokio::join!(wait(1, 1), host.get(&read), upgrade);
    assert_eq!((&posted["folded"], &posted["module"]), (&json!(true), &json!(guest("ledger").hash)));
    assert_eq!((&posted["model"]["sum"], &read.expect(200).json()["sum"]), (&json!(5), &json!(5)));
    // It does not get over the first event, and so is never done with its visits.
    host.put_file("shop", "hostile", &guest("hostile").bytes);
    let serves =
        |reducer: &Reducer| reducer.state() == "rebuilding" && reducer.module() == guest("hostile").hash;
    host.reducer_that("serve again", "shop", "hostile", serves).await;
    let path = model("hostile", 2, "wait=30&position=2");
    let retire = async {
        host.events_are(2).await;
        fs::remove_file(host.file("shop", "hostile")).unwrap();
    };
    let (posted, read, ()) = tokio::join!(wait(2, 2), host.get(&path), retire);
    assert_eq!(posted, json!({"position": 2, "folded": false}));
    assert_eq!(read.expect(409).problem(), "not-served");
}

/// A host as above, on which no more than so many requests may wait.
async fn with_stuck_and_streams(streams: usize) -> Host {
    let host = with_stuck().await.restart(|config| config.limits.streams = streams).await;
    host.serves("shop", "hostile", guest("hostile")).await;
    host
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_ends_every_wait() {
    let host = with_stuck_and_streams(2).await;
    let path = format!("/shop/spin/{}/{}?wait=hostile", entity(1), event_id(1));
    let post = host.request("POST", &path).header("content-type", "application/json").body("{}");
    let posted = tokio::spawn(post.send());
    host.events_are(1).await;
    let path = model("hostile", 1, "wait=30&position=1");
    let request = host.request("GET", &path);
    let read = tokio::spawn(async move {
        loop {
            let answer = Answer::read(request.try_clone().unwrap().send().await.unwrap()).await.unwrap();
            // Whoever looks whether two wait takes a place for a moment.
            if answer.status != 503 || answer.problem() != "too-many-streams" {
                return answer;
            }
        }
    });
    wait_until("two that wait", async || match host.get(&path.replace("30", "0.001")).await.status {
        503 => Ok(()),
        other => Err(other.to_string()),
    })
    .await;
    host.stop().await;
    let posted = Answer::read(posted.await.unwrap().unwrap()).await.unwrap();
    assert_eq!(posted.expect(201).json(), json!({"position": 1, "folded": false}));
    assert_eq!(read.await.unwrap().expect(503).problem(), "closing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_many_wait_at_once_and_no_more() {
    let host = with_stuck_and_streams(1).await;
    let refused = async {
        host.events_are(1).await;
        host.post_and_wait("noted", 2, 2, &json!({}), "wait=hostile").await.expect(503)
    };
    let data = json!({});
    let refused = tokio::select! {
        first = host.post_and_wait("spin", 1, 1, &data, "wait=hostile") => panic!("{}", first.text()),
        refused = refused => refused,
    };
    assert_eq!((refused.problem().as_str(), refused.header("retry-after")), ("too-many-streams", "1"));
    assert!(refused.detail().contains("limits.streams"), "{}", refused.detail());
    assert_eq!(host.events("shop").await.len(), 1, "it was refused before it was written");
    // The first one's client went away, and so its place is free again.
    wait_until("a free place", async || {
        let answer = host.post_and_wait("noted", 2, 2, &json!({}), "wait=hostile").await;
        if answer.status == 503 { Err(answer.text()) } else { Ok(answer.expect(201)) }
    })
    .await;
}
