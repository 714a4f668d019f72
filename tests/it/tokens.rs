//! Tokens: made by the program, sent by pages, programs and `everfold bench`, given and taken back while a host
//! runs; and hosts that other machines reach, which need them.

use std::{fs, path::Path};

use everfold::config::Scope;
use reqwest::RequestBuilder;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    doors::token,
    harness::{Host, Process, entity, event_id, guest, patiently, run, wait_until},
};

fn opening(host: &Host, offered: Option<&str>) -> RequestBuilder {
    let request = reqwest::Client::new().get(format!("{}/shop/events", host.base()));
    let request = request.header("connection", "Upgrade").header("upgrade", "websocket");
    let request = request.header("sec-websocket-version", "13");
    let request = request.header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    match offered {
        Some(offered) => request.header("sec-websocket-protocol", offered),
        None => request,
    }
}

#[tokio::test]
async fn a_page_opens_a_websocket_with_a_token_among_the_subprotocols() {
    let host = Host::start(|config| config.tokens = vec![token("reads", &["shop"], &[Scope::Read])]).await;
    for (offered, status, kind) in [
        (None, 401, "token-needed"),
        (Some("everfold"), 401, "token-needed"),
        (Some("everfold, everfold.bearer.none"), 401, "token-unknown"),
        (Some("everfold.bearer.reads"), 400, "invalid-request"),
    ] {
        let answer = host.send(opening(&host, offered)).await.expect(status);
        assert_eq!(answer.problem(), kind, "{offered:?}");
    }
    let opened =
        patiently("an answer", opening(&host, Some("everfold, everfold.bearer.reads")).send()).await.unwrap();
    assert_eq!(opened.status(), 101);
    assert_eq!(opened.headers()["sec-websocket-protocol"], "everfold", "the token is not repeated");
    let offered = [("sec-websocket-protocol", "everfold, everfold.bearer.reads")];
    host.socket_with("/shop/events", &offered).await.ok().unwrap().frame("caught-up").await;
    let by_header = [("authorization", "Bearer reads")];
    host.socket_with("/shop/events", &by_header).await.ok().unwrap().frame("caught-up").await;
    let foreign = [offered[0], ("origin", "http://evil.example")];
    assert_eq!(
        host.socket_with("/shop/events", &foreign).await.err().unwrap().0,
        403,
        "a token opens no page's way"
    );
}

/// Puts a file there, all at once.
fn put(path: &Path, text: &str) {
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, text).unwrap();
    fs::rename(unfinished, path).unwrap();
}

async fn status(host: &Host, token: &str) -> u16 {
    host.send(host.request("GET", "/shop/events").bearer_auth(token)).await.status
}

async fn status_is(host: &Host, token: &str, expected: u16) {
    wait_until(&format!("{expected} for {token}"), async || match status(host, token).await {
        found if found == expected => Ok(()),
        other => Err(other.to_string()),
    })
    .await;
}

#[tokio::test]
async fn tokens_are_given_and_taken_back_while_the_host_runs() {
    let [till, ops] = ["till", "ops"].map(|name| token(name, &["shop"], &[Scope::Read]).to_string());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("everfold.toml");
    put(&file, "");
    let host = Host::start(|config| {
        config.file = Some(file.clone());
        config.poll_ms = 10;
    })
    .await;
    assert_eq!(status(&host, "whoever").await, 200);
    put(&file, &till);
    status_is(&host, "whoever", 401).await;
    let mut stream = host.request("GET", "/shop/events").bearer_auth("till");
    stream = stream.header("accept", "text/event-stream");
    let followed = patiently("a stream", stream.send()).await.unwrap();
    let mut socket =
        host.socket_with("/shop/events", &[("authorization", "Bearer till")]).await.ok().unwrap();
    socket.frame("caught-up").await;
    put(&file, &format!("{till}{ops}"));
    status_is(&host, "ops", 200).await;
    assert_eq!(status(&host, "till").await, 200);
    put(&file, &ops);
    status_is(&host, "till", 401).await;
    let told = patiently("the stream's end", followed.text()).await.unwrap();
    assert!(told.contains("caught-up"), "{told}");
    socket.closed().await;
    assert_eq!(status(&host, "ops").await, 200);
}

