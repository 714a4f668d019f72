//! `everfold demo`: the shop, from nothing to answers, also if it is cut off in the middle.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Host, Place, Process, guest, run, wait_until};

/// The models of a domain as text, by entity.
async fn models(host: &Host, domain: &str) -> BTreeMap<String, String> {
    let mut models = BTreeMap::new();
    let mut next = Value::from(format!("/shop/{domain}/models?limit=1000"));
    while let Some(path) = next.as_str() {
        let page = host.get(path).await.expect(200).json();
        for one in page["models"].as_array().unwrap() {
            models.insert(one["entity"].as_str().unwrap().to_owned(), one["model"].to_string());
        }
        next = page["next"].clone();
    }
    models
}

/// Fails unless every model of the shop equals a fold of its events: a domain that is new to the log folds
/// all of them.
async fn models_equal_their_events(folder: TempDir) {
    let place = Place::file(folder.path());
    let host = Host::serve_by_process(folder, Arc::new(place), "local").await;
    for domain in ["cart", "coupons", "product-analytics"] {
        host.serves("shop", domain, guest(domain)).await;
    }
    for domain in ["cart", "coupons"] {
        let again = format!("{domain}-again");
        host.deploy("shop", &again, guest(domain)).await;
        wait_until(&format!("{domain} to equal its events"), async || {
            let (first, second) = (models(&host, domain).await, models(&host, &again).await);
            assert!(!first.is_empty());
            let other = first.iter().find(|(entity, model)| second.get(*entity) != Some(*model));
            if first.len() == second.len() && other.is_none() { Ok(()) } else { Err(format!("{other:?}")) }
        })
        .await;
        assert_eq!(host.reducer("shop", domain).await.unwrap().count("parked"), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_answers_eight_questions_and_exits() {
    // The reducers are built once for all tests.
    guest("cart");
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let (status, told, said) = run(&["demo", "--once", "--listen", "127.0.0.1:0", "--data", data], &[]).await;
    assert!(status.success(), "{told}{said}");
    for number in 1..=8 {
        assert!(told.contains(&format!("\n{number}. ")), "question {number} is not in {told}");
    }
    models_equal_their_events(folder).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_kill_9_in_the_middle_of_the_feed_every_model_equals_its_events() {
    guest("cart");
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let mut demo = Process::start(&["demo", "--listen", "127.0.0.1:0", "--data", data], &[]).await;
    let url = format!("{}/shop/events?after=1000&limit=1", demo.base());
    wait_until("a thousand events", async || {
        let page = reqwest::get(&url).await.unwrap().text().await.unwrap();
        if page.contains("\"position\"") { Ok(()) } else { Err(page) }
    })
    .await;
    demo.kill().await;
    models_equal_their_events(folder).await;
}
