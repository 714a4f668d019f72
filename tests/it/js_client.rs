//! The JavaScript client against a real host, in Node and in a real browser.

use everfold::config::Scope;
use serde_json::{Value, json};

use crate::{
    doors::token,
    harness::{Browser, Host, Pages, Process, Script, entity, guest},
};

/// Stops a host, and starts another at the same address.
async fn restart(host: Host) -> Host {
    let address = address(&host);
    host.restart(|config| config.listen = address).await
}

fn address(host: &Host) -> String {
    host.base().trim_start_matches("http://").to_owned()
}

/// The same, with a store that never held anything. It is made elsewhere first: whoever came back meanwhile would
/// be told that there is no such domain.
async fn restart_with_other_history(host: Host) -> Host {
    let address = address(&host);
    let other = format!("sqlite:{}", host.folder().join("other.db").display());
    let elsewhere = host
        .restart(|config| {
            config.listen = "127.0.0.1:0".to_owned();
            config.store = other;
        })
        .await;
    elsewhere.serves("shop", "ledger", guest("ledger")).await;
    elsewhere.restart(|config| config.listen = address).await
}

/// What a script says that it knows must be what the host has.
async fn is_known(host: &Host, entity: &str, said: &Value) {
    let now = host.get(&format!("/shop/ledger/{entity}/model")).await.expect(200);
    assert_eq!(said["model"], now.json());
    let (epoch, version) = (said["epoch"].as_str().unwrap(), &said["version"]);
    assert_eq!(now.header("etag"), format!("\"{epoch}-{version}\""));
}

#[tokio::test]
async fn a_program_follows_by_patches_over_restarts_and_into_another_history() {
    let host = Host::with_ledger().await;
    let mut script = Script::start("follow.mjs", &[host.base()]);
    let said = script.said().await;
    let entity = said["entity"].as_str().unwrap().to_owned();
    let host = restart(host).await;
    script.tell(json!("it is back")).await;
    let said = script.said().await;
    is_known(&host, &entity, &said).await;
    let epoch = said["epoch"].clone();
    let host = restart_with_other_history(host).await;
    script.tell(json!("it is another")).await;
    let said = script.said().await;
    is_known(&host, &entity, &said).await;
    assert_ne!(said["epoch"], epoch);
    script.ended().await;
}

#[tokio::test]
async fn a_program_follows_and_appends_over_one_socket_through_a_restart() {
    let host = Host::with_ledger().await;
    let mut script = Script::start("socket.mjs", &[host.base()]);
    let entity = script.said().await["entity"].as_str().unwrap().to_owned();
    let host = restart(host).await;
    script.tell(json!("it is back")).await;
    let said = script.said().await;
    is_known(&host, &entity, &said).await;
    script.ended().await;
}

#[tokio::test]
async fn a_program_is_let_in_by_its_token_and_told_why_not() {
    let scopes = [Scope::Read, Scope::Write];
    let host = Host::start(|config| config.tokens = vec![token("till", &["shop"], &scopes)]).await;
    Script::start("tokens.mjs", &[host.base(), "till"]).ended().await;
}

#[tokio::test]
async fn what_a_killed_host_did_not_answer_is_appended_once() {
    let mut host = Host::start_process().await;
    host.deploy("shop", "ledger", guest("ledger")).await;
    let mut script = Script::start("socket.mjs", &[host.base()]);
    let entity = script.said().await["entity"].as_str().unwrap().to_owned();
    host.process_mut().kill().await;
    let (config, address) = (host.config(), address(&host));
    let reducers = config.reducers.to_str().unwrap();
    // Where hosts share a store, the name of the one that was killed is taken for a while.
    let files = ["--store", &config.store, "--reducers", reducers, "--node", "another"];
    let _again = Process::start(&[&["serve", "--listen", &address], &files[..]].concat(), &[]).await;
    script.tell(json!("it is back")).await;
    let said = script.said().await;
    is_known(&host, &entity, &said).await;
    script.ended().await;
}

/// How often the reader is killed.
const LIVES: u32 = 1000;

#[tokio::test]
async fn a_reader_that_is_killed_a_thousand_times_has_seen_every_event_once() {
    let host = Host::with_ledger().await;
    let mut script = Script::start("resume.mjs", &[host.base(), &LIVES.to_string(), "1"]);
    for hundred in 1..=LIVES / 100 {
        assert_eq!(script.said().await, json!({"lives": hundred * 100}));
    }
    let said = script.said().await;
    assert!(said["events"].as_u64().unwrap() > u64::from(LIVES), "{said}");
    script.ended().await;
}

#[tokio::test]
async fn two_windows_of_a_browser_share_a_cart() {
    let pages = Pages::serve().await;
    let host = Host::start(|config| config.allowed_origins = vec![pages.origin().to_owned()]).await;
    host.deploy("shop", "cart", guest("cart")).await;
    let url = format!("{}/example/cart.html?host={}#{}", pages.origin(), host.base(), entity(1));
    let mut browser = Browser::start().await;
    let (one, other) = (browser.open(&url).await, browser.open(&url).await);
    for page in [&one, &other] {
        let known = "document.getElementById('link')?.textContent.startsWith('connected')";
        browser.shows(page, known, &json!(true)).await;
        browser.shows(page, ITEMS, &json!("0")).await;
    }
    for (page, button, items) in [
        (&one, "add-cup", "1"),
        (&other, "add-cup", "2"),
        (&one, "add-tea", "3"),
        (&other, "remove-cup", "2"),
    ] {
        browser.evaluate(page, &format!("document.getElementById('{button}').click()")).await.unwrap();
        for window in [&one, &other] {
            browser.shows(window, ITEMS, &json!(items)).await;
        }
    }
    let path = format!("/shop/cart/{}/model", entity(1));
    let cart = host.get(&path).await.expect(200).json();
    assert_eq!(cart["contents"]["cup"]["qty"], 1);
    let followed = browser.evaluate(&one, &by_fetch(&format!("{}{path}", host.base()))).await.unwrap();
    assert_eq!(
        followed,
        json!([cart, "item_added"]),
        "a page of another origin follows without a socket as well"
    );
    let host = restart(host).await;
    browser.evaluate(&other, "document.getElementById('buy').click()").await.unwrap();
    for window in [&one, &other] {
        browser.shows(window, "document.getElementById('cart-title').textContent", &json!("Bought")).await;
    }
    host.stop().await;
}

/// Follows a model by `fetch`, and then the events behind the first one: what a page must be allowed to send for that
/// is more than what any page may.
fn by_fetch(url: &str) -> String {
    format!(
        "(async () => {{
            const {{ followEvents, followModel }} = await import('../src/index.js');
            for await (const {{ model, epoch }} of followModel('{url}')) {{
                const events = followEvents(new URL('/shop/events?type=item_*', '{url}'), {{ from: `${{epoch}}-1` }});
                for await (const {{ event }} of events) return [model, event.type];
            }}
        }})()"
    )
}

/// How many items a page shows.
const ITEMS: &str = "document.getElementById('items')?.textContent";
