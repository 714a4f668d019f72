//! What can be wrong with a configuration.

use std::{fmt, path::PathBuf};

/// Where a value was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The embedded `default.toml`.
    Default,
    /// A file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A flag of the command line, or a program's override, for this option.
    Flag(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the embedded default.toml"),
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Environment(variable) => write!(f, "the environment variable {variable}"),
            Self::Flag(key) => write!(f, "the flag for {key}"),
        }
    }
}

/// Why a configuration is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}: {why}; name one with --config or EVERFOLD_CONFIG", .path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// The file is not TOML.
    #[error("{origin} is not valid TOML: {why}")]
    Syntax {
        /// The file.
        origin: Source,
        /// What the parser says, with the place.
        why: String,
    },
    /// A key that stands for no option.
    #[error("there is no option {key} (set by {origin}); valid here: {valid}")]
    Unknown {
        /// The key.
        key: String,
        /// Where it was set.
        origin: Source,
        /// The options that there are at its place.
        valid: String,
    },
    /// A value that its option does not take.
    #[error("{key} = {value} (set by {origin}) is not valid: {valid}")]
    Value {
        /// The option.
        key: String,
        /// The value as given.
        value: String,
        /// Where it was set.
        origin: Source,
        /// What would be valid.
        valid: String,
    },
    /// An environment variable that is not text.
    #[error("the environment variable {0} is not valid UTF-8: set it to plain text, or unset it")]
    NotText(String),
    /// An environment variable that holds no token.
    #[error("the environment variable {variable} holds no token: {why}")]
    NotAToken {
        /// The variable.
        variable: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
}
