//! Runs reducers' code: every call in a fresh instance, with bounded fuel, memory, stack and output, and
//! nothing of the outside but a log.
//!
//! This module knows wasmtime and nothing else of the host: bytes and events go in, a model and new
//! events come out.

mod cache;
mod contract;
mod engine;
mod failure;
mod inspect;
mod instance;
mod loader;
mod log;
mod module;
mod places;
mod settings;
mod wasi;
mod watchdog;

pub use engine::Mode;
pub use failure::{Failure, LogLine};
pub use inspect::{Inspected, LoadError, inspect};
pub use loader::{Sandbox, SandboxError};
pub use module::{Call, ModelChange, Module, NewEvent, Reduced};
pub use settings::{CacheSettings, ReducerLimits, SandboxSettings};
