//! Bytes become modules: inspected, compiled, linked, described.

use std::{
    sync::{
        Arc,
        mpsc::{RecvTimeoutError, sync_channel},
    },
    thread,
    time::Duration,
};

use wasmtime::component::Component;

use crate::words::ModuleHash;

use super::{
    Inspected, LoadError, Module, ReducerLimits, SandboxSettings,
    cache::{self, Cache},
    engine::{Lab, Mode},
    inspect,
    instance::Bounds,
    places::Places,
    wasi,
    watchdog::{self, Calls},
};

/// The sandbox cannot run on this machine with these settings.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the sandbox cannot start: {0}")]
pub struct SandboxError(String);

impl SandboxError {
    pub(super) fn new(error: impl std::fmt::Display) -> Self {
        Self(format!("{error:#}"))
    }
}

/// Loads modules.
pub struct Sandbox {
    labs: Vec<Lab>,
    /// How many calls there are.
    calls: Calls,
    cache: Option<Arc<Cache>>,
    /// Where modules are compiled: no more at once than there are places.
    places: Arc<Places>,
}

impl Sandbox {
    /// Starts the engines.
    ///
    /// # Errors
    /// [`SandboxError`] where the machine cannot give what the settings ask for.
    pub fn new(settings: &SandboxSettings) -> Result<Self, SandboxError> {
        let labs = Lab::all(settings)?;
        let calls = Calls::default();
        let engines = labs.iter().map(|lab| lab.engine.weak()).collect();
        watchdog::start(engines, calls.clone()).map_err(SandboxError::new)?;
        let cache = settings.cache.clone().map(|cache| Arc::new(Cache::new(cache.folder, cache.bytes)));
        Ok(Self { labs, calls, cache, places: Places::new(settings.workers) })
    }

    /// How instances are made on this machine.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.labs.iter().map(|lab| lab.mode).max().unwrap_or(Mode::OnDemand)
    }

    /// Checks a module, compiles it and asks it to describe itself. Takes as long as compiling does: from
    /// some 50 ms for a small reducer to many seconds for an interpreter; much less if the cache has it.
    ///
    /// # Errors
    /// [`LoadError`]: one sentence that says why the host would not take it.
    pub fn load(&self, bytes: &Arc<[u8]>, limits: &ReducerLimits) -> Result<Module, LoadError> {
        let lab = self.labs.iter().find(|lab| lab.stack_bytes == limits.stack_bytes);
        let lab = lab.ok_or(LoadError::UnknownStack(limits.stack_bytes))?;
        let hash = ModuleHash::of(bytes);
        let (inspected, component) = self.compile(lab, hash, bytes, limits)?;
        let exports = inspect::exports(&component)?;
        let mut linker = lab.linker.clone();
        if inspected.wasi {
            wasi::add_rest_to(&mut linker, &component).map_err(LoadError::link)?;
        }
        let pre = linker.instantiate_pre(&component).map_err(LoadError::link)?;
        Module::describe(pre, hash, exports, Bounds { limits: *limits, calls: self.calls.clone() }, inspected)
    }

    /// Inspects and compiles on a thread of its own, because nothing can stop a compiler: one that takes too
    /// long keeps its place until it is done, but nobody waits for it.
    fn compile(
        &self,
        lab: &Lab,
        hash: ModuleHash,
        bytes: &Arc<[u8]>,
        limits: &ReducerLimits,
    ) -> Result<(Inspected, Component), LoadError> {
        let limit = Duration::from_millis(limits.compile_ms);
        let too_long = || LoadError::TooLong(limits.compile_ms);
        let no_place = || LoadError::Machine("other modules have taken the compiler for too long".to_owned());
        let place = self.places.take(limit).ok_or_else(no_place)?;
        let (engine, cache, bytes) = (lab.engine.clone(), self.cache.clone(), Arc::clone(bytes));
        let limits = *limits;
        let (sender, compiled) = sync_channel(1);
        let work = move || {
            let _place = place;
            // Nobody listens any more if it took too long.
            drop(sender.send(inspect(&bytes, &limits).and_then(|inspected| {
                let compile = || cache::component(cache.as_deref(), &engine, hash, &bytes);
                let component = in_a_pool(compile)?.map_err(LoadError::invalid)?;
                Ok((inspected, component))
            })));
        };
        let thread = thread::Builder::new().name("compiler".to_owned()).spawn(work);
        thread.map_err(|error| LoadError::Machine(format!("no thread to compile it: {error}")))?;
        match compiled.recv_timeout(limit) {
            Ok(compiled) => compiled,
            Err(RecvTimeoutError::Timeout) => Err(too_long()),
            Err(RecvTimeoutError::Disconnected) => {
                Err(LoadError::Invalid("the compiler crashed; the host's log says where".to_owned()))
            }
        }
    }
}

/// Compiles on threads of this module's own: in the pool that all share, one module could hold up the others.
fn in_a_pool<T: Send>(compile: impl FnOnce() -> T + Send) -> Result<T, LoadError> {
    let pool = rayon::ThreadPoolBuilder::new().thread_name(|index| format!("compiler-{index}")).build();
    Ok(pool
        .map_err(|error| LoadError::Machine(format!("no threads to compile it: {error}")))?
        .install(compile))
}
