//! Engines, with the settings that make every call repeatable and bounded.

use std::fmt;

use wasmtime::{
    Config as EngineConfig, Enabled, Engine, InstanceAllocationStrategy, OperatorCost,
    PoolingAllocationConfig, VariableOperatorCost, component::Linker,
};

use super::{SandboxError, SandboxSettings, inspect::FEATURES, instance::Instance, log, wasi};

/// Memory that an instance leaves behind and the next one finds in place, in bytes: more than most guests
/// touch, interpreters among them, so that most calls need not ask the kernel for pages.
const KEPT_RESIDENT: usize = 2 << 20;
/// The same where the kernel cannot tell which pages were written: all of it is written anew after each call.
const KEPT_AND_REWRITTEN: usize = 64 << 10;
/// Elements of one table. Interpreters have some ten thousand functions.
pub(super) const TABLE_ELEMENTS: usize = 100_000;
/// Memories and tables of one instance, with all that it is made of.
pub(super) const MEMORIES: u32 = 8;
pub(super) const TABLES: u32 = 16;

/// How instances are made on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// From a pool, and only pages that were written are reset afterwards.
    PooledWithPagemapScan,
    /// From a pool.
    Pooled,
    /// Each anew.
    OnDemand,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PooledWithPagemapScan => {
                "from a pool, of which only what was written is reset (PAGEMAP_SCAN)"
            }
            Self::Pooled => {
                "from a pool; this kernel has no PAGEMAP_SCAN (Linux 6.7), so that every call takes some 15 µs longer"
            }
            Self::OnDemand => {
                "on demand, which is several times slower: a pool needs more address space (ulimit -v)"
            }
        })
    }
}

/// An engine and what its guests may import. There is one for each size of stack, because the engine
/// alone can bound that.
pub(super) struct Lab {
    pub(super) engine: Engine,
    pub(super) linker: Linker<Instance>,
    pub(super) stack_bytes: usize,
    pub(super) mode: Mode,
}

impl Lab {
    pub(super) fn all(settings: &SandboxSettings) -> Result<Vec<Self>, SandboxError> {
        let mut labs = Vec::new();
        for stack_bytes in settings.stacks() {
            let (engine, mode) = engine(settings, stack_bytes)?;
            let mut linker = Linker::new(&engine);
            log::add_to(&mut linker).and_then(|()| wasi::add_to(&mut linker)).map_err(SandboxError::new)?;
            labs.push(Self { engine, linker, stack_bytes, mode });
        }
        Ok(labs)
    }
}

fn engine(settings: &SandboxSettings, stack_bytes: usize) -> Result<(Engine, Mode), SandboxError> {
    let mut config = repeatable(stack_bytes);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(settings)));
    match Engine::new(&config) {
        Ok(engine) if PoolingAllocationConfig::is_pagemap_scan_available() => {
            Ok((engine, Mode::PooledWithPagemapScan))
        }
        Ok(engine) => Ok((engine, Mode::Pooled)),
        Err(error) => {
            tracing::warn!(%error, "instances cannot be pooled here");
            config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
            // Just the memory and a little room to grow, instead of the gigabytes that save the checks of
            // bounds and the moves.
            config.memory_reservation(0).memory_reservation_for_growth(1 << 20).memory_guard_size(0);
            Ok((Engine::new(&config).map_err(SandboxError::new)?, Mode::OnDemand))
        }
    }
}

/// Everything that decides results is set here.
fn repeatable(stack_bytes: usize) -> EngineConfig {
    let mut config = EngineConfig::new();
    config
        .wasm_features(!FEATURES, false)
        .wasm_features(FEATURES, true)
        .concurrency_support(false)
        .consume_fuel(true)
        .operator_cost(cost())
        // Only the host's watchdog: what it ends is never a result.
        .epoch_interruption(true)
        .max_wasm_stack(stack_bytes)
        // Results must not depend on the machine: one NaN, one relaxed SIMD. Threads and shared memories
        // are not even compiled in.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true);
    config
}

/// One unit for an instruction, or for a byte of a bulk copy; more for the few that take many times longer.
fn cost() -> OperatorCost {
    const SLOW: u8 = 8;
    const VERY_SLOW: u8 = 64;
    OperatorCost {
        I32DivS: SLOW,
        I32DivU: SLOW,
        I32RemS: SLOW,
        I32RemU: SLOW,
        I64DivS: SLOW,
        I64DivU: SLOW,
        I64RemS: SLOW,
        I64RemU: SLOW,
        F32Sqrt: SLOW,
        F32Div: SLOW,
        F64Sqrt: SLOW,
        F64Div: SLOW,
        F32x4Sqrt: SLOW,
        F32x4Div: SLOW,
        F64x2Sqrt: SLOW,
        F64x2Div: SLOW,
        MemoryGrow: VERY_SLOW,
        TableGrow: VERY_SLOW,
        variable: VariableOperatorCost { memory_grow_per_page: 255, ..VariableOperatorCost::new() },
        ..OperatorCost::new()
    }
}

fn pool(settings: &SandboxSettings) -> PoolingAllocationConfig {
    // Modules are loaded (and asked to describe themselves) beside the calls of the workers.
    let calls = u32::try_from(settings.workers * 2 + 4).unwrap_or(u32::MAX);
    let tells = PoolingAllocationConfig::is_pagemap_scan_available();
    let kept = if tells { KEPT_RESIDENT } else { KEPT_AND_REWRITTEN };
    // The engine adds instances of its own where components are composed: as many as there are, at most.
    let instances = settings.most_instances().saturating_mul(2);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(calls)
        .total_core_instances(calls.saturating_mul(instances))
        .max_core_instances_per_component(instances)
        .total_memories(calls.saturating_mul(MEMORIES))
        .max_memories_per_component(MEMORIES)
        .total_tables(calls.saturating_mul(TABLES))
        .max_tables_per_component(TABLES)
        .table_elements(TABLE_ELEMENTS)
        .max_memory_size(settings.most_memory())
        .linear_memory_keep_resident(kept)
        .table_keep_resident(kept)
        .pagemap_scan(Enabled::Auto);
    pool
}
