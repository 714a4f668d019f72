//! Starting and stopping a host: everything is put together here, in the order in which data flows.

use std::{sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::Notify, time::sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    catalog::Catalog,
    clock::{SharedClock, SystemClock},
    committer::Committer,
    config::Config,
    deploy::{self, DeployError, DeployParts},
    feed::Feed,
    host::{Host, Parts},
    http::{self, Entrance, EntranceError},
    ingest::Ingest,
    sandbox::{Sandbox, SandboxError, SandboxSettings},
    scheduler::{self, SchedulerParts},
    sharing::{Keeper, KeeperParts, Membership},
    store::{Catalogue, Imported, Store, StoreError, postgres::PostgresStore, sqlite::SqliteStore},
};

/// The pause before a host that begins anew tries again to open its store.
const AGAIN: Duration = Duration::from_secs(1);

/// Why a host did not start, or did not stop as it should.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be opened or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The sandbox cannot run here.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The reducers folder cannot be used.
    #[error(transparent)]
    Deploy(#[from] DeployError),
    /// The machine gives no threads.
    #[error("cannot start the workers: {0}")]
    Threads(std::io::Error),
    /// The store is named in a way that no back end knows.
    #[error("store {0:?} is not known: use sqlite:FILE, sqlite::memory: or postgres://…")]
    UnknownStore(String),
    /// The store is being filled, or that was interrupted.
    #[error(
        "the store {store} is half imported ({lines} lines of an export): go on with everfold import and the same export, or begin with an empty store"
    )]
    HalfImported {
        /// The store, as configured.
        store: String,
        /// How many lines are in it.
        lines: u64,
    },
    /// The listener cannot be used as the configuration says.
    #[error(transparent)]
    Entrance(#[from] EntranceError),
    /// Work that was begun did not end in time.
    #[error("not everything ended within {0} ms (shutdown_ms); what was acknowledged is safe")]
    Shutdown(u64),
}

/// Everything that runs beside the host's handles, so that it can be ended.
#[derive(Clone)]
pub(crate) struct Running {
    tracker: TaskTracker,
    /// Ends what takes work in.
    stop: CancellationToken,
    shutdown_ms: u64,
}

impl Host {
    /// Starts a host without a listener. Dropping the handle leaves it running; [`Host::shut_down`] ends
    /// it.
    ///
    /// # Errors
    /// [`StartError`], in a sentence for whoever started it.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let clock: SharedClock = Arc::new(SystemClock);
        let store = open(&config).await?;
        for name in &config.contexts {
            if let Ok(context) = name.parse() {
                store.name_context(&context).await?;
            }
        }
        let known = store.catalogue().await?;
        let catalog = Arc::new(Catalog::default());
        fill(&catalog, &known);
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        let feed = Arc::new(Feed::new(known.head, config.limits.tail_events, store.shared().is_some()));
        let (own_store, own_feed) = (Arc::clone(&store), Arc::clone(&feed));
        let committer = Committer::start(own_store, own_feed, Arc::clone(&clock), &config.limits, &tracker);
        let shared = Arc::new(config.clone());
        let parts = SchedulerParts {
            config: Arc::clone(&shared),
            store: Arc::clone(&store),
            committer: committer.clone(),
            feed: Arc::clone(&feed),
            catalog: Arc::clone(&catalog),
            clock: Arc::clone(&clock),
            marks: known.marks,
        };
        let scheduler = scheduler::start(parts, stop.clone(), &tracker).map_err(StartError::Threads)?;
        let (membership, deployed) = (Membership::new(&config), Arc::new(Notify::new()));
        let over = CancellationToken::new();
        let parts = KeeperParts {
            membership: membership.clone(),
            store: Arc::clone(&store),
            committer: committer.clone(),
            feed: Arc::clone(&feed),
            scheduler: scheduler.clone(),
            deployed: Arc::clone(&deployed),
            over: over.clone(),
        };
        // Before any domain is served, so that none begins with what is another host's.
        Keeper::start(parts, stop.clone(), &tracker).await?;
        let sandbox = Sandbox::new(&SandboxSettings::from(&config))?;
        tracing::info!("instances of reducers are made {}", sandbox.mode());
        let parts = DeployParts {
            config: config.clone(),
            store: Arc::clone(&store),
            committer: committer.clone(),
            catalog: Arc::clone(&catalog),
            sandbox: Arc::new(sandbox),
            scheduler: scheduler.clone(),
            clock: Arc::clone(&clock),
            elsewhere: deployed,
        };
        deploy::start(parts, stop.clone(), &tracker).await?;
        tracker.close();
        let running = Running { tracker, stop, shutdown_ms: config.shutdown_ms };
        let ingest = Ingest::new(&config);
        Ok(Self(Arc::new(Parts {
            config,
            catalog,
            ingest,
            committer,
            store,
            feed,
            scheduler,
            membership,
            clock,
            running,
            over,
        })))
    }

    /// Answers requests that come through an entrance until `shutdown` fires; then ends the host as
    /// [`Host::shut_down`] does. Whenever the store has another history, a host that knows nothing of the one
    /// before takes this one's place; requests wait for it at the entrance.
    ///
    /// # Errors
    /// [`StartError::Shutdown`]; [`StartError`] if the host cannot begin anew.
    pub async fn serve(mut self, entrance: Entrance, shutdown: CancellationToken) -> Result<(), StartError> {
        let config = self.config().clone();
        let grace = Duration::from_millis(config.shutdown_ms);
        loop {
            let stop = shutdown.child_token();
            let serving = http::serve(self.clone(), entrance.clone(), stop.clone(), grace);
            let watching = async {
                tokio::select! {
                    () = self.history_over() => stop.cancel(),
                    () = stop.cancelled() => {}
                }
            };
            tokio::join!(serving, watching);
            self.shut_down().await?;
            if shutdown.is_cancelled() {
                return Ok(());
            }
            tracing::warn!("beginning anew with the store's other history");
            let Some(next) = start_patiently(&config, &shutdown).await? else { return Ok(()) };
            self = next;
        }
    }

    /// Ends the host: what was taken is committed, reductions in flight are finished, the store is
    /// released. Every other handle must have been dropped, or this waits for it.
    ///
    /// # Errors
    /// [`StartError::Shutdown`] if that takes longer than `shutdown_ms`.
    pub async fn shut_down(self) -> Result<(), StartError> {
        let Running { tracker, stop, shutdown_ms } = self.0.running.clone();
        stop.cancel();
        drop(self);
        let limit = Duration::from_millis(shutdown_ms);
        tokio::time::timeout(limit, tracker.wait()).await.map_err(|_| StartError::Shutdown(shutdown_ms))
    }
}

