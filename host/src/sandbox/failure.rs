//! Why a call gave no reduction, told apart: the reducer refused, it broke, or it met a limit.

use std::fmt::Write as _;

use wasmtime::{Trap, WasmBacktrace};

use super::{contract::GuestFailure, instance::Instance};

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
}

/// The longest message that is kept, in characters.
const LONGEST_MESSAGE: usize = 2_000;
/// The longest trace that is kept, in characters.
const LONGEST_TRACE: usize = 16_000;

impl Failure {
    /// A failure that the host found, such as a limit that was met.
    #[must_use]
    pub fn of_host(code: &str, message: String) -> Self {
        Self { event: None, code: format!("host.{code}"), message, trace: None, log: Vec::new() }
    }

    pub(super) fn of_guest(failure: GuestFailure) -> Self {
        Self {
            event: failure.event.and_then(|event| usize::try_from(event).ok()),
            code: failure.code.chars().take(100).collect(),
            message: cut(&failure.message, LONGEST_MESSAGE),
            trace: failure.trace.map(|trace| cut(&trace, LONGEST_TRACE)),
            log: Vec::new(),
        }
    }

    pub(super) fn of_engine(error: &wasmtime::Error, instance: &Instance) -> Self {
        let trace = error.downcast_ref::<WasmBacktrace>().map(|trace| cut(&frames(trace), LONGEST_TRACE));
        Self { trace, ..Self::named(error, instance) }
    }

    fn named(error: &wasmtime::Error, instance: &Instance) -> Self {
        let settings = instance.settings();
        if instance.refused_memory() {
            let limit = settings.memory_bytes;
            return Self::of_host(
                "memory",
                format!("the reducer asked for more than {limit} bytes of memory (limits.memory_bytes)"),
            );
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => Self::of_host(
                "fuel",
                format!("the reducer used up {} units of fuel in one call (limits.fuel)", settings.fuel),
            ),
            Some(Trap::StackOverflow) => Self::of_host(
                "stack",
                format!(
                    "the reducer used more than {} bytes of stack (limits.stack_bytes)",
                    settings.stack_bytes
                ),
            ),
            Some(trap) => Self::of_host("trap", format!("the reducer trapped: {trap}")),
            None => Self::of_host(
                "call",
                cut(&format!("the call failed: {}", error.root_cause()), LONGEST_MESSAGE),
            ),
        }
    }
}

/// The functions that were running, innermost first, by the names that the module has for them.
fn frames(trace: &WasmBacktrace) -> String {
    let mut text = String::new();
    for frame in trace.frames() {
        let module = frame.module().name().unwrap_or("?");
        let name =
            frame.func_name().map_or_else(|| format!("function {}", frame.func_index()), ToOwned::to_owned);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{module}: {name}");
    }
    text
}

fn cut(message: &str, most: usize) -> String {
    message.chars().take(most).collect()
}
