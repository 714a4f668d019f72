//! Configuration: flag before environment before file before what is built in; mistakes are named.

use std::fs;

use tempfile::TempDir;

use crate::harness::{Process, run};

/// A folder with a configuration file in it.
fn file(text: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("everfold.toml");
    fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[tokio::test]
async fn a_mistake_in_the_file_is_named_with_what_would_be_valid() {
    for (text, words) in [
        ("listen = ", &["TOML"][..]),
        ("colour = 1", &["colour", "listen"]),
        ("[limits]\nevents = 1", &["limits.events", "limits.event_bytes"]),
        ("listen = \"nonsense\"", &["listen", "nonsense", "127.0.0.1:4580"]),
        ("store = \"mysql://host\"", &["store", "sqlite:FILE", "postgres://"]),
        ("contexts = \"shop\"", &["contexts", "list"]),
        ("contexts = [\"Shop\"]", &["contexts", "Shop"]),
        ("poll_ms = \"often\"", &["poll_ms", "often"]),
        ("[limits]\npage = 0", &["limits.page", "from 1"]),
        ("allowed_origins = [\"*\"]", &["allowed_origins", "https://shop.example"]),
    ] {
        let (_folder, path) = file(text);
        let (status, _, said) = run(&["serve", "--config", &path], &[]).await;
        assert!(!status.success(), "{text}");
        for words in words.iter().chain(&[path.as_str()]) {
            assert!(said.contains(words), "{text}: {words:?} is not in {said}");
        }
    }
    let (status, _, said) = run(&["serve", "--config", "/nowhere/everfold.toml"], &[]).await;
    assert!(!status.success() && said.contains("/nowhere/everfold.toml"), "{said}");
    let (status, _, said) = run(&["serve"], &[("EVERFOLD_LIMITS__PAGE", "none")]).await;
    assert!(!status.success() && said.contains("EVERFOLD_LIMITS__PAGE"), "{said}");
    let (status, _, said) = run(&["serve"], &[("EVERFOLD_COLOUR", "red")]).await;
    assert!(!status.success() && said.contains("EVERFOLD_COLOUR"), "{said}");
}

/// The one of these contexts that a host knows.
async fn known(arguments: &[&str], environment: &[(&str, &str)]) -> Vec<&'static str> {
    let folder = tempfile::tempdir().unwrap();
    let reducers = folder.path().join("reducers");
    let own = ["--store", "sqlite::memory:", "--reducers", reducers.to_str().unwrap()];
    let process = Process::serve_with(&[&own, arguments].concat(), environment).await;
    let mut known = vec![];
    for context in ["by-file", "by-environment", "by-flag"] {
        let url = format!("{}/{context}/events", process.base());
        if reqwest::get(url).await.unwrap().status() == 200 {
            known.push(context);
        }
    }
    known
}

#[tokio::test]
async fn a_flag_goes_before_the_environment_before_the_file() {
    // The address in the file could not be listened at: the flag of the harness goes before it.
    let (_folder, path) = file("contexts = [\"by-file\"]\nlisten = \"192.0.2.1:1\"");
    let variable = ("EVERFOLD_CONTEXTS", "by-environment");
    assert_eq!(known(&[], &[]).await, [""; 0]);
    assert_eq!(known(&["--config", &path], &[]).await, ["by-file"]);
    assert_eq!(known(&[], &[("EVERFOLD_CONFIG", &path)]).await, ["by-file"]);
    assert_eq!(known(&["--config", &path], &[variable]).await, ["by-environment"]);
    assert_eq!(known(&["--config", &path, "--context", "by-flag"], &[variable]).await, ["by-flag"]);
}
