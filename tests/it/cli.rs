//! The program: `everfold build`, `everfold check`, and what `everfold serve` says when it cannot start.

use std::{
    fs,
    io::{Read, Seek, SeekFrom, Write},
    path::Path,
};

use everfold_test_postgres::Database;
use serde_json::json;
use tokio::net::TcpListener;

use crate::harness::{Guest, Host, entity, event_id, guest, left_out, root, run};

async fn check(bytes: &[u8]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cart.wasm");
    fs::write(&file, bytes).unwrap();
    let (status, told, said) = run(&["check", file.to_str().unwrap()], &[]).await;
    (status.success(), told + &said)
}

#[tokio::test]
async fn check_prints_the_descriptor_or_the_one_sentence_why_not() {
    let (good, said) = check(&guest("roll").bytes).await;
    assert!(good, "{said}");
    for words in [&guest("roll").hash, "noted", "whole context", "rebuild"] {
        assert!(said.contains(words), "{words:?} is not in {said}");
    }
    let ledger = &guest("ledger").bytes;
    for (bytes, words) in [
        (&ledger[..ledger.len() - 9], "not a valid component"),
        (b"\0asm\x01\0\0\0", "core module"),
        (b"", "empty"),
        (&guest("contradiction").bytes, "resume"),
    ] {
        let (good, said) = check(bytes).await;
        assert!(!good && said.contains(words) && said.contains("cart.wasm"), "{words:?}: {said}");
        assert_eq!(said.trim_end().lines().count(), 1, "one sentence: {said}");
    }
    let (status, _, said) = run(&["check", "/nowhere/cart.wasm"], &[]).await;
    assert!(!status.success() && said.contains("/nowhere/cart.wasm"), "{said}");
}

/// A crate of somebody else's, outside of this clone.
fn fresh_crate(folder: &Path) {
    let sdk = root().join("sdk/rust");
    let manifest = format!(
        "[package]\nname = \"my_counter\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n\n\
         [dependencies]\neverfold-sdk = {{ path = {sdk:?} }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n"
    );
    let source = "use everfold_sdk::{Event, NewEvent, Result, reducer};\n\n\
        #[derive(serde::Deserialize)]\n#[serde(rename_all = \"snake_case\")]\nenum Change {\n    Added { qty: u64 },\n}\n\n\
        fn apply(count: &mut u64, event: Event<Change>) -> Result<Vec<NewEvent>> {\n    let Change::Added { qty } = event.data;\n    \
        *count += qty;\n    Ok(vec![])\n}\n\nreducer!(apply, order: occurred);\n";
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::write(folder.join("src/lib.rs"), source).unwrap();
    // The toolchain and the versions that are here already, so that nothing has to be fetched.
    fs::copy(root().join("rust-toolchain.toml"), folder.join("rust-toolchain.toml")).unwrap();
    fs::copy(root().join("reducers/Cargo.lock"), folder.join("Cargo.lock")).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn build_makes_a_module_of_a_crate_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    fresh_crate(folder.path());
    let file = folder.path().join("counter.wasm");
    let arguments = ["build", folder.path().to_str().unwrap(), "-o", file.to_str().unwrap()];
    // What the crate depends on is compiled once and kept.
    let target = ("CARGO_TARGET_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/fresh"));
    let (status, told, said) = run(&arguments, &[target]).await;
    assert!(status.success(), "{said}");
    let built = Guest::new(fs::read(&file).unwrap());
    assert!(told.contains("counter.wasm") && told.contains(&built.hash), "{told}");
    assert!(check(&built.bytes).await.0);
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "counter", &built).await;
    host.post("added", &entity(1), &event_id(1), &json!({"qty": 3})).await.expect(201);
    host.post("added", &entity(1), &event_id(2), &json!({"qty": 4})).await.expect(201);
    host.model_is(&format!("/shop/counter/{}/model", entity(1)), &json!(7)).await;
}

