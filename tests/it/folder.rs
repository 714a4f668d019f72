//! What the folder says to a host that comes back: changes count, and old, empty and unmounted folders
//! undo nothing.

use std::fs;

use everfold::Config;
use serde_json::json;

use crate::harness::{Host, Reducer, entity, event_id, file_in, guest, put_file_in};

/// A host whose `ledger` has folded one event.
async fn fed() -> Host {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "ledger", guest("ledger")).await;
    post(&host, 1).await;
    folds(&host, 1).await;
    host
}

async fn post(host: &Host, n: u64) {
    host.post("noted", &entity(1), &event_id(n), &json!({"n": 1})).await.expect(201);
}

async fn folds(host: &Host, count: u64) {
    let path = format!("/shop/ledger/{}/model", entity(1));
    host.model_that(&path, |model| model["sum"] == count).await;
}

fn remove(config: &Config) {
    fs::remove_file(file_in(config, "shop", "ledger")).unwrap();
}

#[tokio::test]
async fn a_host_that_comes_back_goes_on() {
    let host = fed().await.restart(|_| {}).await;
    folds(&host, 1).await;
    post(&host, 2).await;
    folds(&host, 2).await;
    let reducer = host.serves("shop", "ledger", guest("ledger")).await;
    assert_eq!((&reducer.0["activation"], reducer.count("refolds")), (&json!(1), 0), "{reducer:?}");
}

#[tokio::test]
async fn a_file_changed_while_the_host_was_down_counts() {
    let new = guest("ledger-v2");
    let host = fed().await.restart(|config| put_file_in(config, "shop", "ledger", &new.bytes)).await;
    host.serves("shop", "ledger", new).await;
    host.model_is(&format!("/shop/ledger/{}/model", entity(1)), &json!({"count": 1, "last": "noted"})).await;
    // Back to the old one is a change like any other.
    let old = guest("ledger");
    let host = host.restart(|config| put_file_in(config, "shop", "ledger", &old.bytes)).await;
    host.serves("shop", "ledger", old).await;
    folds(&host, 1).await;
}

#[tokio::test]
async fn a_file_deleted_while_the_host_was_down_retires() {
    let host = fed().await.restart(|config| remove(config)).await;
    host.reducer_that("retire", "shop", "ledger", |reducer| reducer.state() == "retired").await;
    host.get(&format!("/shop/ledger/{}/model", entity(1))).await.expect(200);
    // Retired it stays.
    let host = host.restart(|_| {}).await;
    host.deploy("shop", "witness", guest("ledger")).await;
    assert_eq!(host.reducer("shop", "ledger").await.unwrap().state(), "retired");
    let host = host.restart(|config| put_file_in(config, "shop", "ledger", &guest("ledger").bytes)).await;
    host.serves("shop", "ledger", guest("ledger")).await;
}

#[tokio::test]
async fn an_empty_or_unmounted_folder_undoes_nothing() {
    let host = fed().await;
    fs::remove_dir_all(host.config().reducers.join("shop")).unwrap();
    // Another context's file shows that the folder was looked through since.
    host.deploy("other", "ledger", guest("ledger")).await;
    post(&host, 2).await;
    folds(&host, 2).await;
    assert_eq!(host.reducer("shop", "ledger").await.unwrap().state(), "active");
    let host = host.restart(|config| fs::remove_dir_all(&config.reducers).unwrap()).await;
    host.deploy("third", "ledger", guest("ledger")).await;
    post(&host, 3).await;
    folds(&host, 3).await;
    for context in ["shop", "other"] {
        assert_eq!(host.serves(context, "ledger", guest("ledger")).await.state(), "active");
    }
}

#[tokio::test]
async fn the_old_folder_of_another_host_undoes_nothing() {
    let host = fed().await;
    host.deploy("shop", "ledger", guest("ledger-v2")).await;
    let host = host
        .restart(|config| {
            config.node = "another".to_owned();
            config.reducers = config.reducers.with_file_name("old");
            put_file_in(config, "shop", "ledger", &guest("ledger").bytes);
        })
        .await;
    host.deploy("shop", "witness", guest("ledger")).await;
    assert_eq!(host.serves("shop", "ledger", guest("ledger-v2")).await.refused(), "");
    // Its own changes do speak: it had recorded the file. So does a module that is new to the domain.
    host.deploy("shop", "ledger", guest("echo")).await;
    fs::remove_file(host.file("shop", "ledger")).unwrap();
    host.reducer_that("retire", "shop", "ledger", |reducer| reducer.state() == "retired").await;
}

#[tokio::test]
async fn a_host_without_a_folder_runs_what_the_store_holds() {
    let host = fed().await;
    let host = host
        .restart(|config| {
            config.node = "another".to_owned();
            config.reducers = config.reducers.with_file_name("nothing");
        })
        .await;
    post(&host, 2).await;
    folds(&host, 2).await;
    let model = host.get(&format!("/shop/ledger/{}/model", entity(1))).await;
    assert_eq!(model.header("everfold-module"), guest("ledger").hash);
    let reducer: Reducer = host.serves("shop", "ledger", guest("ledger")).await;
    assert_eq!(reducer.0["activation"], 1);
}

#[tokio::test]
async fn half_a_copy_is_not_taken_for_a_file() {
    use std::io::Write;
    let host = fed().await;
    let bytes = &guest("ledger-v2").bytes;
    let mut file = fs::File::create(host.file("shop", "ledger")).unwrap();
    for part in bytes.chunks(bytes.len() / 20) {
        file.write_all(part).unwrap();
        file.flush().unwrap();
        // Each look is a chance to take what is there.
        host.get("/_/reducers").await.expect(200);
    }
    drop(file);
    let reducer = host.serves("shop", "ledger", guest("ledger-v2")).await;
    assert_eq!(reducer.0["activation"], 2, "{reducer:?}");
}
