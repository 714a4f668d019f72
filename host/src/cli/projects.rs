//! What `new`, `dev`, `build`, `check` and `test` are told.

use std::path::PathBuf;

use clap::Args;
use everfold::{
    projects::Language,
    words::{ContextName, DomainKey},
};

#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The folder to make; its name is that of the domain: small letters, digits and -
    #[arg(value_name = "NAME")]
    pub(crate) path: PathBuf,
    /// What to write it in (c: C or C++)
    #[arg(long, value_name = "LANGUAGE", value_enum)]
    pub(crate) lang: Language,
}

#[derive(Debug, Args)]
pub(crate) struct DevArgs {
    /// The folder of the project
    #[arg(value_name = "PROJECT", default_value = ".")]
    pub(crate) project: PathBuf,
    /// The context that its reducers serve
    #[arg(long, value_name = "NAME", default_value = "shop")]
    pub(crate) context: ContextName,
    /// Where to listen [default: 127.0.0.1:4580]; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<String>,
    /// The configuration whose limits apply (also `EVERFOLD_CONFIG`)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    /// The folder of a project: a Rust crate or workspace, or what has a package.json (TypeScript, JavaScript), a
    /// pyproject.toml (Python), a go.mod (Go), a build.zig (Zig) or an everfold-sdk/everfold.h (C, C++). Or the file of
    /// a core module that follows the canonical ABI of the world reducer-module
    #[arg(value_name = "PROJECT")]
    pub(crate) path: PathBuf,
    /// The file to write, or a folder for NAME.wasm [default: NAME.wasm in the current folder]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Also build a crate's examples whose crate type is cdylib
    #[arg(long)]
    pub(crate) examples: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The module
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) terms: Terms,
}

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// The module
    pub(crate) module: PathBuf,
    /// A case file (.yaml, .yml or .json), or a folder that is searched for them
    pub(crate) cases: PathBuf,
    #[command(flatten)]
    pub(crate) terms: Terms,
}

/// Under which terms a module is taken.
#[derive(Debug, Args)]
pub(crate) struct Terms {
    /// The configuration whose limits apply (also `EVERFOLD_CONFIG`)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The domain that it would serve, which may have limits of its own (`limits_of`)
    #[arg(long, value_name = "CONTEXT/DOMAIN")]
    pub(crate) domain: Option<DomainKey>,
}
