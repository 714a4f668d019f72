//! Crates become components, so that nobody needs another tool than cargo.
//!
//! | file | what it does |
//! |---|---|
//! | `toolchain` | calls cargo, rustc and rustup; adds the wasm target if it is missing |
//! | `package` | which packages of a folder are reducers |
//! | `compile` | one call of cargo for all of them |
//! | `component` | core modules become components |
//! | `save` | writes a file so that nobody sees half of it |

mod compile;
mod component;
mod error;
mod package;
mod save;
mod toolchain;

use std::path::{Path, PathBuf};

pub use error::BuildError;
pub use save::save;

/// What to build besides the libraries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BuildOptions {
    /// Also the examples whose crate type is `cdylib`.
    pub examples: bool,
}

/// A reducer that was built.
#[derive(Debug, Clone)]
pub struct Built {
    /// The package's name (the example's, for examples), made into what could be a domain's name.
    pub name: String,
    /// Where cargo put the core module.
    pub core: PathBuf,
    /// The component.
    pub component: Vec<u8>,
}

/// Builds every reducer in `dir`, which holds a crate or a workspace, with one call of cargo, whose messages
/// go to stderr. A reducer is a library (or an example) whose crate type is `cdylib`. Sorted by name. Blocks.
///
/// # Errors
/// [`BuildError`], each with the way out.
pub fn components(dir: &Path, options: BuildOptions) -> Result<Vec<Built>, BuildError> {
    if !dir.join("Cargo.toml").is_file() {
        return Err(BuildError::NoManifest(dir.to_owned()));
    }
    let reducers = package::reducers(dir, options)?;
    toolchain::require_target(dir)?;
    let mut built = Vec::with_capacity(reducers.len());
    for (reducer, core) in compile::compile(dir, reducers)? {
        let component = component::encode(&core)?;
        built.push(Built { name: domain_like(&reducer.name), core, component });
    }
    built.sort_by(|a, b| a.name.cmp(&b.name));
    match built.windows(2).find(|pair| pair[0].name == pair[1].name) {
        Some(pair) => Err(BuildError::SameName(pair[0].name.clone())),
        None => Ok(built),
    }
}

/// A package's name as a domain's name would be written: `my_cart` is `my-cart`.
#[must_use]
pub fn domain_like(package: &str) -> String {
    package.to_ascii_lowercase().replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_names_become_domain_names() {
        for (package, domain) in
            [("cart", "cart"), ("my_cart", "my-cart"), ("my-cart", "my-cart"), ("My_Cart", "my-cart")]
        {
            assert_eq!(domain_like(package), domain);
        }
    }

    #[test]
    fn a_folder_without_a_manifest_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = components(folder.path(), BuildOptions::default()).unwrap_err();
        assert!(matches!(error, BuildError::NoManifest(_)), "{error}");
        assert!(error.to_string().contains("has no Cargo.toml"), "{error}");
    }
}
