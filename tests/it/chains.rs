//! What led to an event, up to the outside; and what it led to, down to the last.

use serde_json::{Value, json};

use crate::harness::{Host, entity, event_id, guest, ticks, wait_until};

/// A context whose ping and pong play, and where an echo answers.
async fn played() -> Host {
    let host = Host::start(|_| {}).await;
    for domain in ["ping", "pong", "echo"] {
        host.deploy("shop", domain, guest(domain)).await;
    }
    host
}

/// The ids on a page.
fn ids(page: &Value) -> Vec<String> {
    page["events"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

/// The context's events, by id, once there are so many.
async fn so_many(host: &Host, count: usize) -> Vec<Value> {
    let mut events = wait_until(&format!("{count} events"), async || {
        let events = host.events("shop").await;
        if events.len() == count { Ok(events) } else { Err(format!("{} events", events.len())) }
    })
    .await;
    events.sort_by_key(|event| ticks(event["id"].as_str().unwrap()));
    events
}

#[tokio::test]
async fn a_chain_is_followed_up_to_the_outside_and_down_to_the_end() {
    let host = played().await;
    host.post("pinged", &entity(1), &event_id(1), &json!({"left": 4})).await.expect(201);
    let chain = so_many(&host, 5).await;
    // Beside it, at the same time, another one, and events that are nobody's effect.
    host.post("said", &entity(2), &crate::harness::foreign_id(1, 7), &json!({"times": 3})).await.expect(201);
    host.post("noted", &entity(1), &crate::harness::foreign_id(1, 8), &json!({})).await.expect(201);
    so_many(&host, 10).await;
    for (index, event) in chain.iter().enumerate() {
        let id = event["id"].as_str().unwrap();
        let causes = host.get(&format!("/shop/{id}/causes")).await.expect(200).json();
        let mut nearest_first = chain[..index].to_vec();
        nearest_first.reverse();
        assert_eq!(causes, json!({"events": nearest_first, "next": null}));
        let effects = host.get(&format!("/shop/{id}/effects")).await.expect(200).json();
        assert_eq!(effects, json!({"events": chain[index + 1..], "next": null}));
    }
    let path = format!("/shop/{}/effects", event_id(1));
    let lines = host.request("GET", &path).header("accept", "application/x-ndjson");
    let lines = host.send(lines).await.expect(200).text();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, chain[1..]);
}

#[tokio::test]
async fn effects_come_page_by_page_each_behind_its_cause() {
    let host = played().await;
    // A second ping that hears the same: it says the same, under ids of its own.
    host.deploy("shop", "ping-two", guest("ping")).await;
    host.post("pinged", &entity(1), &event_id(1), &json!({"left": 6})).await.expect(201);
    host.post("said", &entity(1), &event_id(2), &json!({"times": 2500})).await.expect(201);
    // Of every `pinged` come two `ponged`, and of each of those one.
    let tree = 1 + 2 + 2 + 4 + 4 + 8 + 8;
    let path = format!("/shop/{}/effects", event_id(1));
    wait_until("the last effect", async || {
        let page = host.get(&path).await.expect(200).json();
        if ids(&page).len() == tree - 1 { Ok(()) } else { Err(format!("{} of {tree}", ids(&page).len())) }
    })
    .await;
    let whole = host.get(&path).await.expect(200).json();
    let mut known = vec![event_id(1)];
    for event in whole["events"].as_array().unwrap() {
        assert!(known.iter().any(|id| event["cause"] == **id), "{event} comes before its cause");
        known.push(event["id"].as_str().unwrap().to_owned());
    }
    let (mut paged, mut next) = (vec![], format!("{path}?limit=7"));
    loop {
        let page = host.get(&next).await.expect(200);
        paged.extend(ids(&page.json()));
        let Some(url) = page.json()["next"].as_str().map(str::to_owned) else { break };
        assert_eq!(page.header("link"), format!("<{url}>; rel=\"next\""));
        next = url;
    }
    assert_eq!(paged, known[1..]);
    // More than are looked through at once.
    let (mut count, mut next) = (0, format!("/shop/{}/effects?limit=1000", event_id(2)));
    wait_until("2,500 effects", async || {
        let page = host.get(&next).await.expect(200).json();
        count += ids(&page).len();
        if let Some(url) = page["next"].as_str() {
            url.clone_into(&mut next);
        } else if let Some(last) = ids(&page).last() {
            next = format!("/shop/{}/effects?limit=1000&after={last}", event_id(2));
        }
        if count == 2500 { Ok(()) } else { Err(count.to_string()) }
    })
    .await;
}

#[tokio::test]
async fn an_event_that_is_not_there_has_neither() {
    let host = played().await;
    host.post("noted", &entity(1), &event_id(1), &json!({})).await.expect(201);
    for of in ["causes", "effects"] {
        let none = host.get(&format!("/shop/{}/{of}", event_id(1))).await.expect(200).json();
        assert_eq!(none, json!({"events": [], "next": null}), "{of}");
        let path = format!("/shop/{}/{of}", event_id(2));
        assert_eq!(host.get(&path).await.expect(404).problem(), "unknown-event");
        let path = format!("/elsewhere/{}/{of}", event_id(1));
        assert_eq!(host.get(&path).await.expect(404).problem(), "unknown-context");
        let path = format!("/shop/{}/{of}", entity(1));
        assert_eq!(host.get(&path).await.expect(400).problem(), "invalid-id");
    }
    let path = format!("/shop/{}/causes?limit=1", event_id(1));
    assert_eq!(host.get(&path).await.expect(400).problem(), "invalid-request");
    let path = format!("/shop/{}/effects?after=1", event_id(1));
    assert_eq!(host.get(&path).await.expect(400).problem(), "invalid-request");
}
