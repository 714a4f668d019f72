//! Why a call gave no reduction, told apart: the reducer refused, it broke, it met a limit, or the machine
//! let it down.

use std::fmt::Write as _;

use wasmtime::{PoolConcurrencyLimitError, Trap, WasmBacktrace};

use super::{ReducerLimits, contract::GuestFailure, engine::TABLE_ELEMENTS};

/// A line that a reducer logged.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LogLine {
    /// `trace`, `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// What it said.
    pub message: String,
}

/// A call that gave no reduction. Codes that begin with `host.` are the host's; all others are the
/// reducer's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which of the call's events it is about, where that is known.
    pub event: Option<usize>,
    /// A short, stable name for programs.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// Where it happened: the frames of the wasm stack, innermost first, or the reducer's own trace.
    pub trace: Option<String>,
    /// What the reducer had logged in that call.
    pub log: Vec<LogLine>,
    /// Whether it was the machine and not the reducer: the same call may succeed a moment later, or
    /// elsewhere.
    pub transient: bool,
}

/// Why the host ended a call, where the engine has no word of its own for it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    #[error("memory was refused")]
    Memory,
    #[error("the machine has no memory left: {0}")]
    Machine(String),
    #[error("it ended itself with status {0}")]
    Exit(u8),
    #[error("it asked the host for {0} bytes at once")]
    Greed(u64),
    #[error("more than {TABLE_ELEMENTS} elements in one table")]
    Table,
    #[error("{0}")]
    Refused(String),
}

impl Ended {
    /// An error that ends a call because of what the guest asked for: `it` is the subject of the sentence.
    pub(super) fn refused(why: impl Into<String>) -> wasmtime::Error {
        wasmtime::Error::new(Self::Refused(why.into()))
    }

    /// An error while a store or an instance is made. What is neither the guest's doing nor a full pool is the
    /// machine's: it gave no memory.
    pub(super) fn machine(error: wasmtime::Error) -> wasmtime::Error {
        if error.is::<Self>() || error.is::<Trap>() || error.is::<PoolConcurrencyLimitError>() {
            return error;
        }
        wasmtime::Error::new(Self::Machine(format!("{error:#}")))
    }
}

/// The longest message that is kept, in characters.
const LONGEST_MESSAGE: usize = 2_000;
/// The longest trace that is kept, in characters.
const LONGEST_TRACE: usize = 16_000;

impl Failure {
    /// A failure that the host found, such as a limit that was met.
    #[must_use]
    pub fn of_host(code: &str, message: String) -> Self {
        let code = format!("host.{code}");
        Self { event: None, code, message, trace: None, log: Vec::new(), transient: false }
    }

    /// A failure of the machine, which says nothing about the reducer.
    #[must_use]
    pub fn of_machine(code: &str, message: String) -> Self {
        Self { transient: true, ..Self::of_host(code, message) }
    }

    /// Whether fewer events in the call might have been within the limit that was met.
    pub(crate) fn may_be_for_many(&self) -> bool {
        matches!(&*self.code, "host.fuel" | "host.memory" | "host.greed" | "host.emitted-events")
    }

    pub(super) fn of_guest(failure: GuestFailure) -> Self {
        Self {
            event: failure.event.and_then(|event| usize::try_from(event).ok()),
            code: failure.code.chars().take(100).collect(),
            message: cut(&failure.message, LONGEST_MESSAGE),
            trace: failure.trace.map(|trace| cut(&trace, LONGEST_TRACE)),
            log: Vec::new(),
            transient: false,
        }
    }

    pub(super) fn of_engine(error: &wasmtime::Error, limits: &ReducerLimits) -> Self {
        let trace = error.downcast_ref::<WasmBacktrace>().map(|trace| cut(&frames(trace), LONGEST_TRACE));
        let named = if let Some(ended) = error.downcast_ref::<Ended>() {
            of_ended(ended, limits)
        } else if let Some(trap) = error.downcast_ref::<Trap>() {
            of_trap(*trap, limits)
        } else if error.is::<PoolConcurrencyLimitError>() {
            Self::of_machine("busy", format!("there was no place for an instance: {error:#}"))
        } else {
            of_border(&error.root_cause().to_string(), limits)
        };
        Self { trace, ..named }
    }
}

/// What cannot cross the border between guest and host. The engine has no type for the bound on it.
fn of_border(why: &str, limits: &ReducerLimits) -> Failure {
    let why = cut(why, LONGEST_MESSAGE);
    let mut message = format!("what the reducer passed to the host cannot be taken: {why}");
    if why.contains("hostcalls") {
        let limit = format!(" (one call may pass {} bytes: limits.output_bytes)", limits.output_bytes);
        message.push_str(&limit);
    }
    Failure::of_host("call", message)
}

fn of_trap(trap: Trap, limits: &ReducerLimits) -> Failure {
    match trap {
        Trap::OutOfFuel => Failure::of_host(
            "fuel",
            format!("the reducer used up {} units of fuel in one call (limits.fuel)", limits.fuel),
        ),
        Trap::StackOverflow => Failure::of_host(
            "stack",
            format!("the reducer used more than {} bytes of stack (limits.stack_bytes)", limits.stack_bytes),
        ),
        Trap::Interrupt => Failure::of_machine(
            "time",
            format!(
                "the call was ended by the watchdog after {} ms (limits.call_ms), with fuel left",
                limits.call_ms
            ),
        ),
        trap => {
            let why = trap.to_string();
            let why = why.trim_start_matches("wasm trap: ");
            Failure::of_host("trap", format!("the reducer trapped: {why}"))
        }
    }
}

fn of_ended(ended: &Ended, limits: &ReducerLimits) -> Failure {
    match ended {
        Ended::Memory => Failure::of_host(
            "memory",
            format!(
                "the reducer asked for more than {} bytes of memory (limits.memory_bytes)",
                limits.memory_bytes
            ),
        ),
        Ended::Machine(_) => Failure::of_machine("machine", ended.to_string()),
        Ended::Table => Failure::of_host("memory", format!("the reducer asked for {ended}")),
        Ended::Refused(_) => Failure::of_host("call", format!("the reducer {ended}")),
        Ended::Exit(_) => Failure::of_host("exit", format!("the reducer did not return: {ended}")),
        Ended::Greed(_) => Failure::of_host(
            "greed",
            format!(
                "the reducer has {} bytes of memory (limits.memory_bytes), but {ended}",
                limits.memory_bytes
            ),
        ),
    }
}

/// The functions that were running, innermost first, by the names that the module has for them.
fn frames(trace: &WasmBacktrace) -> String {
    let mut text = String::new();
    for frame in trace.frames() {
        let module = frame.module().name().unwrap_or("?");
        let name = frame.func_name().map_or_else(|| frame.func_index().to_string(), ToOwned::to_owned);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{module}: {name}");
    }
    text
}

fn cut(message: &str, most: usize) -> String {
    message.chars().take(most).collect()
}
