//! A module in a file, as a host would take it.

use std::{error::Error, path::Path};

use everfold::{
    Config,
    deploy::read_module,
    sandbox::{Module, Sandbox, SandboxSettings},
};

use crate::cli::Terms;

/// Reads the configuration and loads a module under its limits: those of the domain, if one is named.
///
/// # Errors
/// Why a host would not take it, beginning with the file.
pub(super) fn load(file: &Path, terms: &Terms) -> Result<(Config, Module), Box<dyn Error + Send + Sync>> {
    let config = Config::load(terms.config.as_deref(), Vec::new())?;
    let limits = terms.domain.as_ref().map_or(&config.limits, |domain| config.limits_for(domain));
    let named = |why: &dyn std::fmt::Display| format!("{}: {why}", file.display());
    let bytes = read_module(file, limits.module_bytes).map_err(|why| named(&why))?;
    let sandbox = Sandbox::new(&SandboxSettings::from(&config))?;
    let module = sandbox.load(&bytes.into(), &limits.into()).map_err(|why| named(&why))?;
    Ok((config, module))
}
