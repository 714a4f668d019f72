//! The JavaScript client against a real host, in Node and in a real browser.

use serde_json::{Value, json};

use crate::harness::{Host, Script, guest};

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
