//! One instance: its limits, and what it has used of them.

use wasmtime::{ResourceLimiter, Store, component::InstancePre};

use crate::words::DomainKey;

use super::{LogLine, SandboxSettings, contract::Level, engine::TABLE_ELEMENTS};

/// What belongs to one instance: its limits, and what it has used of them.
pub(super) struct Instance {
    settings: SandboxSettings,
    key: Option<DomainKey>,
    memory_bytes: usize,
    refused_memory: bool,
    logged_bytes: usize,
    log: Vec<LogLine>,
}

impl Instance {
    pub(super) fn settings(&self) -> &SandboxSettings {
        &self.settings
    }

    pub(super) fn refused_memory(&self) -> bool {
        self.refused_memory
    }

    /// What was logged so far; it is forgotten here.
    pub(super) fn take_log(&mut self) -> Vec<LogLine> {
        std::mem::take(&mut self.log)
    }

    pub(super) fn log(&mut self, level: Level, mut message: String) {
        let left = self.settings.log_bytes - self.logged_bytes.min(self.settings.log_bytes);
        if left == 0 {
            return;
        }
        if message.len() > left {
            message.truncate((0..=left).rev().find(|at| message.is_char_boundary(*at)).unwrap_or(0));
            message.push_str(" … (limits.log_bytes)");
        }
        self.logged_bytes += message.len();
        let reducer = self.key.as_ref().map(ToString::to_string);
        match level {
            Level::Trace => tracing::trace!(target: "everfold::guest", reducer, "{message}"),
            Level::Debug => tracing::debug!(target: "everfold::guest", reducer, "{message}"),
            Level::Info => tracing::info!(target: "everfold::guest", reducer, "{message}"),
            Level::Warn => tracing::warn!(target: "everfold::guest", reducer, "{message}"),
            Level::Error => tracing::error!(target: "everfold::guest", reducer, "{message}"),
        }
        self.log.push(LogLine { level: level.name().to_owned(), message });
    }
}

impl ResourceLimiter for Instance {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.memory_bytes + desired.saturating_sub(current);
        let granted = total <= self.settings.memory_bytes;
        if granted {
            self.memory_bytes = total;
        } else {
            self.refused_memory = true;
        }
        Ok(granted)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }
}

/// A store for one call, with its fuel.
pub(super) fn new_store(
    pre: &InstancePre<Instance>,
    settings: SandboxSettings,
    key: Option<DomainKey>,
) -> Store<Instance> {
    let fuel = settings.fuel;
    let instance =
        Instance { settings, key, memory_bytes: 0, refused_memory: false, logged_bytes: 0, log: Vec::new() };
    let mut store = Store::new(pre.engine(), instance);
    store.limiter(|instance| instance);
    // Fails only where the engine does not count fuel, and ours does.
    if let Err(error) = store.set_fuel(fuel) {
        tracing::error!(%error, "fuel cannot be set");
    }
    store
}