/// Starts a host as soon as its store can be had; none: `shutdown` came first.
async fn start_patiently(config: &Config, shutdown: &CancellationToken) -> Result<Option<Host>, StartError> {
    loop {
        match Box::pin(Host::start(config.clone())).await {
            Ok(host) => return Ok(Some(host)),
            Err(StartError::Store(error)) => tracing::warn!(%error, "cannot begin yet; trying again"),
            Err(error) => return Err(error),
        }
        tokio::select! {
            () = sleep(AGAIN) => {}
            () = shutdown.cancelled() => return Ok(None),
        }
    }
}

/// Runs a host on a listener until `shutdown` fires; then stops taking requests, commits what was taken,
/// closes streams, and returns.
///
/// # Errors
/// [`StartError`], in a sentence for whoever started it.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), StartError> {
    // Who may come in is settled before anything is opened.
    let entrance = Entrance::new(&config, listener)?;
    Host::start(config).await?.serve(entrance, shutdown).await
}

/// Brings the schema of the store that the config names up to date.
///
/// # Errors
/// [`StartError::Store`], [`StartError::UnknownStore`].
pub async fn migrate(config: &Config) -> Result<(), StartError> {
    // A store that is opened has the newest schema.
    open(config).await?.close().await;
    Ok(())
}

/// Opens the store that the config names, unless it is half imported.
pub(crate) async fn open(config: &Config) -> Result<Arc<dyn Store>, StartError> {
    let store = open_any(config).await?;
    let Some(Imported { lines, .. }) = store.catalogue().await?.import else { return Ok(store) };
    store.close().await;
    Err(StartError::HalfImported { store: shown(&config.store).to_owned(), lines })
}

/// A store as it may be shown: a URL may hold a password.
pub(crate) fn shown(store: &str) -> &str {
    if store.starts_with("postgres") { "postgres://…" } else { store }
}

/// Opens the store that the config names, however much of it is there.
pub(crate) async fn open_any(config: &Config) -> Result<Arc<dyn Store>, StartError> {
    match config.store.split_once(':') {
        Some(("sqlite", place)) => {
            let holder = format!("node {}, listening on {}", config.node, config.listen);
            Ok(Arc::new(SqliteStore::open(place, &holder).await?))
        }
        Some(("postgres" | "postgresql", _)) => {
            Ok(Arc::new(PostgresStore::open(&config.store, config.store_connections).await?))
        }
        _ => Err(StartError::UnknownStore(config.store.clone())),
    }
}

fn fill(catalog: &Catalog, known: &Catalogue) {
    for context in &known.contexts {
        catalog.name_context(context);
    }
    for activation in &known.activations {
        catalog.learn(activation);
    }
}
