//! `everfold dev`: a host of one's own that follows the sources of a project. What is saved is built, served, and
//! tested; what cannot be built is told, and the module before it goes on serving.

mod sources;
mod workbench;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    net::TcpListener,
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::{
    cases::{Colour, Runner},
    catalog::State,
    config::{Config, ConfigError},
    host::Host,
    http::{Entrance, EntranceError},
    lifecycle::StartError,
    words::ContextName,
};

use sources::Sources;
use workbench::{Put, Workbench, seconds};

/// What the command may be told.
#[derive(Debug, Clone)]
pub struct DevOptions {
    /// The folder of the project.
    pub project: PathBuf,
    /// The context that its reducers serve.
    pub context: ContextName,
    /// Where to listen; none: where the configuration says.
    pub listen: Option<String>,
    /// The configuration file whose limits apply; none: that which the environment names, if any.
    pub config: Option<PathBuf>,
    /// Whether what is shown is coloured.
    pub colour: Colour,
}

/// Why it cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum DevError {
    /// The configuration is not valid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The project cannot be read, or nothing can be written there.
    #[error("{}: {error}", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The port is taken.
    #[error("cannot listen on {listen}: {error}; choose another with --listen")]
    Listen {
        /// Where.
        listen: String,
        /// What the system says.
        error: io::Error,
    },
    /// The listener cannot be used.
    #[error(transparent)]
    Entrance(#[from] EntranceError),
    /// The host did not start or stop as it should.
    #[error(transparent)]
    Host(#[from] StartError),
    /// The host broke.
    #[error("the host broke: {0}")]
    Broken(String),
}

/// Where all is kept that a session makes, from the project's folder: store, modules, compiled code.
const FOLDER: &str = "target/everfold/dev";
/// How often the sources are looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How long a module may take until it serves; then it is told that it does not.
const SERVES_WITHIN: Duration = Duration::from_secs(60);

/// Starts a host and follows the sources until `shutdown` fires.
///
/// # Errors
/// [`DevError`], where there is no going on. What is wrong with the sources is told and waited over.
pub async fn run(options: DevOptions, shutdown: CancellationToken) -> Result<(), DevError> {
    let DevOptions { project, context, listen, config, colour } = options;
    let unreadable = |error| DevError::Folder { path: project.clone(), error };
    let mut known = Sources::look(&project).map_err(unreadable)?;
    let data = project.join(FOLDER);
    std::fs::create_dir_all(&data).map_err(|error| DevError::Folder { path: data.clone(), error })?;
    let config = configure(config.as_deref(), &data, &context, listen)?;
    let listener = TcpListener::bind(&config.listen)
        .await
        .map_err(|error| DevError::Listen { listen: config.listen.clone(), error })?;
    let entrance = Entrance::new(&config, listener)?;
    println!("Host on {}, data in {}", entrance.url(), data.display());
    let workbench = Workbench::new(project, context, config.clone(), colour);
    let workbench = Arc::new(workbench.map_err(|error| DevError::Folder { path: data, error })?);
    let host = Box::pin(Host::start(config)).await?;
    let serving = tokio::spawn(Box::pin(host.clone().serve(entrance, shutdown.clone())));
    let watching = async {
        loop {
            round(&workbench, &host).await;
            println!("watching {} (ctrl-c ends)", workbench.project().display());
            changed(&workbench, &mut known).await;
        }
    };
    tokio::select! {
        () = watching => {}
        () = shutdown.cancelled() => {}
    }
    // Whoever holds a host may still ask it for something, and it waits for that.
    drop(host);
    Ok(serving.await.map_err(|error| DevError::Broken(error.to_string()))??)
}

fn configure(
    file: Option<&Path>,
    data: &Path,
    context: &ContextName,
    listen: Option<String>,
) -> Result<Config, ConfigError> {
    let path = |name: &str| data.join(name).to_string_lossy().into_owned();
    let mut overrides = vec![
        ("store", format!("sqlite:{}", path("events.db"))),
        ("reducers", path("reducers")),
        ("code_cache", path("code")),
        ("contexts", context.to_string()),
    ];
    overrides.extend(listen.map(|listen| ("listen", listen)));
    Config::load(file, overrides)
}

/// Builds, serves, tests; tells whatever goes wrong.
async fn round(workbench: &Arc<Workbench>, host: &Host) {
    let began = Instant::now();
    let bench = Arc::clone(workbench);
    let modules = match spawn_blocking(move || bench.round()).await {
        Ok(Ok(modules)) => modules,
        Ok(Err(error)) => return eprintln!("everfold: {error}\nWhat was served before goes on."),
        Err(error) => return eprintln!("everfold: the build broke: {error}"),
    };
    for (put, runner) in modules {
        match serves(&put, host).await {
            Ok(()) => println!("{}: serves, {} after the round began", put.key, seconds(began.elapsed())),
            Err(why) => eprintln!("everfold: {} does not serve: {why}", put.key),
        }
        test(workbench, put, runner).await;
    }
}

async fn test(workbench: &Arc<Workbench>, put: Put, runner: Runner) {
    let bench = Arc::clone(workbench);
    match spawn_blocking(move || bench.test(&put, &runner)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => eprintln!("everfold: {error}"),
        Err(error) => eprintln!("everfold: the cases broke: {error}"),
    }
}

/// Waits until a module serves.
///
/// # Errors
/// Why it does not.
async fn serves(put: &Put, host: &Host) -> Result<(), String> {
    let mut looks = interval(LOOK / 5);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let served = async {
        loop {
            looks.tick().await;
            let Some(domain) = host.catalog().domain(&put.key) else { continue };
            let in_force = domain.activations.last().and_then(|activation| activation.module.as_ref());
            let is_it = in_force.is_some_and(|(hash, _)| *hash == put.hash);
            match &domain.state {
                State::Active | State::Rebuilding { .. } if is_it => return Ok(()),
                State::Failed { why } if is_it => return Err(why.clone()),
                _ => {}
            }
            if let Some(why) = &domain.refused {
                return Err(why.clone());
            }
        }
    };
    let late = |_| format!("nothing after {} s: the host's messages may say why", SERVES_WITHIN.as_secs());
    tokio::time::timeout(SERVES_WITHIN, served).await.map_err(late)?
}

/// Waits until a source is other than it was, and has stayed so for one look: editors write in several steps.
async fn changed(workbench: &Workbench, known: &mut Sources) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut before = known.clone();
    loop {
        looks.tick().await;
        // A folder that cannot be read for a moment has not changed.
        let Ok(now) = Sources::look(workbench.project()) else { continue };
        if now == before
            && let Some(path) = now.changed_since(known)
        {
            println!("\n{} changed", path.display());
            *known = now;
            return;
        }
        before = now;
    }
}
