//! The single steps of deploying: read, compile, activate, retire, refuse.

use std::{io, sync::Arc};

use tokio::task::spawn_blocking;

use crate::{
    catalog::State,
    error::Error,
    sandbox::{Module, ReducerLimits},
    store::{NewActivation, StoreError},
    words::{Descriptor, DomainKey, ModuleHash},
};

use super::{
    ReadError,
    folder::{Stat, path_of},
    read::read_with_stat,
    workshop::Workshop,
};

/// Why a path could not be followed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The file is not taken. The sentence says why.
    #[error("{0}")]
    Refused(String),
    /// The file changed while it was read.
    #[error("the file changed while it was read")]
    Moved,
    /// The machine cannot load it now.
    #[error("{0}")]
    Later(String),
    /// This host failed, not the file.
    #[error(transparent)]
    Host(#[from] Error),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Host(error.into())
    }
}

impl Workshop {
    /// The file, provided that it is still the one that was looked at.
    pub(super) async fn read(&self, key: &DomainKey, stat: Stat) -> Result<(Arc<[u8]>, ModuleHash), Trouble> {
        let path = path_of(&self.parts.config.reducers, key);
        let limit = self.parts.config.limits_for(key).module_bytes;
        let read = spawn_blocking(move || {
            let (bytes, stat) = read_with_stat(&path, limit)?;
            let hash = ModuleHash::of(&bytes);
            Ok::<_, ReadError>((Arc::from(bytes), hash, stat))
        });
        match read.await {
            Ok(Ok((bytes, hash, seen))) if seen == stat => Ok((bytes, hash)),
            Ok(Ok(_)) => Err(Trouble::Moved),
            Ok(Err(ReadError::Io(error))) if error.kind() == io::ErrorKind::NotFound => Err(Trouble::Moved),
            Ok(Err(error)) => Err(Trouble::Refused(error.to_string())),
            Err(crash) => Err(Trouble::Refused(crash.to_string())),
        }
    }

    /// Compiles off the runtime's threads.
    pub(super) async fn load(&self, key: &DomainKey, bytes: Arc<[u8]>) -> Result<Arc<Module>, Trouble> {
        let sandbox = self.parts.sandbox.clone();
        let limits = ReducerLimits::from(self.parts.config.limits_for(key));
        match spawn_blocking(move || sandbox.load(&bytes, &limits)).await {
            Ok(Ok(module)) => Ok(Arc::new(module)),
            Ok(Err(error)) if error.is_transient() => Err(Trouble::Later(error.to_string())),
            Ok(Err(error)) => Err(Trouble::Refused(error.to_string())),
            Err(crash) => Err(Trouble::Refused(format!("compiling it crashed: {crash}"))),
        }
    }

    /// Compiles a module and lets it serve.
    pub(super) async fn activate(
        &self,
        key: &DomainKey,
        hash: ModuleHash,
        bytes: Arc<[u8]>,
    ) -> Result<(), Trouble> {
        let catalog = &self.parts.catalog;
        if catalog.domain(key).is_none() {
            catalog.update(key, |domain| domain.state = State::Compiling);
        }
        let module = self.load(key, bytes.clone()).await?;
        if let Some((_, present)) = catalog.domain(key).as_ref().and_then(|domain| domain.module()) {
            keeps_fold(key, present, module.descriptor()).map_err(Trouble::Refused)?;
        }
        let activation = NewActivation {
            key: key.clone(),
            module: Some((hash, bytes, module.descriptor().clone())),
            file: Some(self.record(key, Some(hash))),
            at: self.parts.clock.now(),
        };
        let activation = self.parts.committer.activate(activation).await?;
        tracing::info!(domain = %key, module = %hash, activation = %activation.number, "a module serves");
        catalog.name_context(&key.context);
        // It compiles until the scheduler, which takes over now, knows better.
        catalog.learn(&activation);
        catalog.clear_refusal(key);
        self.parts.scheduler.serve(activation, module);
        Ok(())
    }

    /// Lets a domain rest.
    pub(super) async fn retire(&self, key: &DomainKey) -> Result<(), Trouble> {
        let file = Some(self.record(key, None));
        let retirement = NewActivation { key: key.clone(), module: None, file, at: self.parts.clock.now() };
        let activation = self.parts.committer.activate(retirement).await?;
        tracing::info!(domain = %key, activation = %activation.number, "its file is gone: the domain is retired");
        self.parts.catalog.learn(&activation);
        self.parts.scheduler.retire(activation);
        Ok(())
    }

    /// Names a file that is not taken; what served before goes on.
    pub(super) fn refuse(&self, key: &DomainKey, why: String) {
        let path = path_of(&self.parts.config.reducers, key);
        tracing::warn!(domain = %key, path = %path.display(), why, "a file is refused; what served before goes on");
        self.parts.catalog.update(key, |domain| {
            if domain.activations.is_empty() {
                domain.state = State::Failed { why: why.clone() };
            }
            domain.refused = Some(why);
        });
    }

    /// The file is good again, or gone.
    pub(super) fn clear_refusal(&self, key: &DomainKey) {
        self.parts.catalog.clear_refusal(key);
    }
}

/// An entity's model cannot become the context's, nor the other way round.
fn keeps_fold(key: &DomainKey, present: &Descriptor, new: &Descriptor) -> Result<(), String> {
    let keeps =
        |whole_context| if whole_context { "one model for the whole context" } else { "one for each entity" };
    let (was, is) = (present.is_whole_context(), new.is_whole_context());
    if was == is {
        return Ok(());
    }
    Err(format!(
        "it keeps {}, but {key} keeps {}: that is a new domain; give the file another name",
        keeps(is),
        keeps(was)
    ))
}
