//! Why the host does not take a module.

use std::fmt::{Display, Write as _};

use super::super::contract::LOG;

/// The longest quotation of a parser or a compiler, in characters: it may quote the file.
const LONGEST_QUOTATION: usize = 500;

/// Why the host does not take a module: one sentence, with the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Nothing there.
    #[error("the file is empty")]
    Empty,
    /// Too large.
    #[error("the module has {actual} bytes, but {limit} is the limit (module_bytes)")]
    TooLarge {
        /// Its size in bytes.
        actual: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Not wasm at all.
    #[error("this is not WebAssembly: it does not begin with \\0asm")]
    NotWasm,
    /// A core module.
    #[error(
        "this is a core module, not a component: turn it into one with `everfold build`, or with the `component new` step of your toolchain"
    )]
    CoreModule,
    /// Damaged, cut short, or using features that are not on.
    #[error("this is not a valid component: {0}")]
    Invalid(String),
    /// It asks for what a reducer does not get.
    #[error(
        "it imports {0}, which a reducer is not given: only {LOG} is, and of WASI 0.2 what needs no network (wasi:io, cli, clocks, random, filesystem)"
    )]
    Imports(String),
    /// It lacks what a reducer must have.
    #[error("it does not export {0}: build it against the world everfold:domain/reducer-module@0.1.0")]
    Exports(String),
    /// It unfolds into too many instances.
    #[error(
        "one instance of it is made of {actual} {what}, but {limit} is the limit (limits.module_instances): compose it of less, or raise the limit"
    )]
    Instances {
        /// `core instances` or `component instances`.
        what: &'static str,
        /// How many.
        actual: u64,
        /// The limit.
        limit: u64,
    },
    /// How large it gets cannot be told beforehand.
    #[error(
        "it instantiates a {0} that it imports or takes out of an instance, so that its size cannot be told beforehand: define the {0} where it is used"
    )]
    Unforeseeable(&'static str),
    /// It declares more memory than it may have.
    #[error(
        "its memories and tables begin with {actual} bytes, but {limit} is the limit (limits.memory_bytes): declare less, or raise the limit"
    )]
    Memory {
        /// Their sizes together, in bytes.
        actual: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// It has more of something than any host takes.
    #[error("it has {actual} {what}, but {limit} are the most that a host takes: make it simpler")]
    TooMany {
        /// Of what, in the plural.
        what: &'static str,
        /// How many.
        actual: u64,
        /// The limit.
        limit: u64,
    },
    /// Types differ from the contract.
    #[error("it was built against another contract than everfold:domain@0.1.0: {0}")]
    Link(String),
    /// It could not describe itself.
    #[error("its `describe` failed: {0}")]
    Describe(String),
    /// The compiler took too long.
    #[error("compiling it takes longer than {0} ms (limits.compile_ms): make it smaller, or raise the limit")]
    TooLong(u64),
    /// The machine failed, not the module: the same may work a moment later.
    #[error("the machine cannot load it now: {0}")]
    Machine(String),
    /// Nobody started an engine with a stack of this size.
    #[error("no engine has a stack of {0} bytes: the sandbox was started with other limits")]
    UnknownStack(usize),
    /// What it says about itself makes no sense.
    #[error("its descriptor is not valid: {0}")]
    Descriptor(String),
}

impl LoadError {
    /// Whether the same bytes may be taken a moment later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Machine(_))
    }

    /// Built against another contract.
    pub(in super::super) fn link<E: Display>(why: E) -> Self {
        Self::Link(one_line(&format!("{why:#}"), LONGEST_QUOTATION))
    }

    /// Invalid, for this reason. Parsers write several lines and quote names out of the file.
    pub(in super::super) fn invalid(why: impl Display) -> Self {
        Self::Invalid(one_line(&format!("{why:#}"), LONGEST_QUOTATION))
    }

    /// Too many, if it is more than the limit.
    pub(super) fn unless_at_most(limit: u64, actual: u64, what: &'static str) -> Result<(), Self> {
        if actual > limit { Err(Self::TooMany { what, actual, limit }) } else { Ok(()) }
    }
}

impl From<wasmparser::Error> for LoadError {
    fn from(error: wasmparser::Error) -> Self {
        Self::invalid(error)
    }
}

/// As much of a text as fits, on one line and without what moves a terminal's cursor.
pub(in super::super) fn one_line(text: &str, most: usize) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let text = lines.join(": ");
    let mut line = String::new();
    for character in text.chars().take(most) {
        // Writing to a string cannot fail.
        let _ = if character.is_control() {
            write!(line, "{}", character.escape_default())
        } else {
            write!(line, "{character}")
        };
    }
    if text.chars().nth(most).is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_makes_a_parser_say_stays_on_one_short_line() {
        assert_eq!(one_line("type mismatch\n  expected u8\n\n", 99), "type mismatch: expected u8");
        assert_eq!(one_line("a\u{1b}[2Jb\rc", 99), "a\\u{1b}[2Jb\\rc");
        assert_eq!(one_line("ääää", 3), "äää…");
        assert_eq!(one_line("äää", 3), "äää");
    }
}
