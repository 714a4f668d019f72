//! Cases: given these events and this model, when these events come, then this model and these events.
//!
//! They are JSON or YAML, and run against the module itself, with the scheduler's own checks and limits.
//! Each is folded twice, in one call and one call for each event: a reducer whose result depends on how a
//! host cuts the events is not a function of them.
//!
//! ```yaml
//! - name: two apples and a pear
//!   entity: 5e0f7c6e-1d5b-4a53-9b0a-2f1f6b7d9c11   # one is made up; `whole-context` models have none
//!   given:                                         # what was before; both members are optional
//!     model: {apple: 1}
//!     events: [{type: ItemAdded, data: {product: pear}}]
//!   when:
//!     - {type: ItemAdded, data: {product: apple}}
//!     - {type: ItemAdded, data: {product: apple}, at: 90m}
//!   then:                                          # what is left out is not looked at
//!     model: {apple: 3, pear: 1}                   # null: there is no model
//!     events: [{type: CartGrew, cause: 1}]         # in order; []: none
//! - name: what is no product is refused
//!   when: [{type: ItemAdded, data: {}}]
//!   then:
//!     failure: {code: invalid-data, message: part of it, event: 0}
//! ```
//!
//! A file holds a list of cases, or one. An event may also have `metadata`, a `cause` (an event id), an
//! `entity` (under `whole-context`), a `position` (unless it folds by `occurred`), and an `id` in place of
//! `at`, which counts from 2026-01-01T00:00:00Z in ms, s, m, h or d. One without either happens a second after
//! the one before. An event that is expected may have `data`, `entity`, `metadata` and `cause`: the index of
//! an event in `when`, as the file has it, or an id. Models and data are compared as values: neither the order
//! of keys counts nor how a number is written. What YAML cannot say as JSON does, a JSON file can (see `yaml`).
//!
//! | file | what it does |
//! |---|---|
//! | `files`, `yaml` | which files there are, and their text as JSON |
//! | `form`, `read`, `timeline` | from that text to a valid `case` |
//! | `run` | the case, folded in both ways |
//! | `compare`, `json`, `show` | what is not as it should be |
//! | `report`, `suite` | told to people |

mod case;
mod compare;
mod files;
mod form;
mod json;
mod read;
mod report;
mod run;
mod show;
mod suite;
#[cfg(test)]
mod tests;
mod timeline;
mod yaml;

use std::{path::Path, sync::Arc};

use crate::{
    config::Config,
    ingest::Ingest,
    sandbox::Module,
    scheduler::Bench,
    words::{Descriptor, DomainKey},
};

pub use case::Case;
pub use compare::Finding;
pub use files::find;
pub use report::{Colour, report};
pub use suite::{SuiteError, Tally};

/// Reads and runs the cases of one module.
pub struct Runner {
    key: DomainKey,
    descriptor: Descriptor,
    door: Ingest,
    bench: Bench,
    call_events: usize,
}

impl Runner {
    /// A runner for a module as if it served this domain, under the limits that the config has for it. The
    /// domain is told to the module, and the ids of emitted events follow from it.
    #[must_use]
    pub fn new(key: DomainKey, module: Arc<Module>, config: &Config) -> Self {
        let limits = config.limits_for(&key).clone();
        Self {
            descriptor: module.descriptor().clone(),
            door: Ingest::new(config),
            call_events: limits.call_events,
            bench: Bench::new(key.clone(), module, limits),
            key,
        }
    }

    /// Reads the cases of a file.
    ///
    /// # Errors
    /// A sentence that names the file, the case and the place of the first thing that is wrong.
    pub fn read(&self, file: &Path) -> Result<Vec<Case>, String> {
        let Self { key, descriptor, door, call_events, .. } = self;
        read::Rules { key, descriptor, door, call_events: *call_events }.read(file)
    }

    /// Runs a case, and gives everything that is wrong: nothing if it passes.
    #[must_use]
    pub fn run(&self, case: &Case) -> Vec<Finding> {
        match run::run(case, &self.bench, self.call_events) {
            Ok(ran) => compare::compare(case, &ran),
            Err(failure) => vec![compare::fails(case, None, &failure, "what is given could not be folded")],
        }
    }
}
