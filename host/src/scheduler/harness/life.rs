//! One host of a case: store, committer and scheduler, put together as a host does it, from its birth to its
//! end or its death.

use std::{fs, path::Path, sync::Arc, time::Duration};

use tempfile::TempDir;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    catalog::{Catalog, State},
    clock::{SharedClock, SystemClock},
    committer::Committer,
    config::Config,
    error::Error,
    feed::Feed,
    scheduler::{self, Handle, SchedulerParts, message::Message, serving::Reduce},
    store::{Activation, Head, NewActivation, Store, sqlite::SqliteStore},
    words::DomainKey,
};

use super::{
    cast::cast,
    faulty::{Faulty, Notes},
    plan::{Act, Faults, Plan},
    script::Script,
};

/// How long what must come by itself may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often to look.
const PERIOD: Duration = Duration::from_millis(5);
/// Causes between an event and the outside.
pub(super) const CAUSAL_DEPTH: u32 = 5;

pub(super) struct Life {
    /// Where its files are.
    folder: TempDir,
    pub(super) store: Arc<Faulty>,
    pub(super) committer: Committer,
    feed: Arc<Feed>,
    catalog: Arc<Catalog>,
    scheduler: Handle,
    stop: CancellationToken,
    tracker: TaskTracker,
}

/// The store in a folder.
pub(super) async fn open(folder: &Path) -> SqliteStore {
    let place = folder.join("log.db");
    SqliteStore::open(place.to_str().unwrap(), "the harness").await.unwrap()
}

fn config(plan: &Plan) -> Arc<Config> {
    let mut config = Config::embedded();
    config.workers = plan.workers;
    config.limits.causal_depth = CAUSAL_DEPTH;
    // So many snapshots that folds go on from them.
    config.limits.snapshot_events = if plan.tight { 2 } else { 5 };
    if plan.tight {
        config.limits.call_events = 3;
        config.limits.pending_events = 6;
        config.limits.group_events = 4;
        config.limits.cached_bytes = 1_000;
        config.limits.tail_events = 6;
    }
    Arc::new(config)
}

impl Life {
    /// A host on the files in a folder.
    pub(super) async fn begin(folder: TempDir, plan: &Plan, faults: Faults, notes: &Notes) -> Self {
        let config = config(plan);
        let inner = open(folder.path()).await;
        for context in ["shop", "bank"] {
            inner.name_context(&context.parse().unwrap()).await.unwrap();
        }
        let known = inner.catalogue().await.unwrap();
        let store = Arc::new(Faulty::new(inner, notes, faults, plan.seed));
        let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
        let clock: SharedClock = Arc::new(SystemClock);
        let feed = Arc::new(Feed::new(known.head, config.limits.tail_events, false));
        let shared: Arc<dyn Store> = Arc::clone(&store) as _;
        let committer = Committer::start(
            Arc::clone(&shared),
            Arc::clone(&feed),
            Arc::clone(&clock),
            &config.limits,
            &tracker,
        );
        let catalog = Arc::new(Catalog::default());
        let parts = SchedulerParts {
            config,
            store: shared,
            committer: committer.clone(),
            feed: Arc::clone(&feed),
            catalog: Arc::clone(&catalog),
            clock,
            marks: known.marks,
        };
        let scheduler = scheduler::start(parts, stop.clone(), &tracker).unwrap();
        tracker.close();
        let life = Self { folder, store, committer, feed, catalog, scheduler, stop, tracker };
        for activation in &known.activations {
            life.learn(activation);
        }
        for (_, domain) in life.catalog.all() {
            if let Some(activation) = domain.active() {
                life.serve(activation.clone());
            }
        }
        life
    }

    fn learn(&self, activation: &Activation) {
        self.catalog.update(&activation.key, |domain| {
            domain.state = if activation.module.is_some() { State::Compiling } else { State::Retired };
            domain.activations.push(activation.clone());
        });
    }

