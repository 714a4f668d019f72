//! One round: sources become modules, modules are judged, put where the host looks, and tested.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    build::{self, BuildError, BuildOptions, Built},
    cases::{self, Colour, Runner, SuiteError},
    config::Config,
    sandbox::{Sandbox, SandboxSettings},
    words::{ContextName, DomainKey, DomainName, ModuleHash, NameError},
};

/// Builds, judges and tests the reducers of one project.
pub(super) struct Workbench {
    project: PathBuf,
    context: ContextName,
    /// Where the host looks for modules.
    folder: PathBuf,
    config: Config,
    sandbox: Sandbox,
    colour: Colour,
}

/// A module that the host is to serve now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Put {
    pub(super) key: DomainKey,
    pub(super) hash: ModuleHash,
}

/// Why a round did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum RoundError {
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error("the reducer could not be a domain: {0}")]
    Name(#[from] NameError),
    #[error("a host would not take {0}: {1}")]
    Refused(String, String),
}

impl Workbench {
    /// A workbench for the project in a folder, whose modules are put below `config.reducers`.
    ///
    /// # Errors
    /// Where the machine cannot run modules.
    pub(super) fn new(
        project: PathBuf,
        context: ContextName,
        config: Config,
        colour: Colour,
    ) -> io::Result<Self> {
        let sandbox = Sandbox::new(&SandboxSettings::from(&config)).map_err(io::Error::other)?;
        let folder = config.reducers.join(context.as_str());
        Ok(Self { project, context, folder, config, sandbox, colour })
    }

    /// Builds what is there, and puts every module that a host would take where it is served. Blocks.
    ///
    /// # Errors
    /// [`RoundError`]; then the modules that were served before go on.
    pub(super) fn round(&self) -> Result<Vec<(Put, Runner)>, RoundError> {
        let began = Instant::now();
        let built = build::components(&self.project, BuildOptions::default())?;
        let building = began.elapsed();
        let judged = built.iter().map(|built| self.judge(built)).collect::<Result<Vec<_>, _>>()?;
        for (Built { name, component }, _) in built.iter().zip(&judged) {
            build::save(&self.folder.join(format!("{name}.wasm")), component)?;
            println!("{name}: built in {}, {} KiB", seconds(building), component.len().div_ceil(1024));
        }
        Ok(judged)
    }

    /// Loads a module as the host will.
    fn judge(&self, Built { name, component }: &Built) -> Result<(Put, Runner), RoundError> {
        let domain: DomainName = name.parse()?;
        let key = DomainKey { context: self.context.clone(), domain };
        let bytes: Arc<[u8]> = Arc::from(component.as_slice());
        let module = self.sandbox.load(&bytes, &self.config.limits_for(&key).into());
        let module = module.map_err(|why| RoundError::Refused(name.clone(), why.to_string()))?;
        let put = Put { key: key.clone(), hash: module.hash() };
        Ok((put, Runner::new(key, Arc::new(module), &self.config)))
    }

    /// Runs the cases of a module, if there are any. Blocks.
    ///
    /// # Errors
    /// [`SuiteError`].
    pub(super) fn test(&self, put: &Put, runner: &Runner) -> Result<(), SuiteError> {
        let folders = [self.project.join(put.key.domain.as_str()).join("cases"), self.project.join("cases")];
        let Some(folder) = folders.iter().find(|folder| folder.is_dir()) else { return Ok(()) };
        let files = cases::find(folder).map_err(SuiteError::File)?;
        runner.run_all(&files, self.colour, &mut io::stdout().lock()).map(drop)
    }

    /// The project's folder.
    pub(super) fn project(&self) -> &Path {
        &self.project
    }
}

/// A time for people.
pub(super) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
