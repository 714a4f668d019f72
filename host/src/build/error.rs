//! Why something cannot be built, each with the way out.

use std::{io, path::PathBuf};

/// How to get cargo, rustc and rustup on a machine that has none.
pub(super) const INSTALL_RUST: &str = "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh";

/// Why a reducer cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The folder holds nothing that can be built.
    #[error(
        "{} is no project that everfold knows: it has none of Cargo.toml (Rust), package.json (TypeScript, JavaScript), pyproject.toml (Python), go.mod (Go), build.zig (Zig) and everfold-sdk/everfold.h (C, C++); `everfold new` makes one",
        .0.display()
    )]
    NoProject(PathBuf),
    /// The folder could be two things.
    #[error("{} has both {one} and {other}: it is not clear what to build; put one of them into a folder of its own", .dir.display())]
    Ambiguous {
        /// The folder.
        dir: PathBuf,
        /// A file that tells one language.
        one: &'static str,
        /// A file that tells another.
        other: &'static str,
    },
    /// A manifest cannot be read, or does not say what is the reducer.
    #[error("{}: {why}", .path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// There is nothing to compile.
    #[error("{} has no {what}: that is where a reducer's sources are looked for", .dir.display())]
    NoSource {
        /// Where they should be.
        dir: PathBuf,
        /// What should be there.
        what: &'static str,
    },
    /// A build should make one module.
    #[error("{} holds {found} .wasm files, but a reducer's build makes one: remove what else is installed there", .dir.display())]
    Modules {
        /// Where the build puts them.
        dir: PathBuf,
        /// How many there are.
        found: usize,
    },
    /// A tool is missing.
    #[error("{tool} is not installed, or not in PATH; install it with this command and try again: {install}")]
    NoTool {
        /// The tool.
        tool: String,
        /// What installs it.
        install: &'static str,
    },
    /// A tool failed.
    #[error("{command} failed: {why}")]
    Failed {
        /// How it was called.
        command: String,
        /// What is known.
        why: String,
    },
    /// The target is missing, and so is rustup.
    #[error(
        "the Rust installation has no target wasm32-unknown-unknown, and there is no rustup to add it; install Rust with this command and try again: {INSTALL_RUST}"
    )]
    NoRustup,
    /// The target is missing still.
    #[error("cannot add the target wasm32-unknown-unknown; the messages above say why; try it by hand in {}: rustup target add wasm32-unknown-unknown", .0.display())]
    NoTarget(PathBuf),
    /// A tool does not even say what is there.
    #[error("{tool} failed in {}: {why}", .dir.display())]
    Tool {
        /// The tool.
        tool: &'static str,
        /// Where it was called.
        dir: PathBuf,
        /// What it said.
        why: String,
    },
    /// Nothing there is a reducer.
    #[error("{} holds no reducer: a reducer's Cargo.toml has the section [lib] with the line crate-type = [\"cdylib\", \"rlib\"]", .0.display())]
    NoReducer(PathBuf),
    /// Cargo failed; its messages are on stderr.
    #[error("cargo could not build {}: its messages above say why", .0.display())]
    Cargo(PathBuf),
    /// Cargo succeeded but made no wasm of it.
    #[error(
        "cargo made no .wasm file of {0}: see whether its crate type is cdylib, and whether a cargo configuration changes what is built"
    )]
    NoArtifact(String),
    /// A core module that does not say which world it is for.
    #[error("{} is a plain core module without a component type: export a reducer from it with everfold_sdk::reducer! (or with wit-bindgen and the world reducer-module)", .0.display())]
    NotTyped(PathBuf),
    /// A core module that does not fit its own component type.
    #[error("{} cannot be made a component: {why}", .core.display())]
    Component {
        /// The core module.
        core: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Two reducers of one name.
    #[error("two reducers here would be called {0}: rename one of the packages")]
    SameName(String),
    /// A file could not be read or written.
    #[error("cannot {verb} {}: {error}", .path.display())]
    File {
        /// What was tried: `read` or `write`.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}
