//! Sources become components: what `everfold build` does.
//!
//! | file | what it does |
//! |---|---|
//! | `project` | which language a folder is written in |
//! | `rust`, `javascript`, `python`, `go`, `c`, `zig` | how each becomes a core module or a component |
//! | `tool` | finds tools, says how they are called, and calls them |
//! | `component` | core modules become components |
//! | `contract` | the component type of reducers, for toolchains that bring none |
//! | `save` | writes a file so that nobody sees half of it |

mod c;
mod component;
mod contract;
mod error;
mod go;
mod javascript;
mod project;
mod python;
mod rust;
mod save;
mod tool;
mod zig;

use std::path::Path;

pub use error::BuildError;
pub use save::save;

use project::{Language, Project};

/// What to build besides the libraries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BuildOptions {
    /// Also the examples of crates whose crate type is `cdylib`.
    pub examples: bool,
}

/// A reducer that was built.
#[derive(Debug, Clone)]
pub struct Built {
    /// What it is called, made into what could be a domain's name: after its package or example (Rust), its folder
    /// (other languages) or its file (a core module).
    pub name: String,
    /// The component.
    pub component: Vec<u8>,
}

/// Builds the reducers at `path`: a Rust crate or workspace (each library whose crate type is `cdylib`, by one call
/// of cargo), a project in another language (one reducer), or a core module that follows the canonical ABI of the
/// world `reducer-module`. Tools are told on stderr before they are called, and write there. Sorted by name. Blocks.
///
/// # Errors
/// [`BuildError`], each with the way out.
pub fn components(path: &Path, options: BuildOptions) -> Result<Vec<Built>, BuildError> {
    if path.is_file() {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        return Ok(vec![Built { name: domain_like(&stem), component: component::typed(path)? }]);
    }
    let build: fn(&Project) -> Result<Vec<u8>, BuildError> = match Language::of(path)? {
        Language::Rust => return rust::build(path, options),
        Language::JavaScript => javascript::build,
        Language::Python => python::build,
        Language::Go => go::build,
        Language::C => c::build,
        Language::Zig => zig::build,
    };
    let project = Project::open(path)?;
    Ok(vec![Built { component: build(&project)?, name: project.name }])
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
}