#[tokio::test]
async fn build_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let build = async || {
        let (status, _, said) = run(&["build", folder.path().to_str().unwrap()], &[]).await;
        assert!(!status.success());
        said
    };
    let said = build().await;
    assert!(said.contains("is no project that everfold knows") && said.contains("Cargo.toml"), "{said}");
    fresh_crate(folder.path());
    let manifest = fs::read_to_string(folder.path().join("Cargo.toml")).unwrap();
    fs::write(folder.path().join("Cargo.toml"), manifest.replace("\"cdylib\", ", "")).unwrap();
    let said = build().await;
    assert!(said.contains("no reducer") && said.contains("cdylib"), "{said}");
}

/// Calls `serve`, which must fail, and gives what it says.
async fn serve_fails(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let reducers = folder.path().join("reducers");
    let arguments = [&["serve", "--reducers", reducers.to_str().unwrap()], arguments].concat();
    let (status, _, said) = run(&arguments, &[]).await;
    assert!(!status.success(), "{arguments:?}");
    said
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = serve_fails(&["--listen", &address, "--store", "sqlite::memory:"]).await;
    assert!(said.contains(&address) && said.contains("--listen"), "{said}");
}

#[tokio::test]
async fn a_store_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    fs::write(&file, "this is no database, and much longer than the header of one would be".repeat(20))
        .unwrap();
    let below = format!("sqlite:{}", file.join("everfold.db").display());
    let said = serve_fails(&["--listen", "127.0.0.1:0", "--store", &below]).await;
    assert!(said.contains("everfold.db"), "{said}");
    let other = format!("sqlite:{}", file.display());
    let said = serve_fails(&["--listen", "127.0.0.1:0", "--store", &other]).await;
    assert!(said.contains("a-file"), "{said}");
    let said =
        serve_fails(&["--listen", "127.0.0.1:0", "--store", "sqlite:/proc/everfold/everfold.db"]).await;
    assert!(said.contains("/proc/everfold"), "{said}");
}

#[tokio::test]
async fn a_schema_is_printed_or_applied() {
    let (status, sql, said) = run(&["migrate", "--print"], &[]).await;
    assert!(status.success() && sql.contains("CREATE TABLE events"), "{sql}{said}");
    let (printed, applied) = (Database::new(), Database::new());
    printed.execute(&sql);
    for database in [&printed, &applied, &applied] {
        let (status, told, said) = run(&["migrate", "--store", &database.url()], &[]).await;
        assert!(status.success() && told.contains("has the newest schema"), "{told}{said}");
    }
    let tables =
        "SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(printed.execute(tables), applied.execute(tables));
}

#[tokio::test]
async fn a_store_from_a_newer_version_is_left_alone() {
    if left_out("the number of the schema in a file; the same of a database is tested beside that back end") {
        return;
    }
    let host = Host::start(|_| {}).await;
    host.post("noted", &entity(1), &event_id(1), &json!({})).await.expect(201);
    let path = host.folder().join("everfold.db");
    let store = host.config().store.clone();
    let kept = tempfile::tempdir().unwrap();
    let copy = kept.path().join("everfold.db");
    host.restart(|_| {
        // Between two runs all of it is in the file. SQLite keeps `user_version` at byte 60.
        fs::copy(&path, &copy).unwrap();
    })
    .await
    .stop()
    .await;
    let mut file = fs::File::options().read(true).write(true).open(&copy).unwrap();
    file.seek(SeekFrom::Start(60)).unwrap();
    let mut version = [0; 4];
    file.read_exact(&mut version).unwrap();
    assert_ne!(version, [0; 4], "{store} has a version");
    file.seek(SeekFrom::Start(60)).unwrap();
    file.write_all(&99_u32.to_be_bytes()).unwrap();
    drop(file);
    let before = fs::read(&copy).unwrap();
    let said =
        serve_fails(&["--listen", "127.0.0.1:0", "--store", &format!("sqlite:{}", copy.display())]).await;
    assert!(said.contains("newer") && said.contains("99"), "{said}");
    assert_eq!(fs::read(&copy).unwrap(), before);
}
