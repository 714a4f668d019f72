//! One call of cargo for all reducers.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde::Deserialize;

use crate::build::{BuildError, tool::shown};

use super::{
    package::Reducer,
    toolchain::{TARGET, not_run, tool},
};

/// One line of what cargo prints.
#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    package_id: String,
    #[serde(default)]
    filenames: Vec<PathBuf>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// Compiles the reducers, and tells where each one's core module is.
pub(super) fn compile(dir: &Path, reducers: Vec<Reducer>) -> Result<Vec<(Reducer, PathBuf)>, BuildError> {
    let failed = |error: std::io::Error| not_run("cargo", dir, &error);
    let mut cargo = command(dir, &reducers);
    eprintln!("everfold: {}", shown(&cargo));
    let mut cargo = cargo.spawn().map_err(failed)?;
    let mut artifacts = Vec::new();
    if let Some(stdout) = cargo.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            // Lines of another form are what a build script or a wrapper printed.
            artifacts.extend(serde_json::from_str::<Message>(&line.map_err(failed)?));
        }
    }
    if !cargo.wait().map_err(failed)?.success() {
        return Err(BuildError::Cargo(dir.to_owned()));
    }
    let found = reducers.into_iter().map(|reducer| match core_of(&reducer, &artifacts) {
        Some(core) => Ok((reducer, core)),
        None => Err(BuildError::NoArtifact(reducer.name)),
    });
    found.collect()
}

fn command(dir: &Path, reducers: &[Reducer]) -> Command {
    let mut cargo = tool("cargo", dir);
    cargo.args(["build", "--release", "--target", TARGET, "--message-format=json-render-diagnostics"]);
    for package in reducers.iter().map(|reducer| &reducer.package).collect::<BTreeSet<_>>() {
        cargo.args(["--package", package]);
    }
    if reducers.iter().any(|reducer| !reducer.example) {
        cargo.arg("--lib");
    }
    for example in reducers.iter().filter(|reducer| reducer.example) {
        cargo.args(["--example", &example.target]);
    }
    cargo.stdout(Stdio::piped());
    cargo
}

fn core_of(reducer: &Reducer, artifacts: &[Message]) -> Option<PathBuf> {
    let of_reducer = |message: &&Message| {
        message.package_id == reducer.package
            && message.target.as_ref().is_some_and(|target| {
                target.name == reducer.target
                    && target.kind.iter().any(|kind| kind == "example") == reducer.example
            })
    };
    let mut files = artifacts.iter().filter(of_reducer).flat_map(|message| &message.filenames);
    files.find(|file| file.extension().is_some_and(|extension| extension == "wasm")).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reducer(target: &str, example: bool) -> Reducer {
        Reducer { package: "p".into(), target: target.into(), example, name: target.into() }
    }

    #[test]
    fn the_artifact_is_found_among_cargos_messages() {
        let messages: Vec<Message> = [
            r#"{"reason":"compiler-artifact","package_id":"p","target":{"name":"cart","kind":["cdylib","rlib"]},"filenames":["/t/libcart.rlib","/t/cart.wasm"]}"#,
            r#"{"reason":"compiler-artifact","package_id":"p","target":{"name":"cart","kind":["example"]},"filenames":["/t/examples/cart.wasm"]}"#,
            r#"{"reason":"build-finished","success":true}"#,
        ]
        .into_iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
        assert_eq!(core_of(&reducer("cart", false), &messages), Some("/t/cart.wasm".into()));
        assert_eq!(core_of(&reducer("cart", true), &messages), Some("/t/examples/cart.wasm".into()));
        assert_eq!(core_of(&reducer("other", true), &messages), None);
    }

    #[test]
    fn only_what_is_asked_for_is_built() {
        let reducers = [reducer("cart", false), reducer("echo", true)];
        let command = command(Path::new("/"), &reducers);
        let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
        assert!(arguments.join(" ").ends_with("--package p --lib --example echo"), "{arguments:?}");
    }
}
