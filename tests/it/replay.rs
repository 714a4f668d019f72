//! A captured call can be made again elsewhere: by the same module, or by a better one.

use std::{fs, path::PathBuf};

use serde_json::json;
use tempfile::TempDir;

use crate::harness::{Host, entity, event_id, guest, run};

/// Parks an entity at its first event, or with a model; saves what the host captured and the module's bytes
/// as it gives them.
async fn captured(with_model: bool) -> (TempDir, PathBuf, PathBuf) {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "hostile", guest("hostile")).await;
    if with_model {
        host.post("noted", &entity(1), &event_id(1), &json!({})).await.expect(201);
    }
    host.post("log-then-trap", &entity(1), &event_id(2), &json!({"n": 1.0})).await.expect(201);
    host.parks("shop", "hostile", &entity(1)).await;
    let folder = tempfile::tempdir().unwrap();
    let (file, module) = (folder.path().join("capture.json"), folder.path().join("module.wasm"));
    let capture = host.get(&format!("/_/parked/shop/hostile/{}", entity(1))).await.expect(200);
    fs::write(&file, &capture.body).unwrap();
    let bytes = host.get(&format!("/_/modules/{}", guest("hostile").hash)).await.expect(200);
    fs::write(&module, &bytes.body).unwrap();
    (folder, file, module)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_module_fails_as_it_did_and_says_where() {
    let (_folder, file, module) = captured(true).await;
    let arguments = ["replay", file.to_str().unwrap(), "--module", module.to_str().unwrap()];
    let (status, told, said) = run(&arguments, &[]).await;
    assert!(!status.success() && said.contains("it fails as it did"), "{said}");
    for words in
        ["shop/hostile", &entity(1), &event_id(2), r#"{"n":1.0}"#, r#"{"count":1}"#, "by module the same"]
    {
        assert!(told.contains(words), "{words:?} is not in {told}");
    }
    assert_eq!(told.matches("host.trap").count(), 2, "then and now: {told}");
    assert!(told.matches("    at ").count() > 2 && told.contains("reduce"), "frames have names: {told}");
    assert!(said.contains("everfold::guest"), "the guest's log is shown as it is written: {said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_better_module_can_be_tried_before_it_is_deployed() {
    let (folder, file, _) = captured(false).await;
    let better = folder.path().join("ledger.wasm");
    fs::write(&better, &guest("ledger").bytes).unwrap();
    let arguments = ["replay", file.to_str().unwrap(), "--module", better.to_str().unwrap()];
    let (status, told, said) = run(&arguments, &[]).await;
    assert!(status.success(), "{told}{said}");
    assert!(told.contains("it reduces") && told.contains(&guest("ledger").hash), "{told}");
    assert!(told.contains(&format!("model {{\"ids\":[\"{}\"],\"sum\":0}}", event_id(2))), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_is_named() {
    let (folder, file, _) = captured(false).await;
    let store = format!("sqlite:{}", folder.path().join("empty.db").display());
    let (status, _, said) = run(&["replay", file.to_str().unwrap(), "--store", &store], &[]).await;
    assert!(
        !status.success() && said.contains(&guest("hostile").hash) && said.contains("--module"),
        "{said}"
    );
    let other = folder.path().join("other.json");
    for (text, words) in [("{}", "not a capture"), ("nonsense", "not a capture")] {
        fs::write(&other, text).unwrap();
        let (status, _, said) = run(&["replay", other.to_str().unwrap()], &[]).await;
        assert!(!status.success() && said.contains(words) && said.contains("other.json"), "{said}");
    }
}
