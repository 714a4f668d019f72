//! The floor: wasmtime called with as little around it as there can be, under the settings of `sandbox`.
//! What Everfold takes longer is its own.

use everfold::sandbox::ReducerLimits;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OperatorCost, PoolingAllocationConfig,
    ResourceLimiter, Result, Store, VariableOperatorCost,
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

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool> {
        Ok(true)
    }
}

/// A guest, ready to be instantiated.
pub(crate) struct Floor {
    pre: InstancePre<Limits>,
    reduce: ComponentExportIndex,
    limits: ReducerLimits,
}

impl Floor {
    pub(crate) fn load(limits: ReducerLimits, bytes: &[u8]) -> Result<Self> {
        let engine = Engine::new(&config(&limits))?;
        let component = Component::from_binary(&engine, bytes)?;
        let mut linker = Linker::new(&engine);
        let log = |_: wasmtime::StoreContextMut<'_, Limits>, _: (Level, String)| Ok(());
        linker.instance("everfold:domain/log@0.1.0")?.func_wrap("write", log)?;
        let pre = linker.instantiate_pre(&component)?;
        let interface = component.get_export_index(None, "everfold:domain/reducer@0.1.0");
        let reduce = component.get_export_index(interface.as_ref(), "reduce");
        let reduce = reduce.ok_or_else(|| wasmtime::Error::msg("it exports no reducer"))?;
        Ok(Self { pre, reduce, limits })
    }

    /// What every call begins with.
    pub(crate) fn store(&self) -> Store<Limits> {
        let limits = Limits { memory_bytes: self.limits.memory_bytes };
        let mut store = Store::new(self.pre.engine(), limits);
        store.limiter(|limits| limits);
        store.set_fuel(self.limits.fuel).expect("the engine counts fuel");
        store.set_epoch_deadline(200);
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

/// The settings of `host/src/sandbox/engine.rs`, for one call at a time.
fn config(limits: &ReducerLimits) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(6)
        .total_core_instances(6 * limits.module_instances)
        .max_core_instances_per_component(limits.module_instances)
        .total_memories(24)
        .max_memories_per_component(8)
        .total_tables(48)
        .max_tables_per_component(16)
        .table_elements(100_000)
        .max_memory_size(limits.memory_bytes)
        .linear_memory_keep_resident(2 << 20)
        .table_keep_resident(2 << 20)
        .pagemap_scan(Enabled::Auto);
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .concurrency_support(false)
        .consume_fuel(true)
        .operator_cost(cost())
        .epoch_interruption(true)
        .max_wasm_stack(limits.stack_bytes)
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

/// The costs of that file, because they are part of the code that is run.
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
        MemoryGrow: VERY_SLOW,
        variable: VariableOperatorCost { memory_grow_per_page: 255, ..VariableOperatorCost::new() },
        ..OperatorCost::new()
    }
}
