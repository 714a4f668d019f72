//! `everfold verify`: every model is folded again, from the log, with the modules that made it.

use std::{fs, path::Path};

use serde_json::json;

use crate::harness::{Host, entity, event_id, guest, run};

/// Flips one byte of the only place of a file that holds these.
fn flip(file: &Path, needle: &[u8]) {
    let mut bytes = fs::read(file).unwrap();
    let places: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(needle)).collect();
    let [place] = places.as_slice() else { panic!("{} places", places.len()) };
    bytes[*place] ^= 1;
    fs::write(file, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_flipped_byte_in_one_model_is_found() {
    let mut host = Host::start_process().await;
    host.deploy("shop", "ledger", guest("ledger")).await;
    host.deploy("shop", "journal", guest("journal")).await;
    host.deploy("shop", "echo", guest("echo")).await;
    // A late event for each entity, and an echo of each event: the sum stands in one model and in no event.
    for (of, n) in [(1, 23_456_789), (2, 5)] {
        host.post("said", &entity(of), &event_id(10 + of), &json!({"n": 100_000_000})).await.expect(201);
        host.post("said", &entity(of), &event_id(of), &json!({"n": n})).await.expect(201);
        let path = format!("/shop/ledger/{}/model", entity(of));
        host.model_that(&path, |model| {
            model["sum"] == 2 * (100_000_000 + n) && model["ids"].as_array().unwrap().len() == 4
        })
        .await;
        // What resumes goes on with another module: both fold it again.
        host.model_that(&format!("/shop/journal/{}/model", entity(of)), |m| {
            m["ids"].as_array().unwrap().len() == 4
        })
        .await;
    }
    host.deploy("shop", "journal", guest("journal-v2")).await;
    host.post("said", &entity(3), &event_id(30), &json!({"n": 1})).await.expect(201);
    host.model_that(&format!("/shop/journal/{}/model", entity(3)), |m| {
        m["ids"].as_array().unwrap().len() == 2
    })
    .await;
    let store = host.place().store();

    if host.place().database().is_none() {
        let (status, _, said) = run(&["verify", "--store", &store], &[]).await;
        assert!(!status.success() && said.contains("in use"), "a store in use is left alone: {said}");
    }

    host.process().signal("TERM");
    host.process_mut().ended().await;
    let (status, told, said) = run(&["verify", "--store", &store], &[]).await;
    assert!(status.success(), "{told}{said}");
    assert!(told.contains("9 models checked, 0 different, 0 emissions divergent"), "{told}");

    match host.place().database() {
        None => flip(&host.folder().join("everfold.db"), b"246913578"),
        Some(database) => {
            let other = "replace(convert_from(model, 'UTF8'), '246913578', '246913579')";
            database.execute(&format!("UPDATE models SET model = convert_to({other}, 'UTF8')"));
        }
    }
    let (status, told, said) = run(&["verify", "--store", &store], &[]).await;
    assert!(!status.success() && said.contains("1 models are not"), "{said}");
    assert!(told.contains(&format!("different: shop/ledger of {}", entity(1))), "{told}");
    assert!(told.contains("up to position"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_a_module_made_before_it_was_retired_and_after_is_no_difference() {
    let mut host = Host::start_process().await;
    host.deploy("shop", "ledger", guest("ledger")).await;
    let path = format!("/shop/ledger/{}/model", entity(1));
    host.post("said", &entity(1), &event_id(1), &json!({"n": 1})).await.expect(201);
    host.model_is(&path, &json!({"ids": [event_id(1)], "sum": 1})).await;
    fs::remove_file(host.file("shop", "ledger")).unwrap();
    host.reducer_that("be retired", "shop", "ledger", |reducer| reducer.state() == "retired").await;
    host.deploy("shop", "ledger", guest("ledger")).await;
    host.post("said", &entity(1), &event_id(2), &json!({"n": 1})).await.expect(201);
    host.model_is(&path, &json!({"ids": [event_id(1), event_id(2)], "sum": 2})).await;
    host.process().signal("TERM");
    host.process_mut().ended().await;
    let store = host.place().store();
    let (status, told, said) = run(&["verify", "--store", &store], &[]).await;
    assert!(status.success() && told.contains("1 models checked, 0 different"), "{told}{said}");
}
