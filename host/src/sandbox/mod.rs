//! Runs reducers' code: every call in a fresh instance, with bounded fuel, memory, stack and output, and
//! nothing of the outside but a log and a world that is made of the event.
//!
//! This module knows wasmtime and nothing else of the host: bytes and events go in, a model and new
//! events come out.
//!
//! | file | what it does |
//! |---|---|
//! | `inspect` | the door: would we take these bytes? |
//! | `loader` | inspects, compiles (or takes from `cache`), links, asks for the descriptor |
//! | `engine` | engines, with everything that decides results |
//! | `module` | calls |
//! | `instance` | one call's limits, and what it has used of them |
//! | `log`, `wasi` | what guests may import |
//! | `failure` | why a call gave no reduction |
//! | `settings` | the limits of reducers |
//! | `watchdog`, `places` | the clock behind deadlines; places at the compiler |

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
