//! New events are facts, emitted once: their ids are derived, and refolds and rebuilds only compare.

use serde_json::{Value, json};

use crate::harness::{Host, Reducer, entity, event_id, event_ids, guest, ticks, wait_until};

/// The events of a type, by position.
async fn of_type(host: &Host, context: &str, event_type: &str) -> Vec<Value> {
    let page = host.get(&format!("/{context}/events?type={event_type}&limit=1000")).await.expect(200).json();
    page["events"].as_array().unwrap().clone()
}

/// Waits until there are so many events of a type.
async fn emitted(host: &Host, event_type: &str, count: usize) -> Vec<Value> {
    wait_until(&format!("{count} of {event_type}"), async || {
        let events = of_type(host, "shop", event_type).await;
        if events.len() == count { Ok(events) } else { Err(format!("{events:?}")) }
    })
    .await
}

async fn heard(host: &Host, domain: &str, count: u64) {
    host.model_is(&format!("/shop/{domain}/{}/model", entity(1)), &json!({"said": count})).await;
}

#[tokio::test]
async fn an_event_emits_once_behind_its_cause() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "echo", guest("echo")).await;
    let data = json!({"times": 3, "what": "hello"});
    host.post("said", &entity(1), &event_id(1), &data).await.expect(201);
    let echoes = emitted(&host, "echoed", 3).await;
    for (index, echo) in (0..).zip(&echoes) {
        assert_eq!((&echo["cause"], &echo["entity"]), (&json!(event_id(1)), &json!(entity(1))), "{echo}");
        assert_eq!((&echo["data"], &echo["position"]), (&data, &json!(2 + index)), "{echo}");
        let id = echo["id"].as_str().unwrap();
        assert_eq!(ticks(id), ticks(&event_id(1)) + 1 + index, "{id} sorts right behind its cause");
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"), "{id}");
        assert_eq!(u8::from_str_radix(&id[24..26], 16).unwrap() & 1, 1, "the multicast bit of {id}");
    }
    let by_id = host.get(&format!("/shop/{}/events", entity(1))).await.json();
    assert_eq!(by_id["events"][0]["id"], event_id(1), "by id, too, the cause comes first");
    let other = Host::start(|_| {}).await;
    other.deploy("shop", "echo", guest("echo")).await;
    other.post("noted", &entity(1), &event_id(9), &data).await.expect(201);
    other.post("said", &entity(1), &event_id(1), &data).await.expect(201);
    let ids = |events: &[Value]| events.iter().map(|event| event["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&emitted(&other, "echoed", 3).await), ids(&echoes), "any host derives the same ids");
}

#[tokio::test]
async fn an_event_may_be_emitted_onto_another_entity_and_be_folded_there() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "echo", guest("echo")).await;
    host.deploy("shop", "ledger", guest("ledger")).await;
    host.post("said", &entity(1), &event_id(1), &json!({"to": entity(2), "n": 5})).await.expect(201);
    let echo = emitted(&host, "echoed", 1).await.remove(0);
    assert_eq!((&echo["entity"], &echo["cause"]), (&json!(entity(2)), &json!(event_id(1))));
    let path = format!("/shop/ledger/{}/model", entity(2));
    host.model_is(&path, &json!({"ids": [echo["id"]], "sum": 5})).await;
}

#[tokio::test]
async fn late_events_and_restarts_do_not_emit_again() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "echo", guest("echo")).await;
    for (n, said) in [(5, 1), (3, 2), (4, 3), (1, 4)] {
        host.post("said", &entity(1), &event_id(n), &json!({"n": n})).await.expect(201);
        heard(&host, "echo", said).await;
    }
    let causes: Vec<_> = emitted(&host, "echoed", 4).await.iter().map(|echo| echo["cause"].clone()).collect();
    assert_eq!(causes, event_ids([5, 3, 4, 1]), "each once, in the order of arrival");
    let reducer = host.reducer("shop", "echo").await.unwrap();
    assert_eq!((reducer.count("refolds"), reducer.count("divergent"), reducer.count("emitted")), (3, 0, 4));
    let host = host.restart(|_| {}).await;
    host.serves("shop", "echo", guest("echo")).await;
    host.post("said", &entity(1), &event_id(2), &json!({"n": 2})).await.expect(201);
    heard(&host, "echo", 5).await;
    emitted(&host, "echoed", 5).await;
}

