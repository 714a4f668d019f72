//! `everfold test`: do a module's cases pass?

use std::{
    io::{self, IsTerminal as _},
    sync::Arc,
};

use everfold::{
    cases::{self, Colour, Runner, Tally},
    words::{DomainKey, DomainName, NameError},
};

use super::{Outcome, module};
use crate::cli::TestArgs;

pub(crate) fn run(arguments: &TestArgs) -> Outcome {
    let files = cases::find(&arguments.cases)?;
    let (config, module) = module::load(&arguments.module, &arguments.terms)?;
    let runner = Runner::new(key(arguments)?, Arc::new(module), &config);
    let colour = if io::stdout().is_terminal() { Colour::On } else { Colour::Off };
    let Tally { passed, failed } = runner.run_all(&files, colour, &mut io::stdout().lock())?;
    match (failed, passed) {
        (0, 0) => Err(format!("{} holds no case", arguments.cases.display()).into()),
        (0, _) => Ok(()),
        (1, _) => Err("1 case failed".into()),
        (failed, _) => Err(format!("{failed} cases failed").into()),
    }
}

/// What the module serves: unless that is said, a domain that is called like its file, where that can be.
fn key(arguments: &TestArgs) -> Result<DomainKey, NameError> {
    if let Some(domain) = &arguments.terms.domain {
        return Ok(domain.clone());
    }
    let stem = arguments.module.file_stem().unwrap_or_default().to_string_lossy();
    let domain: DomainName = stem.parse().or_else(|_| "reducer".parse())?;
    Ok(DomainKey { context: "test".parse()?, domain })
}
