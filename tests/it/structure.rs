//! The arrows that must never be, read out of the source.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::harness::root;

/// Every Rust file below a folder, by its path from there, with its text.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    written_in(&["rs"], folder)
}

/// The same of files with these extensions.
fn written_in(extensions: &[&str], folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = vec![];
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|is| extensions.iter().any(|extension| is == *extension)) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(folder).unwrap().to_owned(), text));
            }
        }
    }
    assert!(!found.is_empty(), "nothing in {}", folder.display());
    found
}

/// The lines that are code: neither comments nor what only unit tests do.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let code = text.lines().take_while(|line| line.trim() != "#[cfg(test)]").enumerate();
    code.map(|(number, line)| (number + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Where code below `folder` (of the host) holds one of the words, outside of the modules `except`.
fn uses(folder: &str, words: &[&str], except: &[&str]) -> Vec<String> {
    let mut uses = vec![];
    for (path, text) in sources(&root().join("host/src").join(folder)) {
        if except.iter().any(|module| path.starts_with(module) || path == Path::new(&format!("{module}.rs")))
        {
            continue;
        }
        let lines = code(&text).filter(|(_, line)| words.iter().any(|word| line.contains(word)));
        uses.extend(
            lines.map(|(number, line)| format!("{folder}/{}:{number}: {}", path.display(), line.trim())),
        );
    }
    uses
}

#[test]
fn only_one_module_knows_each_library() {
    for (words, module) in [
        (&["axum::", "use axum"][..], &["http"][..]),
        (&["sqlx::", "sqlx::Error"], &["store"]),
        (&["wasmtime::", "use wasmtime"], &["sandbox"]),
        (&["wit_component", "wit_parser"], &["build"]),
        (&["toml::"], &["build"]),
        (&["notify::"], &["deploy"]),
        (&["wasmparser::"], &["sandbox"]),
        (&["granit_parser"], &["cases"]),
        (&["similar::"], &["cases", "http"]),
        (&["hdrhistogram::"], &["bench"]),
        (&["tokio_tungstenite::"], &["bench", "http"]),
        (&["tokio_rustls::"], &["http"]),
        (&["tower_http::"], &["http"]),
    ] {
        assert_eq!(uses("", words, module), [""; 0], "{words:?} belongs to {module:?}");
        assert!(!uses(module[0], words, &[]).is_empty(), "{words:?} is nowhere: the test has lost its sense");
    }
}

#[test]
fn only_config_reads_the_environment() {
    let words = ["env::var", "env::vars", "var_os(", "vars_os("];
    assert_eq!(uses("", &words, &["config"]), [""; 0]);
    assert!(!uses("config", &words, &[]).is_empty());
}

#[test]
fn time_and_randomness_are_parameters() {
    let words =
        ["SystemTime::now", "Uuid::new_v4", "Uuid::now_v1", "fastrand::u", "thread_rng", "getrandom::"];
    assert_eq!(uses("", &words, &["clock"]), [""; 0]);
}

#[test]
fn arrows_that_must_never_be() {
    for (from, to) in [
        ("sandbox", &["store", "http", "scheduler", "committer", "feed", "deploy"][..]),
        ("store", &["http", "scheduler", "sandbox", "committer", "feed", "deploy"]),
        ("words", &["http", "store", "scheduler", "sandbox", "committer", "feed", "deploy", "config"]),
        ("feed", &["http", "scheduler", "sandbox", "deploy"]),
        ("committer", &["http", "scheduler", "sandbox", "deploy"]),
        ("ingest", &["http", "store", "scheduler", "sandbox", "deploy"]),
        ("scheduler", &["http", "deploy"]),
        ("deploy", &["http"]),
    ] {
        for to in to {
            let nested = [
                format!("crate::{to}::"),
                format!("    {to}::"),
                format!("crate::{to}}}"),
                format!("super::{to}::"),
            ];
            let words: Vec<_> = nested.iter().map(String::as_str).collect();
            assert_eq!(uses(from, &words, &[]), [""; 0], "{from} must not see {to}");
        }
    }
}

#[test]
fn every_guest_is_named_in_a_test() {
    let tests: String = sources(&root().join("tests/it")).into_iter().map(|(_, text)| text).collect();
    let examples = sources(&root().join("tests/guests/examples"));
    let domains = ["cart", "coupons"].map(str::to_owned);
    for guest in
        examples.iter().map(|(path, _)| path.file_stem().unwrap().to_str().unwrap().to_owned()).chain(domains)
    {
        assert!(tests.contains(&format!("\"{guest}\"")), "no test names the guest {guest}");
    }
}

#[test]
fn tests_do_not_rest_for_a_fixed_time() {
    let forbidden = ["sle", "ep("].concat();
    for (path, text) in sources(&root().join("tests/it")) {
        for (number, line) in code(&text) {
            assert!(!line.contains(&forbidden), "{}:{number}: {line}", path.display());
        }
    }
}

#[test]
fn files_are_short_enough_to_be_read() {
    let sdks =
        ["rust/src", "js-client", "js/src", "python/everfold", "go", "zig/src", "assemblyscript/assembly"];
    let folders =
        sdks.iter().map(|sdk| format!("sdk/{sdk}")).chain(["host/src", "tests/it"].map(str::to_owned));
    for folder in folders {
        let extensions = ["rs", "js", "mjs", "ts", "html", "py", "go", "zig"];
        for (path, text) in written_in(&extensions, &root().join(&folder)) {
            let lines = text.lines().count();
            assert!(lines <= 300, "{folder}/{} has {lines} lines", path.display());
        }
    }
}
