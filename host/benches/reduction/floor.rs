//! The floor: wasmtime called with as little around it as there can be, under the settings of `sandbox`.
//! What Everfold takes longer is its own.

use everfold::sandbox::SandboxSettings;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, ResourceLimiter, Result,
    Store,
    component::{Component, ComponentExportIndex, Instance, InstancePre, Linker, TypedFunc},
};

use crate::wire::{Event, Failure, Level, Reduction, Target};

pub(crate) type Params<'a> = (Target<'a>, Option<&'a [u8]>, &'a [Event<'a>]);
pub(crate) type Reduce<'a> = TypedFunc<Params<'a>, (Result<Reduction, Failure>,)>;

/// The limits of one instance.
pub(crate) struct Limits {
    memory_bytes: usize,
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        Ok(desired <= self.memory_bytes)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }
}

const KEPT_RESIDENT: usize = 256 << 10;
const TABLE_ELEMENTS: usize = 20_000;

/// A guest, ready to be instantiated.
pub(crate) struct Floor {
    pre: InstancePre<Limits>,
    reduce: ComponentExportIndex,
    settings: SandboxSettings,
}

impl Floor {
    pub(crate) fn load(settings: SandboxSettings, bytes: &[u8]) -> Result<Self> {
        let engine = Engine::new(&config(&settings))?;
        let component = Component::from_binary(&engine, bytes)?;
        let mut linker = Linker::new(&engine);
        let log = |_: wasmtime::StoreContextMut<'_, Limits>, _: (Level, String)| Ok(());
        linker.instance("everfold:domain/log@0.1.0")?.func_wrap("write", log)?;
        let pre = linker.instantiate_pre(&component)?;
        let interface = component.get_export_index(None, "everfold:domain/reducer@0.1.0");
        let reduce = component.get_export_index(interface.as_ref(), "reduce");
        let reduce = reduce.ok_or_else(|| wasmtime::Error::msg("it exports no reducer"))?;
        Ok(Self { pre, reduce, settings })
    }

    /// What every call begins with.
    pub(crate) fn store(&self) -> Store<Limits> {
        let limits = Limits { memory_bytes: self.settings.memory_bytes };
        let mut store = Store::new(self.pre.engine(), limits);
        store.limiter(|limits| limits);
        store.set_fuel(self.settings.fuel).expect("the engine counts fuel");
        store
    }

    pub(crate) fn instantiate(&self, store: &mut Store<Limits>) -> Instance {
        self.pre.instantiate(store).expect("the guest instantiates")
    }

    pub(crate) fn reduce_of<'a>(&self, store: &mut Store<Limits>, instance: &Instance) -> Reduce<'a> {
        instance.get_typed_func(store, self.reduce).expect("the guest's types are those of the contract")
    }

    /// One reduction in a fresh instance.
    pub(crate) fn reduce(&self, params: Params<'_>) -> Reduction {
        let mut store = self.store();
        let instance = self.instantiate(&mut store);
        let reduce = self.reduce_of(&mut store, &instance);
        let (result,) = reduce.call(&mut store, params).expect("the guest does not trap");
        result.expect("the guest takes the events")
    }
}

/// The settings of `host/src/sandbox/engine.rs`.
fn config(settings: &SandboxSettings) -> Config {
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
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .concurrency_support(false)
        .consume_fuel(true)
        .max_wasm_stack(settings.stack_bytes)
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}
