//! Does what the deployer finds due: asks the rules, then acts.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{sync::Semaphore, time::sleep};

use crate::{
    catalog::State,
    error::Error,
    sandbox::Module,
    store::{Activation, FileRecord, StoreError},
    words::{ContextName, DomainKey, ModuleHash},
};

use super::{
    DeployParts,
    actions::Trouble,
    decide::{Decision, Path, Record, Situation, decide},
    folder::{Look, Stat},
};

/// How long after it could not be loaded a module of the store is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// What came of acting upon a path.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is dealt with, until something else is there. Some: this is recorded for the path now.
    Settled(Option<Record>),
    /// It could not be dealt with, for a reason that passes.
    Again,
}

/// Does the work that a folder asks for.
pub(super) struct Workshop {
    pub(super) parts: DeployParts,
    /// Compiling takes much memory: no more at once than there are workers.
    benches: Semaphore,
}

impl Workshop {
    pub(super) fn new(parts: DeployParts) -> Self {
        let benches = Semaphore::new(parts.config.worker_count());
        Self { parts, benches }
    }

    /// Makes the context of a folder known. If that fails it is tried again at the next look.
    pub(super) async fn name_context(&self, context: &ContextName) {
        if self.parts.catalog.knows(context) {
            return;
        }
        match self.parts.store.name_context(context).await {
            Ok(()) => {
                self.parts.catalog.name_context(context);
                tracing::info!(%context, "a context has a folder");
            }
            Err(error) => tracing::error!(%context, %error, "cannot make the context of a folder known"),
        }
    }

    /// Learns which contexts and activations there are; gives the newest activation of each domain that has one
    /// that was not known here.
    pub(super) async fn learn(&self) -> Result<Vec<Activation>, StoreError> {
        let known = self.parts.store.catalogue().await?;
        for context in known.contexts.iter().filter(|context| self.parts.catalog.name_context(context)) {
            tracing::info!(%context, "another host made a context known");
        }
        let mut newest: BTreeMap<DomainKey, Activation> = BTreeMap::new();
        for activation in known.activations {
            if self.parts.catalog.learn(&activation) {
                newest.insert(activation.key.clone(), activation);
            }
        }
        let in_force = |activation: &Activation| {
            let domain = self.parts.catalog.domain(&activation.key);
            domain.is_some_and(|domain| {
                domain.activations.last().is_some_and(|last| last.number == activation.number)
            })
        };
        Ok(newest.into_values().filter(in_force).collect())
    }

    /// Does what another host has said of a domain.
    pub(super) async fn follow(&self, activation: Activation) {
        let Activation { key, number, module, .. } = &activation;
        match module {
            None => {
                tracing::info!(domain = %key, activation = %number, "another host retired the domain");
                self.parts.scheduler.retire(activation);
            }
            Some((hash, _)) => {
                tracing::info!(domain = %key, module = %hash, activation = %number, "another host put a module in force");
                self.parts.scheduler.pause(key.clone());
                self.restore(activation).await;
            }
        }
    }

    /// Lets a domain be served again by the module that the store names.
    pub(super) async fn restore(&self, activation: Activation) {
        let Some((hash, _)) = activation.module else { return };
        let domain = &activation.key;
        loop {
            match self.loaded(domain, hash).await {
                Ok(module) => return self.parts.scheduler.serve(activation, module),
                Err(trouble @ (Trouble::Later(_) | Trouble::Host(_))) => {
                    tracing::warn!(%domain, module = %hash, %trouble, "a module of the store is loaded later");
                    sleep(PAUSE).await;
                }
                Err(trouble) => {
                    let why = trouble.to_string();
                    tracing::error!(%domain, module = %hash, why, "a module of the store cannot serve here");
                    return self.parts.catalog.update(domain, |known| known.state = State::Failed { why });
                }
            }
        }
    }

    async fn loaded(&self, key: &DomainKey, hash: ModuleHash) -> Result<Arc<Module>, Trouble> {
        // The semaphore is never closed.
        let _bench = self.benches.acquire().await;
        let bytes = self.parts.store.module(&hash).await?;
        let missing =
            || format!("the store does not hold the bytes of module {hash}: put its file in place again");
        self.load(key, bytes.ok_or_else(|| Trouble::Refused(missing()))?.into()).await
    }

    /// Does what a path says.
    pub(super) async fn settle(&self, key: &DomainKey, look: &Look, recorded: Option<Record>) -> Outcome {
        let settled = match look {
            Look::File(stat) => self.follow_file(key, *stat, recorded).await,
            Look::Unreadable(why) => Err(Trouble::Refused(why.clone())),
            Look::Missing => self.follow_absence(key, Path::Missing, recorded).await,
            Look::NoFolder => self.follow_absence(key, Path::NoFolder, recorded).await,
        };
        match settled {
            Ok(record) => Outcome::Settled(record),
            Err(Trouble::Refused(why)) => {
                self.refuse(key, why);
                Outcome::Settled(None)
            }
            Err(Trouble::Moved | Trouble::Host(Error::Closing)) => Outcome::Again,
            Err(Trouble::Later(why)) => {
                tracing::warn!(domain = %key, why, "a file is followed later");
                Outcome::Again
            }
            Err(Trouble::Host(error)) => {
                tracing::error!(domain = %key, %error, "cannot follow a file; trying again");
                Outcome::Again
            }
        }
    }

    async fn follow_file(
        &self,
        key: &DomainKey,
        stat: Stat,
        recorded: Option<Record>,
    ) -> Result<Option<Record>, Trouble> {
        let _bench = self.benches.acquire().await;
        let (bytes, hash) = self.read(key, stat).await?;
        let record = match self.decide(key, Path::File(hash), recorded) {
            Decision::Activate => {
                self.activate(key, hash, bytes).await?;
                Some(Some(hash))
            }
            Decision::Record => {
                self.parts.store.note_file(&self.record(key, Some(hash))).await?;
                Some(Some(hash))
            }
            Decision::Nothing | Decision::Retire => None,
        };
        self.clear_refusal(key);
        Ok(record)
    }

    async fn follow_absence(
        &self,
        key: &DomainKey,
        path: Path,
        recorded: Option<Record>,
    ) -> Result<Option<Record>, Trouble> {
        let record = match self.decide(key, path, recorded) {
            Decision::Retire => {
                self.retire(key).await?;
                Some(None)
            }
            Decision::Record => {
                self.parts.store.note_file(&self.record(key, None)).await?;
                Some(None)
            }
            Decision::Nothing | Decision::Activate => None,
        };
        self.clear_refusal(key);
        Ok(record)
    }

    fn decide(&self, key: &DomainKey, path: Path, recorded: Option<Record>) -> Decision {
        let domain = self.parts.catalog.domain(key);
        let hash = |activation: &Activation| activation.module.as_ref().map(|(hash, _)| *hash);
        let active = domain.as_ref().and_then(|domain| domain.active()).and_then(hash);
        let mut had = domain.iter().flat_map(|domain| &domain.activations).filter_map(hash);
        let had_before = had.any(|hash| path == Path::File(hash));
        decide(&Situation { path, recorded, active, had_before })
    }

    /// What this host remembers of a path from now on.
    pub(super) fn record(&self, key: &DomainKey, hash: Record) -> FileRecord {
        FileRecord { node: self.parts.config.node.clone(), key: key.clone(), hash }
    }
}
