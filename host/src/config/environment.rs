//! The environment, read here and nowhere else.

use std::{env, ffi::OsString, path::PathBuf};

use super::{ConfigError, Secret};

const PREFIX: &str = "EVERFOLD_";
/// Names the configuration file; not an option itself.
const CONFIG: &str = "EVERFOLD_CONFIG";
/// Says what is logged; not an option, because it must be known before the configuration is read.
const LOG: &str = "EVERFOLD_LOG";

/// The token of commands that talk to a host; not an option, because the host itself has none.
const TOKEN: &str = "EVERFOLD_TOKEN";

/// What the environment says about the configuration.
#[derive(Debug, Default)]
pub(super) struct Variables {
    /// The file that it names.
    pub(super) config: Option<PathBuf>,
    /// The options that it sets, by variable, in the order of their names.
    pub(super) options: Vec<(String, String)>,
}

/// Reads all `EVERFOLD_*`.
pub(super) fn variables() -> Result<Variables, ConfigError> {
    sort_out(env::vars_os())
}

/// What is logged: `EVERFOLD_LOG`, such as `info` or `warn,everfold::deploy=debug`; `default` if it is not
/// set.
#[must_use]
pub fn log_filter(default: &str) -> String {
    let set = env::var_os(LOG).and_then(|filter| filter.into_string().ok());
    set.filter(|filter| !filter.is_empty()).unwrap_or_else(|| default.to_owned())
}

/// The token with which to talk to a host: `EVERFOLD_TOKEN`, if it is set.
///
/// # Errors
/// [`ConfigError::NotAToken`], which does not show it.
pub fn client_token() -> Result<Option<Secret>, ConfigError> {
    let Some(token) = env::var_os(TOKEN).filter(|token| !token.is_empty()) else { return Ok(None) };
    let token = token.into_string().map_err(|_| ConfigError::NotText(TOKEN.to_owned()))?;
    token.parse().map(Some).map_err(|why| ConfigError::NotAToken { variable: TOKEN, why })
}

/// Whether cargo started this process (`cargo run`, `cargo test`): then its environment speaks of *that*
/// build, and would mislead another one.
#[must_use]
pub fn runs_under_cargo() -> bool {
    env::var_os("CARGO").is_some()
}

/// Where a user's programs keep what they can make again: `$XDG_CACHE_HOME`, else `$HOME/.cache`; none if
/// neither is set.
pub(super) fn cache_home() -> Option<PathBuf> {
    cache_home_of(env::var_os("XDG_CACHE_HOME"), env::var_os("HOME"))
}

fn cache_home_of(cache: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    // The rule for these variables: one that is empty or relative does not count.
    let absolute = |path: OsString| Some(PathBuf::from(path)).filter(|path| path.is_absolute());
    cache.and_then(absolute).or_else(|| Some(home.and_then(absolute)?.join(".cache")))
}

/// The option that a variable sets: `EVERFOLD_LIMITS__PAGE` is `limits.page`.
pub(super) fn key_of(variable: &str) -> String {
    variable.strip_prefix(PREFIX).unwrap_or(variable).to_lowercase().replace("__", ".")
}

fn sort_out(all: impl Iterator<Item = (OsString, OsString)>) -> Result<Variables, ConfigError> {
    let mut variables = Variables::default();
    for (name, value) in all {
        let name = name.to_string_lossy().into_owned();
        match name.as_str() {
            CONFIG if value.is_empty() => {}
            CONFIG => variables.config = Some(PathBuf::from(value)),
            LOG | TOKEN => {}
            option if option.starts_with(PREFIX) => {
                let value = value.into_string().map_err(|_| ConfigError::NotText(name.clone()))?;
                variables.options.push((name, value));
            }
            _ => {}
        }
    }
    variables.options.sort();
    Ok(variables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caches_are_where_other_programs_have_them() {
        for (cache, home, found) in [
            (Some("/var/cache/me"), Some("/home/me"), Some("/var/cache/me")),
            (None, Some("/home/me"), Some("/home/me/.cache")),
            (Some(""), Some("/home/me"), Some("/home/me/.cache")),
            (Some("here"), Some("me"), None),
            (None, None, None),
        ] {
            let as_set = |value: Option<&str>| value.map(OsString::from);
            assert_eq!(
                cache_home_of(as_set(cache), as_set(home)),
                found.map(PathBuf::from),
                "{cache:?} {home:?}"
            );
        }
    }

    #[test]
    fn only_options_are_taken_from_the_environment() {
        let all = [
            ("PATH", "/bin"),
            ("EVERFOLD_STORE", "sqlite:x.db"),
            ("EVERFOLD_LOG", "debug"),
            ("EVERFOLD_TOKEN", "everfold_x"),
            ("EVERFOLD_CONFIG", "here.toml"),
            ("EVERFOLD_LIMITS__PAGE", "5"),
        ];
        let variables = sort_out(all.into_iter().map(|(name, value)| (name.into(), value.into()))).unwrap();
        assert_eq!(variables.config, Some(PathBuf::from("here.toml")));
        let names: Vec<_> = variables.options.iter().map(|(name, _)| key_of(name)).collect();
        assert_eq!(names, ["limits.page", "store"]);
    }
}
