//! `everfold test`: do a module's cases pass?

use std::{
    io::{self, IsTerminal as _},
    path::Path,
    sync::Arc,
};

use everfold::{
    Config,
    cases::{self, Colour, Runner, Tally},
    deploy::read_module,
    sandbox::{Sandbox, SandboxSettings},
    words::{DomainKey, DomainName},
};

use super::Outcome;
use crate::cli::TestArgs;

pub(crate) fn run(arguments: &TestArgs) -> Outcome {
    let config = Config::load(arguments.config.as_deref(), Vec::new())?;
    let files = cases::find(&arguments.cases)?;
    let runner = runner(&arguments.module, &config)?;
    let colour = if io::stdout().is_terminal() { Colour::On } else { Colour::Off };
    let Tally { passed, failed } = runner.run_all(&files, colour, &mut io::stdout().lock())?;
    match (failed, passed) {
        (0, 0) => Err(format!("{} holds no case", arguments.cases.display()).into()),
        (0, _) => Ok(()),
        (1, _) => Err("1 case failed".into()),
        (failed, _) => Err(format!("{failed} cases failed").into()),
    }
}

fn runner(file: &Path, config: &Config) -> Result<Runner, Box<dyn std::error::Error + Send + Sync>> {
    let shown = file.display();
    let bytes = read_module(file, config.limits.module_bytes).map_err(|why| format!("{shown}: {why}"))?;
    let sandbox = Sandbox::new(&SandboxSettings::from(config))?;
    let module =
        sandbox.load(&bytes.into(), &(&config.limits).into()).map_err(|why| format!("{shown}: {why}"))?;
    // As a host would name it, if it would.
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let domain: DomainName = stem.parse().or_else(|_| "reducer".parse())?;
    let key = DomainKey { context: "test".parse()?, domain };
    Ok(Runner::new(key, Arc::new(module), config))
}