#[tokio::test]
async fn a_rebuild_that_says_the_same_emits_nothing_and_diverges_from_nothing() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "echo", guest("echo")).await;
    host.post("said", &entity(1), &event_id(1), &json!({})).await.expect(201);
    heard(&host, "echo", 1).await;
    // Silence about history is what the first module of a domain asks for, or not.
    host.deploy("shop", "echo", guest("echo-silent")).await;
    let reducer = host.reducer("shop", "echo").await.unwrap();
    assert_eq!((reducer.count("refolds"), reducer.count("divergent")), (1, 0), "{reducer:?}");
    host.post("said", &entity(1), &event_id(2), &json!({})).await.expect(201);
    heard(&host, "echo", 2).await;
    assert_eq!(of_type(&host, "shop", "echoed").await.len(), 2);
}

#[tokio::test]
async fn history_emits_unless_the_first_module_asks_for_silence() {
    let host = Host::start(|_| {}).await;
    for n in 1..=3 {
        host.post("said", &entity(1), &event_id(n), &json!({})).await.expect(201);
    }
    host.deploy("shop", "silent", guest("echo-silent")).await;
    heard(&host, "silent", 3).await;
    assert!(of_type(&host, "shop", "echoed").await.is_empty(), "what is older than the domain is silent");
    host.post("said", &entity(1), &event_id(5), &json!({})).await.expect(201);
    heard(&host, "silent", 4).await;
    assert_eq!(of_type(&host, "shop", "echoed").await.len(), 1);
    // A late event is new all the same.
    host.post("said", &entity(1), &event_id(4), &json!({})).await.expect(201);
    heard(&host, "silent", 5).await;
    assert_eq!(of_type(&host, "shop", "echoed").await.len(), 2);
    host.deploy("shop", "silent", guest("echo-v2")).await;
    assert_eq!(of_type(&host, "shop", "echoed").await.len(), 2);
    let reducer = host.reducer("shop", "silent").await.unwrap();
    assert_eq!(reducer.count("divergent"), 2, "silent events are not compared: {reducer:?}");
    host.deploy("shop", "loud", guest("echo")).await;
    heard(&host, "loud", 5).await;
    assert_eq!(of_type(&host, "shop", "echoed").await.len(), 7);
}

#[tokio::test]
async fn a_rebuild_that_says_something_else_is_a_divergence_and_facts_stay() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "echo", guest("echo")).await;
    host.post("said", &entity(1), &event_id(1), &json!({"n": 1})).await.expect(201);
    let before = emitted(&host, "echoed", 1).await;
    host.deploy("shop", "echo", guest("echo-v2")).await;
    let diverges = |reducer: &Reducer| reducer.count("divergent") == 1;
    let reducer = host.reducer_that("diverge", "shop", "echo", diverges).await;
    let said = reducer.0["divergence"].as_str().unwrap();
    assert!(said.contains(before[0]["id"].as_str().unwrap()) && said.contains(&entity(1)), "{said}");
    assert_eq!(of_type(&host, "shop", "echoed").await, before);
    assert_eq!(reducer.count("parked"), 0);
    host.post("said", &entity(1), &event_id(2), &json!({"n": 2})).await.expect(201);
    let echoes = emitted(&host, "echoed", 2).await;
    assert_eq!(echoes[1]["data"], json!({"n": 2, "v": 2}), "what comes now is answered anew");
}

#[tokio::test]
async fn reducers_cannot_feed_each_other_for_ever() {
    let host = Host::start(|config| config.limits.causal_depth = 5).await;
    host.deploy("shop", "turns", guest("turns")).await;
    host.post("turned", &entity(1), &event_id(1), &json!({})).await.expect(201);
    let parked = host.parks("shop", "turns", &entity(1)).await;
    assert_eq!(parked["code"], "host.causal-depth", "{parked}");
    assert!(parked["message"].as_str().unwrap().contains("limits.causal_depth"), "{parked}");
    let turns = of_type(&host, "shop", "turned").await;
    assert_eq!(turns.len(), 6, "the posted one and five that it led to");
    for pair in turns.windows(2) {
        assert_eq!(pair[1]["cause"], pair[0]["id"]);
    }
    assert_eq!(parked["event"], turns[5]["id"]);
}