#[tokio::test]
async fn a_token_that_the_program_makes_works_once_its_lines_are_in_the_file() {
    let made = ["token", "--name", "till-3", "--context", "shop", "--scope", "read"];
    let (status, lines, said) = run(&made, &[]).await;
    assert!(status.success(), "{said}");
    let token = said
        .split_whitespace()
        .find(|word| word.starts_with("everfold_"))
        .unwrap_or_else(|| panic!("{said}"));
    assert!(lines.contains("name = \"till-3\"") && !lines.contains(token), "{lines}");
    let folder = tempfile::tempdir().unwrap();
    let (file, reducers) = (folder.path().join("everfold.toml"), folder.path().join("reducers"));
    fs::write(&file, &lines).unwrap();
    let arguments = ["--config", file.to_str().unwrap(), "--reducers", reducers.to_str().unwrap()];
    let process =
        Process::serve(&[&arguments[..], &["--store", "sqlite::memory:", "--context", "shop"]].concat())
            .await;
    let client = reqwest::Client::new();
    let url = format!("{}/shop/events", process.base());
    let read = patiently("an answer", client.get(&url).bearer_auth(token).send()).await.unwrap();
    assert_eq!(read.status(), 200);
    let written = patiently("an answer", client.post(&url).bearer_auth(token).send()).await.unwrap();
    assert_eq!(written.status(), 403);
    let (status, _, said) = run(&["token", "--scope", "reed"], &[]).await;
    assert!(!status.success() && said.contains("read, write or admin"), "{said}");
    let (status, _, said) = run(&["token", "--context", "Shop"], &[]).await;
    assert!(!status.success() && said.contains("Shop"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_of_bench_comes_with_a_token() {
    let all = token("all", &["*"], &[Scope::Read, Scope::Write, Scope::Admin]);
    let host = Host::start(|config| config.tokens = vec![all]).await.with_token("all");
    host.deploy("shop", "ledger", guest("ledger")).await;
    let bench = ["bench", host.base(), "--events", "20", "--warm-up", "0", "--connections", "2"];
    let live = [&bench[..], &["--workload", "live", "--rate", "500", "--token", "all"]].concat();
    for (arguments, environment) in [(&bench[..], &[("EVERFOLD_TOKEN", "all")][..]), (&live[..], &[])] {
        let (status, told, said) = run(arguments, environment).await;
        assert!(status.success() && told.contains("20 events in"), "{arguments:?}: {told}{said}");
    }
    let (status, _, said) = run(&bench, &[]).await;
    assert!(!status.success() && said.contains("401") && said.contains("needs a token"), "{said}");
}

#[tokio::test]
async fn a_host_that_other_machines_reach_needs_tokens_or_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let (file, reducers) = (folder.path().join("everfold.db"), folder.path().join("reducers"));
    let store = format!("sqlite:{}", file.display());
    let exposed =
        ["serve", "--listen", "0.0.0.0:0", "--store", &store, "--reducers", reducers.to_str().unwrap()];
    let (status, _, said) = run(&exposed, &[]).await;
    assert!(!status.success());
    for words in ["0.0.0.0:", "everfold token", "--listen 127.0.0.1:4580", "--insecure"] {
        assert!(said.contains(words), "{words:?} is not in {said}");
    }
    assert_eq!(said.trim_end().lines().count(), 1, "one sentence: {said}");
    assert!(!file.exists() && !reducers.exists(), "nothing was opened");
    let insecure = Host::start(|config| {
        config.listen = "0.0.0.0:0".to_owned();
        config.insecure = true;
    })
    .await;
    insecure.post("noted", &entity(1), &event_id(1), &json!({})).await.expect(201);
    let guarded = Host::start(|config| {
        config.listen = "0.0.0.0:0".to_owned();
        config.tokens = vec![token("reads", &["shop"], &[Scope::Read])];
    })
    .await;
    for (token, expected) in [("reads", 200), ("none", 401)] {
        assert_eq!(self::status(&guarded, token).await, expected, "{token}");
    }
}

#[tokio::test]
async fn a_library_is_held_to_the_same() {
    let mut config = everfold::Config::embedded();
    config.store = "sqlite::memory:".to_owned();
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let served = everfold::serve(config, listener, CancellationToken::new());
    let refused = patiently("a refusal", Box::pin(served)).await.unwrap_err();
    assert!(refused.to_string().contains("--insecure"), "{refused}");
}
