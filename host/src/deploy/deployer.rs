//! The loop: looks at the folder, starts what is due, notes what came of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use tokio::{
    task::{JoinError, JoinSet},
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{store::FileRecord, words::DomainKey};

use super::{
    DeployParts,
    decide::Record,
    folder::{self, Folder, Look},
    rest::Paths,
    watch::Watch,
    workshop::{Outcome, Workshop},
};

/// Changes come in bursts: those that follow the first within this time cost no look of their own.
const BURST: Duration = Duration::from_millis(10);
/// The pause after the store failed.
const AGAIN: Duration = Duration::from_millis(500);

/// A job's domain, what it acted upon (none: it restored a module), and what came of it.
type Done = (DomainKey, Option<Look>, Outcome);

pub(super) struct Deployer {
    root: PathBuf,
    rest: Duration,
    poll: Duration,
    watch: Watch,
    workshop: Arc<Workshop>,
    /// What this host last recorded for each path.
    records: BTreeMap<DomainKey, Record>,
    paths: Paths,
    /// At most one for each domain.
    jobs: JoinSet<Done>,
    /// Modules that came into force on another host. A path is nothing to them.
    loading: JoinSet<()>,
    /// What was ignored at the last look: named once, not at every look.
    ignored: BTreeSet<(PathBuf, String)>,
    /// Why the last look failed, if it did.
    trouble: Option<String>,
}

impl Deployer {
    pub(super) fn new(parts: DeployParts, records: Vec<FileRecord>) -> Self {
        let root = parts.config.reducers.clone();
        Self {
            rest: Duration::from_millis(parts.config.debounce_ms),
            poll: Duration::from_millis(parts.config.poll_ms),
            watch: Watch::start(&root),
            root,
            workshop: Arc::new(Workshop::new(parts)),
            records: records.into_iter().map(|record| (record.key, record.hash)).collect(),
            paths: Paths::default(),
            jobs: JoinSet::new(),
            loading: JoinSet::new(),
            ignored: BTreeSet::new(),
            trouble: None,
        }
    }

    /// Starts to load what the store says is in force. The file of such a domain is not looked at before.
    pub(super) fn restore(&mut self) {
        for (key, domain) in self.workshop.parts.catalog.all() {
            let Some(activation) = domain.active().cloned() else { continue };
            self.paths.hold(&key);
            let workshop = self.workshop.clone();
            self.jobs.spawn(async move {
                workshop.restore(activation).await;
                (key, None, Outcome::Settled(None))
            });
        }
    }

    pub(super) async fn run(mut self, shutdown: CancellationToken) {
        loop {
            self.start_due();
            let poll = Instant::now() + self.poll;
            let wake = self.paths.next_due().map_or(poll, |due| due.min(poll));
            tokio::select! {
                () = shutdown.cancelled() => break,
                Some(done) = self.jobs.join_next() => {
                    self.finish(done);
                    continue;
                }
                () = self.workshop.parts.elsewhere.notified() => {
                    self.follow_store().await;
                    continue;
                }
                Some(_) = self.loading.join_next() => continue,
                () = self.watch.changed() => sleep(BURST).await,
                () = sleep_until(wake) => {}
            }
            self.look().await;
        }
        // What a job has handed to the committer is written, whether or not the job lives to hear of it.
        self.jobs.shutdown().await;
        self.loading.shutdown().await;
    }

    /// Takes up what other hosts have put in force or made known. What this host has put in force meanwhile may
    /// be among it.
    async fn follow_store(&mut self) {
        match self.workshop.learn().await {
            Ok(activations) => {
                for activation in activations {
                    let workshop = self.workshop.clone();
                    self.loading.spawn(async move { workshop.follow(activation).await });
                }
            }
            Err(error) => {
                tracing::warn!(%error, "cannot read what other hosts have put in force; trying again");
                let elsewhere = Arc::clone(&self.workshop.parts.elsewhere);
                self.loading.spawn(async move {
                    sleep(AGAIN).await;
                    elsewhere.notify_one();
                });
            }
        }
    }

    async fn look(&mut self) {
        let root = self.root.clone();
        let looked = tokio::task::spawn_blocking(move || folder::scan(&root)).await;
        let looked =
            looked.map_err(|crash| crash.to_string()).and_then(|found| found.map_err(|e| e.to_string()));
        let trouble = looked.as_ref().err().cloned();
        if trouble != self.trouble {
            let folder = self.root.display();
            if let Some(error) = &trouble {
                tracing::warn!(%folder, error, "cannot read the reducers folder; what serves goes on");
            } else {
                tracing::info!(%folder, "the reducers folder can be read again");
            }
            self.trouble = trouble;
        }
        // A folder that cannot be read has no contexts, and so says nothing.
        self.take_in(looked.unwrap_or_default()).await;
    }

    /// Makes contexts known, and notes what is at every path that matters.
    pub(super) async fn take_in(&mut self, mut folder: Folder) {
        for (path, why) in folder.ignored.difference(&self.ignored) {
            tracing::warn!(path = %path.display(), why, "ignored");
        }
        self.ignored = std::mem::take(&mut folder.ignored);
        for context in &folder.contexts {
            self.workshop.name_context(context).await;
        }
        let recorded = self.records.iter().filter(|(_, hash)| hash.is_some()).map(|(key, _)| key);
        let keys: BTreeSet<DomainKey> =
            recorded.chain(self.paths.keys()).chain(folder.files.keys()).cloned().collect();
        let now = Instant::now();
        for key in keys {
            self.paths.observe(&key, folder.look(&key), now, self.rest);
        }
    }

    fn start_due(&mut self) {
        for (key, look) in self.paths.take_due(Instant::now()) {
            let recorded = self.records.get(&key).copied();
            let workshop = self.workshop.clone();
            self.jobs.spawn(async move {
                let outcome = workshop.settle(&key, &look, recorded).await;
                (key, Some(look), outcome)
            });
        }
    }

    fn finish(&mut self, done: Result<Done, JoinError>) {
        let (key, look, outcome) = match done {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(%error, "deploying a file crashed; it is looked at again after a restart");
                return;
            }
        };
        match outcome {
            Outcome::Settled(record) => {
                if let Some(record) = record {
                    self.records.insert(key.clone(), record);
                }
                self.paths.release(&key, look.as_ref(), None);
            }
            Outcome::Again => {
                self.paths.release(&key, look.as_ref(), Some(Instant::now() + self.poll));
            }
        }
    }
}
