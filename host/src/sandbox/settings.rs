//! What a reducer may use: every limit of a call, and of loading a module.

use std::path::PathBuf;

use crate::config::{Config, Limits};

/// What one reducer may use. Every limit names itself when it is met; `default.toml` says what each means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReducerLimits {
    /// Fuel for one call: about one unit for each wasm instruction.
    pub fuel: u64,
    /// Memory of one instance, in bytes: all its memories and tables together.
    pub memory_bytes: usize,
    /// Stack of one instance, in bytes.
    pub stack_bytes: usize,
    /// A module's size, in bytes.
    pub module_bytes: usize,
    /// Core instances that one instance of a module may be made of.
    pub module_instances: u32,
    /// How long compiling a module may take, in milliseconds.
    pub compile_ms: u64,
    /// What one call may return, in bytes: model and events together, as they lie in the host's memory.
    pub output_bytes: usize,
    /// What one call may log, in bytes.
    pub log_bytes: usize,
    /// How long one call may take by the clock, in milliseconds, before the host ends it for its own sake.
    pub call_ms: u64,
}

impl From<&Limits> for ReducerLimits {
    fn from(limits: &Limits) -> Self {
        Self {
            fuel: limits.fuel,
            memory_bytes: limits.memory_bytes,
            stack_bytes: limits.stack_bytes,
            module_bytes: limits.module_bytes,
            module_instances: limits.module_instances,
            compile_ms: limits.compile_ms,
            output_bytes: limits.output_bytes,
            log_bytes: limits.log_bytes,
            call_ms: limits.call_ms,
        }
    }
}

/// Where compiled code is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheSettings {
    /// The folder.
    pub folder: PathBuf,
    /// What it may hold, in bytes.
    pub bytes: u64,
}

/// What the sandbox must be ready for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxSettings {
    /// Where compiled code is kept, if it is.
    pub cache: Option<CacheSettings>,
    /// Calls at once, and modules compiled at once.
    pub workers: usize,
    /// The limits of reducers that have none of their own.
    pub limits: ReducerLimits,
    /// The limits of those that have.
    pub exceptions: Vec<ReducerLimits>,
}

impl SandboxSettings {
    /// The largest of all limits on memory, in bytes.
    pub(super) fn most_memory(&self) -> usize {
        self.all().map(|limits| limits.memory_bytes).max().unwrap_or_default()
    }

    /// The largest of all limits on a module's core instances.
    pub(super) fn most_instances(&self) -> u32 {
        self.all().map(|limits| limits.module_instances).max().unwrap_or_default()
    }

    /// Every limit on the stack that there is, each once, in bytes.
    pub(super) fn stacks(&self) -> Vec<usize> {
        let mut stacks: Vec<usize> = self.all().map(|limits| limits.stack_bytes).collect();
        stacks.sort_unstable();
        stacks.dedup();
        stacks
    }

    fn all(&self) -> impl Iterator<Item = &ReducerLimits> {
        std::iter::once(&self.limits).chain(&self.exceptions)
    }
}

impl From<&Config> for SandboxSettings {
    fn from(config: &Config) -> Self {
        let cache = |folder| CacheSettings { folder, bytes: config.limits.code_cache_bytes };
        Self {
            cache: config.cache_folder().map(cache),
            workers: config.worker_count(),
            limits: (&config.limits).into(),
            exceptions: config.limits_of.values().map(ReducerLimits::from).collect(),
        }
    }
}
