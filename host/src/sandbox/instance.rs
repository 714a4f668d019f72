//! One instance: its limits, and what it has used of them.

use std::{
    thread,
    time::{Duration, Instant},
};

use wasmtime::{ResourceLimiter, Store, StoreContextMut, Trap, UpdateDeadline, component::InstancePre};

use crate::words::DomainKey;

use super::{
    LogLine, ReducerLimits,
    contract::Level,
    engine::TABLE_ELEMENTS,
    failure::Ended,
    inspect::one_line,
    wasi::{Origin, World},
    watchdog::{Call, Calls},
};

/// An element of a table, in bytes: what it takes in memory.
pub(super) const ELEMENT_BYTES: usize = 8;
/// What a line takes besides its text, in bytes.
const LINE_BYTES: usize = 64;
/// Stands behind a line that was cut.
const CUT: &str = " … (limits.log_bytes)";

/// What bounds the calls of one module.
pub(super) struct Bounds {
    pub(super) limits: ReducerLimits,
    pub(super) calls: Calls,
}

/// What belongs to one instance: its limits, and what it has used of them.
pub(super) struct Instance {
    limits: ReducerLimits,
    /// Its domain, for the host's log; none while a module describes itself.
    key: Option<DomainKey>,
    /// What its memories and tables take.
    memory_bytes: usize,
    /// When the clock was first seen to have moved.
    seen: Option<Instant>,
    /// Lets the clock run while this lasts.
    _call: Call,
    logged_bytes: usize,
    log_was_cut: bool,
    log: Vec<LogLine>,
    /// What it sees through WASI, if it imports that.
    pub(super) world: Option<Box<World>>,
}

impl Instance {
    pub(super) fn limits(&self) -> &ReducerLimits {
        &self.limits
    }

    /// What was logged so far; it is forgotten here.
    pub(super) fn take_log(&mut self) -> Vec<LogLine> {
        std::mem::take(&mut self.log)
    }

    /// As much of a message as may still be logged; none once that was told.
    pub(super) fn loggable(&self, message: &str) -> Option<String> {
        if self.log_was_cut {
            return None;
        }
        let left = self.limits.log_bytes.saturating_sub(self.logged_bytes + LINE_BYTES);
        if message.len() <= left {
            return Some(message.to_owned());
        }
        Some(format!("{}{CUT}", &message[..message.floor_char_boundary(left)]))
    }

    /// Takes a line that is [`Self::loggable`].
    pub(super) fn log(&mut self, level: Level, message: String) {
        self.logged_bytes += message.len() + LINE_BYTES;
        self.log_was_cut |= message.ends_with(CUT);
        let shown = one_line(&message, message.len());
        let reducer = self.key.as_ref().map(ToString::to_string);
        match level {
            Level::Trace => tracing::trace!(target: "everfold::guest", reducer, "{shown}"),
            Level::Debug => tracing::debug!(target: "everfold::guest", reducer, "{shown}"),
            Level::Info => tracing::info!(target: "everfold::guest", reducer, "{shown}"),
            Level::Warn => tracing::warn!(target: "everfold::guest", reducer, "{shown}"),
            Level::Error => tracing::error!(target: "everfold::guest", reducer, "{shown}"),
        }
        self.log.push(LogLine { level: level.name().to_owned(), message });
    }

    /// The clock has moved while the guest was running: lets other threads go first, and ends the call when its
    /// time is over.
    fn look_up(&mut self) -> wasmtime::Result<UpdateDeadline> {
        let seen = self.seen.get_or_insert_with(Instant::now);
        if seen.elapsed() >= Duration::from_millis(self.limits.call_ms) {
            return Err(Trap::Interrupt.into());
        }
        thread::yield_now();
        Ok(UpdateDeadline::Continue(1))
    }

    /// Grants memory. What is refused ends the call: a reducer that saw the refusal and went on would give
    /// a result that depends on this host's limits.
    fn take_memory(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // Its own maximum, which is the same everywhere.
        if maximum.is_some_and(|maximum| desired > maximum && maximum < self.limits.memory_bytes) {
            return Ok(false);
        }
        self.memory_bytes = self.memory_bytes.saturating_add(desired - current);
        if self.memory_bytes > self.limits.memory_bytes {
            return Err(wasmtime::Error::new(Ended::Memory));
        }
        Ok(true)
    }
}

