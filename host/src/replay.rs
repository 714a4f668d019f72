//! Makes a captured call again: the same module (or a better one), model and events, under the host's own
//! rules, and without a store.

use std::sync::Arc;

use crate::{
    config::Config,
    lifecycle::{self, StartError},
    sandbox::{Failure, LoadError, Module, ReducerLimits, Sandbox, SandboxSettings},
    scheduler::Bench,
    words::{Capture, CapturedEvent, DomainKey, Event, Fact, ModuleHash},
};

/// Why a captured call cannot be made again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It is not a capture.
    #[error("this is not a capture, as GET /_/parked/{{context}}/{{domain}}/{{entity}} gives it: {0}")]
    NotACapture(#[from] serde_json::Error),
    /// It holds no event: nothing was called.
    #[error("this capture holds no event, so there was no call")]
    NoEvents,
    /// The store or the sandbox cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The store has no such module.
    #[error("the store does not hold module {0}: name its file with --module (GET /_/modules/{0} gives it)")]
    NoModule(ModuleHash),
    /// The module cannot be loaded.
    #[error("module {0} cannot be loaded: {1}")]
    Load(ModuleHash, LoadError),
}

/// What became of a call that was made again.
#[derive(Debug)]
pub struct Replayed {
    /// The module that was called.
    pub module: ModuleHash,
    /// The model after it and the events that it emitted; or why it failed.
    pub result: Result<Reduced, Failure>,
}

/// What the call brought about.
#[derive(Debug)]
pub struct Reduced {
    /// The model after it, if there is one.
    pub model: Option<Arc<[u8]>>,
    /// The events that it emitted, in order.
    pub events: Vec<Arc<Fact>>,
}

/// Reads a capture.
///
/// # Errors
/// [`ReplayError::NotACapture`].
pub fn read(json: &[u8]) -> Result<Capture, ReplayError> {
    Ok(serde_json::from_slice(json)?)
}

/// The bytes of a capture's module, from the store that `config` names, which no host may be using.
///
/// # Errors
/// [`ReplayError::Start`], [`ReplayError::NoModule`].
pub async fn module_of(config: &Config, capture: &Capture) -> Result<Vec<u8>, ReplayError> {
    let store = lifecycle::open(config).await?;
    let bytes = store.module(&capture.module).await.map_err(StartError::from)?;
    store.close().await;
    bytes.ok_or(ReplayError::NoModule(capture.module))
}

/// Makes a captured call again with this module, under the limits that the captured domain has in `config`.
/// Blocks for as long as the fuel lasts.
///
/// # Errors
/// [`ReplayError`]; a call that fails is a result.
pub fn replay(config: &Config, capture: &Capture, module: Vec<u8>) -> Result<Replayed, ReplayError> {
    if capture.events.is_empty() {
        return Err(ReplayError::NoEvents);
    }
    let key = DomainKey { context: capture.context.clone(), domain: capture.domain.clone() };
    let limits = config.limits_for(&key).clone();
    let hash = ModuleHash::of(&module);
    let sandbox = Sandbox::new(&SandboxSettings::from(config)).map_err(StartError::from)?;
    let loaded = sandbox.load(&module.into(), &ReducerLimits::from(&limits));
    let module: Arc<Module> = Arc::new(loaded.map_err(|error| ReplayError::Load(hash, error))?);
    let events: Vec<Arc<Event>> = capture.events.iter().map(|event| Arc::new(event.into())).collect();
    let model = capture.model.as_ref().map(|model| Arc::from(model.get().as_bytes()));
    let folded = Bench::new(key, module, limits).fold(capture.entity, model, &events);
    let result = folded.map(|folded| Reduced { model: folded.model, events: folded.events });
    Ok(Replayed { module: hash, result })
}

impl From<&CapturedEvent> for Event {
    fn from(event: &CapturedEvent) -> Self {
        let fact = Fact {
            id: event.id,
            entity: event.entity,
            event_type: event.event_type.clone(),
            data: event.data.get().as_bytes().to_vec(),
            metadata: event.metadata.clone(),
            cause: event.cause,
            depth: event.depth,
            origin: None,
        };
        Self {
            position: event.position,
            recorded_at: event.recorded_at.0,
            context: event.context.clone(),
            fact: Arc::new(fact),
        }
    }
}