    /// As [`Handle::serve`] does it for a module that was loaded.
    fn serve(&self, activation: Activation) {
        let module = script_of(&activation).unwrap();
        drop(self.scheduler.inbox.send(Message::Serve(Box::new(activation), module)));
    }

    /// Changes a domain.
    ///
    /// # Errors
    /// Where the store failed.
    pub(super) async fn act(&self, role: usize, act: Act) -> Result<(), Error> {
        let role = &cast()[role];
        let module = match act {
            Act::Retry => return self.retry(&role.key).await,
            Act::Retire if self.catalog.domain(&role.key).is_none() => return Ok(()),
            Act::Retire => None,
            Act::Serve(index) => {
                let script = &role.modules[index];
                Some((script.hash(), script.name.as_bytes().into(), script.descriptor.clone()))
            }
        };
        let new = NewActivation { key: role.key.clone(), module, file: None, at: 1 };
        let activation = self.committer.activate(new).await?;
        self.learn(&activation);
        if activation.module.is_some() {
            self.serve(activation);
        } else {
            self.scheduler.retire(activation);
        }
        Ok(())
    }

    async fn retry(&self, key: &DomainKey) -> Result<(), Error> {
        let parked = self.store.parked(key, None, 100).await?;
        let retried = self.scheduler.retry(key, parked.iter().map(|(entity, _)| *entity).collect()).await;
        let told = retried.mended + retried.parked + retried.unserved;
        assert_eq!(told, parked.len() as u64, "everyone who asks is told");
        Ok(())
    }

    /// Waits until nothing waits.
    ///
    /// # Errors
    /// What goes on and on.
    pub(super) async fn quiet(&self) -> Result<(), String> {
        let mut looks = interval(PERIOD);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let quiet = async {
            while self.busy().is_some() {
                looks.tick().await;
            }
        };
        timeout(PATIENCE, quiet).await.map_err(|_| format!("it does not come to rest: {:?}", self.busy()))
    }

    /// What is still going on, if anything is.
    fn busy(&self) -> Option<String> {
        // The head is read first: whatever is committed later is found unfolded.
        let head = self.feed.head().position;
        let all = self.catalog.all().into_iter();
        let mut serving = all.filter(|(_, domain)| domain.active().is_some());
        let busy = serving.find(|(_, domain)| domain.state != State::Active || domain.position < head);
        busy.map(|(key, domain)| {
            format!("{key} is {:?} at {} of {head}, {:?}", domain.state, domain.position, domain.counts)
        })
    }

    pub(super) fn head(&self) -> Head {
        self.feed.head()
    }

    /// It is shut down; gives its files.
    ///
    /// # Errors
    /// Where it does not end.
    pub(super) async fn end(self) -> Result<TempDir, String> {
        // It may be struck on its way out, and nobody is there to bury it.
        self.store.release();
        let Self { folder, committer, scheduler, stop, tracker, .. } = self;
        stop.cancel();
        drop((committer, scheduler));
        let left = || format!("of committer and scheduler, {} do not end", tracker.len());
        timeout(PATIENCE, tracker.wait()).await.map_err(|_| left())?;
        Ok(folder)
    }

    /// It was killed; gives its files as they were then, without what it would still have done on its way out.
    ///
    /// # Errors
    /// Where its tasks do not end although they might.
    pub(super) async fn die(self) -> Result<TempDir, String> {
        self.store.at_rest().await;
        let left = tempfile::tempdir().unwrap();
        for file in ["log.db", "log.db-wal"] {
            fs::copy(self.folder.path().join(file), left.path().join(file)).unwrap();
        }
        self.end().await?;
        Ok(left)
    }
}

/// The module that an activation puts in force.
pub(super) fn script_of(activation: &Activation) -> Option<Arc<dyn Reduce>> {
    find(activation).map(|script| Arc::new(script) as _)
}

pub(super) fn find(activation: &Activation) -> Option<Arc<Script>> {
    let (hash, _) = activation.module.as_ref()?;
    let scripts = cast().into_iter().flat_map(|role| role.modules);
    scripts.into_iter().find(|script| script.hash() == *hash)
}
