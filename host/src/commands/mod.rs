//! What the program can be asked to do, one file for each.

pub(crate) mod backup;
pub(crate) mod bench;
pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod demo;
pub(crate) mod dev;
pub(crate) mod export;
pub(crate) mod id;
pub(crate) mod import;
pub(crate) mod migrate;
mod module;
pub(crate) mod new;
pub(crate) mod replay;
pub(crate) mod restore;
pub(crate) mod serve;
mod signals;
pub(crate) mod test;
pub(crate) mod token;
pub(crate) mod verify;

use std::path::Path;

use everfold::{Config, config::ConfigError};

/// How a command ended. An error is a sentence for people.
pub(crate) type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// The configuration, with the store that a flag names.
fn configured(file: Option<&Path>, store: Option<String>) -> Result<Config, ConfigError> {
    Config::load(file, store.map(|store| ("store", store)).into_iter().collect())
}
