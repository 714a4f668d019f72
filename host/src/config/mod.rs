//! The host's configuration: what every option means stands in `default.toml`.
//!
//! | file | what it does |
//! |---|---|
//! | `environment` | reads the environment; nothing else in the crate does |
//! | `layers` | lays default, file, environment and flags over each other |
//! | `rules` | which values make sense |
//! | `tokens` | who may do what, in which contexts |
//! | `secret` | a token as it is sent, and its hash |

mod environment;
mod error;
mod layers;
mod rules;
mod secret;
mod tokens;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{store::Reduces, words::DomainKey};

use layers::{Layers, TOKENS};

pub use environment::{client_token, log_filter, runs_under_cargo};
pub use error::{ConfigError, Source};
pub use secret::{Secret, TokenHash};
pub use tokens::{Scope, Token};

/// The lowest layer, and the documentation of every option.
pub const DEFAULT: &str = include_str!("../../default.toml");

/// Every option. See `default.toml`, which is the documentation of each.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents every option; a second copy would drift")]
pub struct Config {
    pub listen: String,
    pub insecure: bool,
    pub tokens: Vec<Token>,
    pub tls_certificate: PathBuf,
    pub tls_key: PathBuf,
    pub store: String,
    pub store_connections: u32,
    pub reducers: PathBuf,
    pub node: String,
    pub reduce_contexts: Vec<String>,
    pub reduce_domains: Vec<String>,
    pub lease_ms: u64,
    pub contexts: Vec<String>,
    pub auto_create_contexts: bool,
    pub allowed_hosts: Vec<String>,
    pub allowed_origins: Vec<String>,
    pub max_clock_ahead_ms: u64,
    pub code_cache: String,
    pub workers: usize,
    pub debounce_ms: u64,
    pub poll_ms: u64,
    pub shutdown_ms: u64,
    pub limits: Limits,
    #[serde(skip)]
    pub limits_of: BTreeMap<DomainKey, Limits>,
    /// The file that it was read from, if any: its tokens are read again when it changes.
    #[serde(skip)]
    pub file: Option<PathBuf>,
}

/// Every limit. See `default.toml`, which is the documentation of each.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents every option; a second copy would drift")]
pub struct Limits {
    pub event_bytes: usize,
    pub metadata_bytes: usize,
    pub batch_bytes: usize,
    pub batch_events: usize,
    pub page: u32,
    pub queued_writes: usize,
    pub queued_bytes: usize,
    pub group_events: usize,
    pub streams: usize,
    pub message_bytes: usize,
    pub slow_reader_ms: u64,
    pub handshakes: usize,
    pub handshake_ms: u64,
    pub head_ms: u64,
    pub wait_ms: u64,
    pub tail_events: usize,
    pub cached_bytes: usize,
    pub pending_events: usize,
    pub call_events: usize,
    pub snapshot_events: usize,
    pub fuel: u64,
    pub memory_bytes: usize,
    pub stack_bytes: usize,
    pub output_bytes: usize,
    pub call_ms: u64,
    pub call_attempts: u32,
    pub module_bytes: usize,
    pub module_instances: u32,
    pub compile_ms: u64,
    pub model_bytes: usize,
    pub emitted_events: usize,
    pub causal_depth: u32,
    pub code_cache_bytes: u64,
    pub log_bytes: usize,
}

impl Config {
    /// Reads the configuration: `default.toml`, under `file` (none: the one that `EVERFOLD_CONFIG` names, if
    /// any), under the environment, under `overrides`, which are pairs of a key such as `limits.page` and
    /// its value; lists are separated by commas.
    ///
    /// # Errors
    /// [`ConfigError`] names the option, the value, where it was set, and what would be valid.
    pub fn load(file: Option<&Path>, overrides: Vec<(&str, String)>) -> Result<Self, ConfigError> {
        let variables = environment::variables()?;
        let file = file.map(Path::to_path_buf).or_else(|| variables.config.clone());
        Self::from_layers(file.as_deref(), variables.options, overrides)
    }

    /// The tokens that a configuration file has now. Whatever else it says is not looked at.
    ///
    /// # Errors
    /// [`ConfigError`], as for [`Self::load`].
    pub fn tokens_in(file: &Path) -> Result<Vec<Token>, ConfigError> {
        let mut layers = Layers::new()?;
        layers.add_file(file)?;
        let tokens = layers.read::<Self>()?.tokens;
        tokens::check(&tokens).map_err(|why| layers.refuse(TOKENS, why))?;
        Ok(tokens)
    }

    /// The files of the certificate and its key, if the host speaks TLS.
    #[must_use]
    pub fn tls_files(&self) -> Option<(&Path, &Path)> {
        let is_set = !self.tls_certificate.as_os_str().is_empty();
        is_set.then_some((self.tls_certificate.as_path(), self.tls_key.as_path()))
    }

    /// The limits of one reducer: its own where it has any, and otherwise everybody's.
    #[must_use]
    pub fn limits_for(&self, key: &DomainKey) -> &Limits {
        self.limits_of.get(key).unwrap_or(&self.limits)
    }

    /// To what this host is limited of a store that it shares.
    #[must_use]
    pub fn reduces(&self) -> Reduces {
        // What is no name was refused when the configuration was read.
        let contexts = self.reduce_contexts.iter().filter_map(|context| context.parse().ok());
        let domains = self.reduce_domains.iter().filter_map(|domain| domain.parse().ok());
        Reduces { contexts: contexts.collect(), domains: domains.collect() }
    }

    /// How many threads run reducers: as configured, or one for each core.
    #[must_use]
    pub fn worker_count(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            workers => workers,
        }
    }

    /// Where compiled code is kept; none: nowhere. Under `auto` the environment says where.
    #[must_use]
    pub fn cache_folder(&self) -> Option<PathBuf> {
        match self.code_cache.as_str() {
            "" => None,
            "auto" => environment::cache_home().map(|home| home.join("everfold")),
            folder => Some(PathBuf::from(folder)),
        }
    }

    /// `default.toml` and nothing else: for tests, and for programs that set the fields themselves.
    ///
    /// # Panics
    /// Never, as long as this crate's tests pass: the file is built in, and they read it.
    #[must_use]
    pub fn embedded() -> Self {
        Self::from_layers(None, Vec::new(), Vec::new()).expect("the embedded default.toml is valid")
    }

    fn from_layers(
        file: Option<&Path>,
        environment: Vec<(String, String)>,
        overrides: Vec<(&str, String)>,
    ) -> Result<Self, ConfigError> {
        let mut layers = Layers::new()?;
        if let Some(file) = file {
            layers.add_file(file)?;
        }
        for (variable, text) in environment {
            let key = environment::key_of(&variable);
            layers.set(&key, &text, Source::Environment(variable))?;
        }
        for (key, text) in overrides {
            layers.set(key, &text, Source::Flag(key.to_owned()))?;
        }
        rules::check_numbers(&layers)?;
        let mut config: Self = layers.read()?;
        config.file = file.map(Path::to_path_buf);
        rules::check(&config, &layers)?;
        for (key, layers) in layers.of_reducers() {
            rules::check_numbers(&layers)?;
            config.limits_of.insert(key, layers.read::<Self>()?.limits);
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests;
