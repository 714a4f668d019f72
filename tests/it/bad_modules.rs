//! Bad files are named and refused, and the module that served before keeps serving.

use serde_json::json;

use crate::harness::{Guest, Host, entity, event_id, event_ids, guest};

const LOG: &str = "everfold:domain/log@0.1.0";
const REDUCER: &str = "everfold:domain/reducer@0.1.0";

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Files that no host takes, and words of the sentence that says so.
fn bad_files() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let good = &guest("ledger").bytes;
    let export = format!(
        r#"(core module $m (func (export "f")))
           (core instance $i (instantiate $m))
           (func $f (canon lift (core func $i "f")))
           (instance $r (export "describe" (func $f)) (export "reduce" (func $f)))
           (export "{REDUCER}" (instance $r))"#
    );
    let without_reduce = export.replace(r#" (export "reduce" (func $f))"#, "");
    vec![
        ("empty", vec![], "the file is empty"),
        ("text", b"(component)".to_vec(), "not WebAssembly"),
        ("short", b"\0asm".to_vec(), "not a valid component"),
        ("truncated", good[..good.len() / 2].to_vec(), "not a valid component"),
        ("core", component("(module)"), "core module"),
        ("nothing exported", component("(component)"), REDUCER),
        ("half exported", component(&format!("(component {without_reduce})")), "reduce"),
        ("other types", component(&format!("(component {export})")), "another contract"),
        (
            "a network",
            component(&format!(r#"(component (import "wasi:sockets/tcp@0.2.0" (instance)) {export})"#)),
            "wasi:sockets/tcp@0.2.0",
        ),
        (
            "a clock of another WASI",
            component(&format!(
                r#"(component (import "{LOG}" (instance)) (import "wasi:clocks/wall-clock@0.3.0" (instance)) {export})"#
            )),
            "wasi:clocks/wall-clock@0.3.0",
        ),
        ("cannot resume", guest("contradiction").bytes.clone(), "resume"),
    ]
}

#[tokio::test]
async fn a_bad_file_is_refused_and_what_served_goes_on() {
    let host = Host::start(|_| {}).await;
    let good = guest("ledger");
    host.deploy("shop", "ledger", good).await;
    let mut ids = vec![];
    for (n, (what, bytes, words)) in (1..).zip(bad_files()) {
        host.put_file("shop", "ledger", &bytes);
        let reducer = host.refuses("shop", "ledger", &[words]).await;
        assert_eq!(
            (reducer.module(), reducer.state()),
            (good.hash.as_str(), "active"),
            "{what}: {reducer:?}"
        );
        assert!(!reducer.refused().contains('\n'), "{what}: one sentence: {}", reducer.refused());
        host.post("noted", &entity(1), &event_id(n), &json!({})).await.expect(201);
        ids.push(event_id(n));
        host.model_is(&format!("/shop/ledger/{}/model", entity(1)), &json!({"ids": ids, "sum": 0})).await;
    }
    // The good one again, then a better one.
    host.put_file("shop", "ledger", &good.bytes);
    let clear = |reducer: &crate::harness::Reducer| reducer.refused().is_empty();
    host.reducer_that("take back its refusal", "shop", "ledger", clear).await;
    host.put_file("shop", "ledger", b"");
    host.refuses("shop", "ledger", &["empty"]).await;
    let reducer = host.deploy("shop", "ledger", guest("ledger-v2")).await;
    assert_eq!(reducer.refused(), "");
}

#[tokio::test]
async fn a_bad_file_alone_makes_no_domain() {
    let host = Host::start(|_| {}).await;
    for (what, bytes, words) in bad_files() {
        host.put_file("shop", "cart", &bytes);
        let reducer = host.refuses("shop", "cart", &[words]).await;
        assert_eq!((reducer.state(), reducer.module()), ("failed", ""), "{what}: {reducer:?}");
        assert!(reducer.0["state"]["why"].as_str().unwrap().contains(words), "{what}: {reducer:?}");
        assert_eq!(host.get("/shop/cart/models").await.expect(404).problem(), "unknown-domain");
    }
    assert_eq!(host.get("/shop/keys").await.json()["keys"], json!([]));
    host.get("/_/ready").await.expect(200);
    host.deploy("shop", "cart", guest("ledger")).await;
}

#[tokio::test]
async fn a_file_over_the_limit_is_not_even_read() {
    let host = Host::start(|config| config.limits.module_bytes = 1000).await;
    host.put_file("shop", "ledger", &guest("ledger").bytes);
    host.refuses("shop", "ledger", &["limits.module_bytes", "1000"]).await;
}

#[tokio::test]
async fn a_change_of_the_fold_is_a_new_domain() {
    let host = Host::start(|_| {}).await;
    for (domain, first, second) in [("one", "journal", "roll"), ("other", "roll", "ledger")] {
        host.deploy("shop", domain, guest(first)).await;
        host.put_file("shop", domain, &guest(second).bytes);
        let reducer = host.refuses("shop", domain, &["whole context", "each entity", "new domain"]).await;
        assert_eq!(reducer.module(), guest(first).hash);
    }
    // Between the orders of entities it is an upgrade like any other.
    host.post("noted", &entity(1), &event_id(2), &json!({"n": 1})).await.expect(201);
    host.post("noted", &entity(1), &event_id(1), &json!({"n": 1})).await.expect(201);
    let path = format!("/shop/one/{}/model", entity(1));
    host.model_is(&path, &json!({"ids": event_ids([2, 1]), "positions": [1, 2]})).await;
    host.deploy("shop", "one", guest("ledger")).await;
    host.model_is(&path, &json!({"ids": event_ids([1, 2]), "sum": 2})).await;
}

#[tokio::test]
async fn names_that_are_not_domains_are_ignored() {
    let host = Host::start(|_| {}).await;
    for (context, domain) in [("shop", "My_Cart"), ("Shop", "cart"), ("shop", ".hidden")] {
        host.put_file(context, domain, &guest("ledger").bytes);
    }
    std::fs::write(host.config().reducers.join("cart.wasm"), &guest("ledger").bytes).unwrap();
    std::fs::write(host.config().reducers.join("shop/cart.txt"), &guest("ledger").bytes).unwrap();
    // What comes after them was seen after them.
    host.deploy("shop", "ledger", guest("ledger")).await;
    let all = host.get("/_/reducers").await.expect(200).json();
    assert_eq!(all["reducers"].as_array().unwrap().len(), 1, "{all}");
}

#[tokio::test]
async fn a_module_is_named_by_the_hash_of_its_bytes() {
    let host = Host::start(|_| {}).await;
    // The same program with another section is another module.
    let mut bytes = guest("ledger").bytes.clone();
    bytes.extend([0, 5, 4, b'n', b'o', b't', b'e']);
    let other = Guest::new(bytes);
    assert_ne!(other.hash, guest("ledger").hash);
    host.deploy("shop", "ledger", guest("ledger")).await;
    host.post("noted", &entity(1), &event_id(1), &json!({})).await.expect(201);
    host.deploy("shop", "ledger", &other).await;
    let path = format!("/shop/ledger/{}/model", entity(1));
    let model = host.get(&path).await.expect(200);
    assert_eq!(model.header("everfold-module"), other.hash);
}