impl ResourceLimiter for Instance {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.take_memory(current, desired, maximum)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(wasmtime::Error::new(Ended::Machine(format!("{error:#}"))))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // A pool gives its own bound as the maximum: what lies above that is refused on every host alike.
        let own = maximum.filter(|maximum| *maximum < TABLE_ELEMENTS);
        if own.is_none() && desired > TABLE_ELEMENTS {
            return Err(wasmtime::Error::new(Ended::Table));
        }
        let bytes = |elements: usize| elements.saturating_mul(ELEMENT_BYTES);
        self.take_memory(bytes(current), bytes(desired), own.map(bytes))
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(wasmtime::Error::new(Ended::Machine(format!("{error:#}"))))
    }
}

/// Takes fuel for what the host does on behalf of a guest.
///
/// # Errors
/// [`Trap::OutOfFuel`] if there is not enough left.
pub(super) fn charge(store: &mut StoreContextMut<'_, Instance>, fuel: u64) -> wasmtime::Result<()> {
    let left = store.get_fuel()?.checked_sub(fuel);
    // The fuel that is left is gone in either case.
    store.set_fuel(left.unwrap_or_default())?;
    if left.is_some() { Ok(()) } else { Err(Trap::OutOfFuel.into()) }
}

/// A store for one call, with its fuel and its deadline. With an origin the instance sees a world through
/// WASI.
pub(super) fn new_store(
    pre: &InstancePre<Instance>,
    bounds: &Bounds,
    key: Option<DomainKey>,
    origin: Option<Origin<'_>>,
) -> wasmtime::Result<Store<Instance>> {
    let limits = bounds.limits;
    let world = origin.map(|origin| Box::new(World::new(&origin)));
    let instance = Instance {
        limits,
        key,
        memory_bytes: 0,
        seen: None,
        _call: bounds.calls.begin(),
        logged_bytes: 0,
        log_was_cut: false,
        log: Vec::new(),
        world,
    };
    let mut store = Store::new(pre.engine(), instance);
    store.limiter(|instance| instance);
    store.set_fuel(limits.fuel)?;
    store.set_hostcall_fuel(limits.output_bytes);
    store.epoch_deadline_callback(|mut store| store.data_mut().look_up());
    store.set_epoch_deadline(1);
    Ok(store)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn instance(memory_bytes: usize) -> Instance {
        let limits = ReducerLimits {
            memory_bytes,
            log_bytes: 2 * LINE_BYTES + 10,
            ..(&Config::embedded().limits).into()
        };
        Instance {
            limits,
            key: None,
            memory_bytes: 0,
            seen: None,
            _call: Calls::default().begin(),
            logged_bytes: 0,
            log_was_cut: false,
            log: Vec::new(),
            world: None,
        }
    }

    fn refused(granted: wasmtime::Result<bool>) -> bool {
        granted.is_err_and(|error| error.is::<Ended>())
    }

    #[test]
    fn memories_and_tables_share_one_limit_and_what_is_refused_ends_the_call() {
        let mut instance = instance(1000);
        assert!(instance.memory_growing(0, 500, None).unwrap());
        assert!(instance.table_growing(0, 50, None).unwrap(), "400 bytes");
        assert!(instance.memory_growing(0, 100, None).unwrap(), "another memory: all of it now");
        assert!(refused(instance.table_growing(50, 51, None)));
        assert!(refused(instance.memory_growing(500, 501, None)));
    }

    #[test]
    fn a_maximum_of_the_modules_own_is_the_same_everywhere_so_it_may_see_that() {
        let mut instance = instance(1000);
        assert!(!instance.memory_growing(0, 600, Some(500)).unwrap());
        assert!(!instance.table_growing(0, 60, Some(50)).unwrap());
        assert!(
            refused(instance.table_growing(0, TABLE_ELEMENTS + 1, Some(TABLE_ELEMENTS))),
            "the pool's bound"
        );
        assert!(instance.memory_growing(0, 1000, Some(1000)).unwrap(), "nothing was taken so far");
        // What the machine cannot give is no refusal of ours.
        let failed = instance.memory_grow_failed(wasmtime::format_err!("no memory")).unwrap_err();
        assert!(matches!(failed.downcast_ref(), Some(Ended::Machine(_))));
    }

    #[test]
    fn the_log_is_cut_at_its_limit_and_says_so() {
        let mut instance = instance(1000);
        for line in ["1234567", "89äbc", "more"] {
            if let Some(kept) = instance.loggable(line) {
                instance.log(Level::Info, kept);
            }
        }
        let lines: Vec<_> = instance.take_log().into_iter().map(|line| line.message).collect();
        assert_eq!(lines, ["1234567", "89 … (limits.log_bytes)"], "no letter is cut in two");
        assert_eq!(instance.loggable(""), None);
    }
}
