//! `everfold dev`: what is saved is served; what cannot be built changes nothing.

use std::{fs, path::Path, process::Command};

use everfold::projects::{self, Language};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader, Lines};

use crate::harness::{entity, event_id, fed, patiently, wait_until};

use super::projects::{folder, installed, module};

/// Waits until the model is as it should be.
async fn model_is(base: &str, count: u64) {
    let url = format!("{base}/shop/dev/{}/model", entity(1));
    wait_until(&format!("a count of {count}"), async || {
        let answer = reqwest::get(&url).await.map_err(|error| error.to_string())?;
        let model: Value = answer.json().await.map_err(|error| error.to_string())?;
        if model == json!({"count": count}) { Ok(()) } else { Err(model.to_string()) }
    })
    .await;
}

async fn post(base: &str, n: u64, count: u64) {
    let url = format!("{base}/shop/item_added/{}/{}", entity(1), event_id(n));
    let request = reqwest::Client::new().post(url).header("content-type", "application/json");
    let answer = request.body(json!({"qty": count}).to_string()).send().await.unwrap();
    assert_eq!(answer.status(), 201);
}

/// Reads on to a line that holds a text.
async fn hear(lines: &mut Lines<BufReader<impl AsyncRead + Unpin>>, text: &str) -> String {
    let heard = async {
        loop {
            let line = lines.next_line().await.unwrap().unwrap_or_else(|| panic!("it ended before {text:?}"));
            if line.contains(text) {
                return line;
            }
        }
    };
    patiently(text, heard).await
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
    let mut program = fed(&["dev", project.to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    let mut told = BufReader::new(program.stdout.take().unwrap()).lines();
    let mut said = BufReader::new(program.stderr.take().unwrap()).lines();
    let line = hear(&mut told, "http://127.0.0.1:").await;
    let base = line.split([' ', ',']).find(|word| word.starts_with("http://")).unwrap();
    post(base, 1, 2).await;
    model_is(base, 2).await;
    let good = fs::read_to_string(&source).unwrap();
    edit(&source, |text| text.replace("+ qty", "+ qty * 10"));
    model_is(base, 20).await;
    hear(&mut told, "test result").await;
    // It does not even parse.
    edit(&source, |text| format!("{text}\nexport default {{"));
    hear(&mut said, "What was served before goes on.").await;
    post(base, 2, 1).await;
    model_is(base, 30).await;
    fs::write(&source, good).unwrap();
    model_is(base, 3).await;
    let ended = Command::new("kill").args(["-INT", &program.id().unwrap().to_string()]).status();
    assert!(ended.unwrap().success());
    assert!(patiently("its end", program.wait()).await.unwrap().success());
}
