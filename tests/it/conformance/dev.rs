//! `everfold dev`: what is saved is served; what cannot be built changes nothing.

use std::{fs, path::Path};

use everfold::projects::{self, Language};
use serde_json::{Value, json};

use crate::harness::{Process, entity, event_id, wait_until};

use super::projects::{folder, installed, module};

/// Waits until the model is as it should be.
async fn model_is(process: &Process, count: u64) {
    let url = format!("{}/shop/dev/{}/model", process.base(), entity(1));
    wait_until(&format!("a count of {count}"), async || {
        let answer = reqwest::get(&url).await.map_err(|error| error.to_string())?;
        let model: Value = answer.json().await.map_err(|error| error.to_string())?;
        if model == json!({"count": count}) { Ok(()) } else { Err(model.to_string()) }
    })
    .await;
}

async fn post(process: &Process, n: u64, count: u64) {
    let url = format!("{}/shop/item_added/{}/{}", process.base(), entity(1), event_id(n));
    let request = reqwest::Client::new().post(url).header("content-type", "application/json");
    let answer = request.body(json!({"qty": count}).to_string()).send().await.unwrap();
    assert_eq!(answer.status(), 201);
}

/// Writes a source anew, as an editor does.
fn edit(source: &Path, change: impl FnOnce(&str) -> String) {
    let text = fs::read_to_string(source).unwrap();
    let changed = change(&text);
    assert_ne!(changed, text, "nothing to change in {}", source.display());
    fs::write(source, changed).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_saved_is_served_and_what_cannot_be_built_is_not() {
    // The other tests of this language build at the same time: they go first.
    module(Language::Ts, "counter");
    let project = folder("dev");
    projects::create(&project, Language::Ts).unwrap();
    installed(Language::Ts, &project);
    let source = project.join("src/reducer.ts");
    let mut process =
        Process::start(&["dev", project.to_str().unwrap(), "--listen", "127.0.0.1:0"], &[]).await;
    post(&process, 1, 2).await;
    model_is(&process, 2).await;
    let good = fs::read_to_string(&source).unwrap();
    edit(&source, |text| text.replace("+ qty", "+ qty * 10"));
    model_is(&process, 20).await;
    // It does not even parse.
    edit(&source, |text| format!("{text}\nexport default {{"));
    post(&process, 2, 1).await;
    model_is(&process, 30).await;
    fs::write(&source, good).unwrap();
    model_is(&process, 3).await;
    process.signal("INT");
    let (status, said) = process.ended().await;
    assert!(status.success(), "{said}");
    assert!(said.contains("esbuild") && said.contains("What was served before goes on."), "{said}");
}
