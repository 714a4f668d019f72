//! Calls cargo, rustc and rustup as somebody who stands in the crate's folder would.

use std::{
    io,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use crate::{
    build::{BuildError, error::INSTALL_RUST},
    config,
};

/// What reducers are compiled for.
pub(super) const TARGET: &str = "wasm32-unknown-unknown";

/// Flags and targets that somebody set for this machine's own programs; with them wasm does not link.
const FOR_THE_MACHINE: [&str; 4] =
    ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS", "CARGO_BUILD_TARGET"];

/// What `cargo run` says about *this* program's build: its toolchain, above all, is not the crate's.
const OF_ANOTHER_BUILD: [&str; 5] =
    ["RUSTUP_TOOLCHAIN", "CARGO", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "RUSTC_WORKSPACE_WRAPPER"];

/// A call of a tool in `dir`.
pub(super) fn tool(name: &str, dir: &Path) -> Command {
    let mut command = Command::new(name);
    command.current_dir(dir).stdin(Stdio::null());
    for variable in FOR_THE_MACHINE {
        command.env_remove(variable);
    }
    if config::runs_under_cargo() {
        for variable in OF_ANOTHER_BUILD {
            command.env_remove(variable);
        }
    }
    command
}

/// What a tool prints, if it succeeds.
pub(super) fn ask(name: &'static str, arguments: &[&str], dir: &Path) -> Result<String, BuildError> {
    let output = tool(name, dir).args(arguments).output().map_err(|error| not_run(name, dir, &error))?;
    let Output { status, stdout, stderr } = output;
    if status.success() {
        return Ok(String::from_utf8_lossy(&stdout).into_owned());
    }
    let why = String::from_utf8_lossy(&stderr).trim().to_owned();
    Err(BuildError::Tool { tool: name, dir: dir.to_owned(), why })
}

/// Why a tool could not even be started.
pub(super) fn not_run(name: &'static str, dir: &Path, error: &io::Error) -> BuildError {
    match error.kind() {
        io::ErrorKind::NotFound => BuildError::NoTool { tool: name.to_owned(), install: INSTALL_RUST },
        _ => BuildError::Tool { tool: name, dir: dir.to_owned(), why: error.to_string() },
    }
}

/// Adds the wasm target to the toolchain that applies in `dir`, if it is missing, and says so on stderr.
pub(super) fn require_target(dir: &Path) -> Result<(), BuildError> {
    if has_target(dir)? {
        return Ok(());
    }
    eprintln!("everfold: the target {TARGET} is missing; adding it: rustup target add {TARGET}");
    match tool("rustup", dir).args(["target", "add", TARGET]).status() {
        Ok(status) if status.success() && has_target(dir)? => Ok(()),
        Ok(_) => Err(BuildError::NoTarget(dir.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(BuildError::NoRustup),
        Err(error) => Err(not_run("rustup", dir, &error)),
    }
}

fn has_target(dir: &Path) -> Result<bool, BuildError> {
    // rustc names the folder whether or not the target is installed.
    let folder = ask("rustc", &["--print", "target-libdir", "--target", TARGET], dir)?;
    Ok(PathBuf::from(folder.trim()).is_dir())
}
