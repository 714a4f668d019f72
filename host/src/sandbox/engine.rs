//! The engine: one per host, with the settings that make every call repeatable and bounded.

use wasmtime::{
    Config as EngineConfig, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig,
    component::{Component, Linker},
};

use crate::{config::Config, words::ModuleHash};

use super::{
    LoadError, Module,
    contract::{LOG, Level},
    inspect,
    instance::Instance,
};

/// What one call may use, and how many calls may run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SandboxSettings {
    /// Calls at once.
    pub workers: usize,
    /// Fuel for one call: about one unit for each wasm instruction.
    pub fuel: u64,
    /// Memory of one instance, in bytes: all its memories together.
    pub memory_bytes: usize,
    /// Stack of one instance, in bytes.
    pub stack_bytes: usize,
    /// A module's size, in bytes.
    pub module_bytes: usize,
    /// What one call may log, in bytes.
    pub log_bytes: usize,
}

impl From<&Config> for SandboxSettings {
    fn from(config: &Config) -> Self {
        Self {
            workers: config.worker_count(),
            fuel: config.limits.fuel,
            memory_bytes: config.limits.memory_bytes,
            stack_bytes: config.limits.stack_bytes,
            module_bytes: config.limits.module_bytes,
            log_bytes: config.limits.log_bytes,
        }
    }
}

/// The engine cannot run on this machine with these settings.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the sandbox cannot start: {0}")]
pub struct SandboxError(String);

/// Loads modules.
pub struct Sandbox {
    engine: Engine,
    linker: Linker<Instance>,
    settings: SandboxSettings,
}

/// Memory that an instance leaves behind and the next one finds in place, in bytes: more than a small
/// guest touches, so that most calls need not ask the kernel for pages.
const KEPT_RESIDENT: usize = 256 << 10;
/// Elements of one table.
pub(super) const TABLE_ELEMENTS: usize = 20_000;

impl Sandbox {
    /// Starts the engine.
    ///
    /// # Errors
    /// [`SandboxError`] where the machine cannot give what the settings ask for.
    pub fn new(settings: SandboxSettings) -> Result<Self, SandboxError> {
        let failed = |error: wasmtime::Error| SandboxError(format!("{error:#}"));
        let engine = Engine::new(&engine_config(&settings)).map_err(failed)?;
        let mut linker = Linker::new(&engine);
        linker
            .instance(LOG)
            .and_then(|mut log| {
                log.func_wrap("write", |mut store, (level, message): (Level, String)| {
                    let instance: &mut Instance = wasmtime::StoreContextMut::data_mut(&mut store);
                    instance.log(level, message);
                    Ok(())
                })
            })
            .map_err(failed)?;
        Ok(Self { engine, linker, settings })
    }

    /// Checks a module, compiles it and asks it to describe itself. Takes as long as compiling does: from
    /// some 50 ms for a small reducer to many seconds for an interpreter.
    ///
    /// # Errors
    /// [`LoadError`]: one sentence that says why the host would not take it.
    pub fn load(&self, bytes: &[u8]) -> Result<Module, LoadError> {
        inspect::shape(bytes, self.settings.module_bytes)?;
        let component =
            Component::from_binary(&self.engine, bytes).map_err(|e| LoadError::Invalid(format!("{e:#}")))?;
        inspect::imports(&self.engine, &component)?;
        let [describe, reduce] = inspect::exports(&component)?;
        let pre = self.linker.instantiate_pre(&component).map_err(|e| LoadError::Link(format!("{e:#}")))?;
        Module::describe(pre, ModuleHash::of(bytes), &describe, reduce, self.settings)
    }
}

fn engine_config(settings: &SandboxSettings) -> EngineConfig {
    let mut config = EngineConfig::new();
    config
        .wasm_component_model(true)
        .concurrency_support(false)
        .consume_fuel(true)
        .max_wasm_stack(settings.stack_bytes)
        // Results must not depend on the machine: one NaN, one relaxed SIMD.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(settings)));
    config
}

fn pool(settings: &SandboxSettings) -> PoolingAllocationConfig {
    // Modules are loaded (and asked to describe themselves) beside the calls of the workers.
    let calls = u32::try_from(settings.workers * 2 + 4).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(calls)
        .total_core_instances(calls.saturating_mul(8))
        .max_core_instances_per_component(64)
        .total_memories(calls.saturating_mul(2))
        .max_memories_per_component(8)
        .total_tables(calls.saturating_mul(4))
        .max_tables_per_component(16)
        .table_elements(TABLE_ELEMENTS)
        .max_memory_size(settings.memory_bytes)
        .linear_memory_keep_resident(KEPT_RESIDENT)
        .table_keep_resident(KEPT_RESIDENT)
        .pagemap_scan(Enabled::Auto);
    pool
}
