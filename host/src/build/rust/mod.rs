//! Crates become core modules, so that nobody needs another tool than cargo.
//!
//! | file | what it does |
//! |---|---|
//! | `toolchain` | calls cargo, rustc and rustup; adds the wasm target if it is missing |
//! | `package` | which packages of a folder are reducers |
//! | `compile` | one call of cargo for all of them |

mod compile;
mod package;
mod toolchain;

use std::path::Path;

use super::{BuildError, BuildOptions, Built, component::encode, domain_like};

/// Builds every reducer of the crate or workspace in `dir` with one call of cargo. Sorted by name.
pub(super) fn build(dir: &Path, options: BuildOptions) -> Result<Vec<Built>, BuildError> {
    let reducers = package::reducers(dir, options)?;
    toolchain::require_target(dir)?;
    let mut built = Vec::with_capacity(reducers.len());
    for (reducer, core) in compile::compile(dir, reducers)? {
        let component = encode(&core)?;
        built.push(Built { name: domain_like(&reducer.name), component });
    }
    built.sort_by(|a: &Built, b| a.name.cmp(&b.name));
    match built.windows(2).find(|pair| pair[0].name == pair[1].name) {
        Some(pair) => Err(BuildError::SameName(pair[0].name.clone())),
        None => Ok(built),
    }
}
