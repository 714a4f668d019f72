//! Why a call gave no reduction, told apart: the reducer refused, it broke, or it met a limit.

use wasmtime::Trap;

use super::{contract::GuestFailure, instance::Instance};

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
}

/// The longest message that is kept, in characters.
const LONGEST_MESSAGE: usize = 2_000;

impl Failure {
    /// A failure that the host found, such as a limit that was met.
    #[must_use]
    pub fn of_host(code: &str, message: String) -> Self {
        Self { event: None, code: format!("host.{code}"), message }
    }

    pub(super) fn of_guest(failure: GuestFailure) -> Self {
        let mut message = failure.message;
        if let Some(trace) = failure.trace {
            message = format!("{message}\n{trace}");
        }
        Self {
            event: failure.event.and_then(|event| usize::try_from(event).ok()),
            code: failure.code.chars().take(100).collect(),
            message: cut(&message),
        }
    }

    pub(super) fn of_engine(error: &wasmtime::Error, instance: &Instance) -> Self {
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
            Some(_) => Self::of_host("trap", cut(&format!("the reducer trapped: {error:?}"))),
            None => Self::of_host("call", cut(&format!("the call failed: {error:?}"))),
        }
    }
}

fn cut(message: &str) -> String {
    message.chars().take(LONGEST_MESSAGE).collect()
}