#[tokio::test]
async fn two_reducers_that_feed_each_other_settle_or_park() {
    let host = Host::start(|config| config.limits.causal_depth = 5).await;
    host.deploy("shop", "ping", guest("ping")).await;
    host.deploy("shop", "pong", guest("pong")).await;
    let strokes = async |of: u64| {
        let events = host.get(&format!("/shop/{}/events", entity(of))).await.expect(200).json();
        events["events"].as_array().unwrap().len()
    };
    // Whatever is left after so many strokes, nobody has an event to fold any more.
    let rest = async |head: u64| {
        for domain in ["ping", "pong"] {
            let rests = |reducer: &Reducer| reducer.lag() == 0 && reducer.0["position"] == head;
            host.reducer_that("rest", "shop", domain, rests).await;
        }
    };
    host.post("pinged", &entity(1), &event_id(1), &json!({"left": 4})).await.expect(201);
    host.model_is(&format!("/shop/pong/{}/model", entity(1)), &json!({"strokes": 2})).await;
    rest(5).await;
    assert_eq!(strokes(1).await, 5, "they settle");
    host.post("pinged", &entity(2), &event_id(2), &json!({})).await.expect(201);
    let parked = host.parks("shop", "pong", &entity(2)).await;
    assert_eq!((&parked["code"], &parked["position"]), (&json!("host.causal-depth"), &json!(11)), "{parked}");
    rest(11).await;
    assert_eq!(strokes(2).await, 6, "the posted one and five that it led to");
    let reducers = [host.reducer("shop", "ping").await, host.reducer("shop", "pong").await];
    assert_eq!(reducers.map(|reducer| reducer.unwrap().count("parked")), [0, 1]);
}

#[tokio::test]
async fn an_id_that_is_taken_by_other_content_is_a_divergence() {
    let first = Host::start(|_| {}).await;
    first.deploy("shop", "echo", guest("echo")).await;
    first.post("said", &entity(1), &event_id(1), &json!({"times": 2})).await.expect(201);
    let echoes = emitted(&first, "echoed", 2).await;
    let id = |index: usize| echoes[index]["id"].as_str().unwrap();
    let again = first.post("echoed", &entity(1), id(0), &json!({"times": 2})).await.expect(200);
    assert_eq!(again.position(), 2, "an emitted event is an event like any other");

    let host = Host::start(|_| {}).await;
    host.deploy("shop", "echo", guest("echo")).await;
    host.post("noted", &entity(1), id(0), &json!("first come")).await.expect(201);
    host.post("said", &entity(1), &event_id(1), &json!({"times": 2})).await.expect(201);
    heard(&host, "echo", 1).await;
    let echoed = emitted(&host, "echoed", 1).await;
    assert_eq!(echoed[0]["id"], id(1), "the other one is not lost");
    let diverges = |reducer: &Reducer| reducer.count("divergent") == 1;
    let reducer = host.reducer_that("diverge", "shop", "echo", diverges).await;
    assert_eq!((reducer.count("parked"), reducer.count("emitted")), (0, 1), "{reducer:?}");
    let taken = host.get(&format!("/shop/{}/event", id(0))).await.expect(200).json();
    assert_eq!(taken["data"], "first come");
}

#[tokio::test]
async fn types_that_a_later_module_takes_first_do_not_emit_for_the_past() {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "echo", guest("door")).await;
    host.post("said", &entity(1), &event_id(1), &json!({})).await.expect(201);
    host.deploy("shop", "echo", guest("echo")).await;
    heard(&host, "echo", 1).await;
    assert!(of_type(&host, "shop", "echoed").await.is_empty());
    host.post("said", &entity(1), &event_id(2), &json!({})).await.expect(201);
    heard(&host, "echo", 2).await;
    assert_eq!(of_type(&host, "shop", "echoed").await.len(), 1);
    let reducer = host.reducer("shop", "echo").await.unwrap();
    assert_eq!(reducer.count("divergent"), 0, "{reducer:?}");
}
