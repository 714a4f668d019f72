//! Which packages of a folder are reducers.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::build::{BuildError, BuildOptions};

use super::toolchain::ask;

/// A target of a package that becomes a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reducer {
    /// The package, as cargo identifies it.
    pub(super) package: String,
    /// The name of cargo's target.
    pub(super) target: String,
    /// Whether it is an example; otherwise it is the package's library.
    pub(super) example: bool,
    /// What people call it.
    pub(super) name: String,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    id: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
    crate_types: Vec<String>,
}

/// The reducers of the crate in `dir`, or of all members if `dir` is a workspace's root.
pub(super) fn reducers(dir: &Path, options: BuildOptions) -> Result<Vec<Reducer>, BuildError> {
    let printed = ask("cargo", &["metadata", "--no-deps", "--format-version=1"], dir)?;
    let unreadable = |why: String| BuildError::Tool { tool: "cargo metadata", dir: dir.to_owned(), why };
    let metadata: Metadata = serde_json::from_str(&printed).map_err(|error| unreadable(error.to_string()))?;
    // Cargo names real paths; `dir` may lead there through links.
    let real = fs::canonicalize(dir).map_err(|error| unreadable(error.to_string()))?;
    let chosen = choose(metadata, &real, options);
    if chosen.is_empty() { Err(BuildError::NoReducer(dir.to_owned())) } else { Ok(chosen) }
}

fn choose(metadata: Metadata, dir: &Path, options: BuildOptions) -> Vec<Reducer> {
    let whole_workspace = real(&metadata.workspace_root) == dir;
    let mut chosen = Vec::new();
    for package in metadata.packages {
        let here = package.manifest_path.parent().is_some_and(|folder| real(folder) == dir);
        if !whole_workspace && !here {
            continue;
        }
        for target in package.targets {
            let example = target.kind.iter().any(|kind| kind == "example");
            if !target.crate_types.iter().any(|kind| kind == "cdylib") || (example && !options.examples) {
                continue;
            }
            let name = if example { target.name.clone() } else { package.name.clone() };
            chosen.push(Reducer { package: package.id.clone(), target: target.name, example, name });
        }
    }
    chosen
}

fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata() -> Metadata {
        serde_json::from_str(
            r#"{"workspace_root": "/w", "packages": [
                {"name": "my_cart", "id": "path+file:///w/cart#my_cart@0.1.0", "manifest_path": "/w/cart/Cargo.toml",
                 "targets": [{"name": "my_cart", "kind": ["cdylib", "rlib"], "crate_types": ["cdylib", "rlib"]},
                             {"name": "it", "kind": ["test"], "crate_types": ["bin"]}]},
                {"name": "guests", "id": "guests", "manifest_path": "/w/guests/Cargo.toml",
                 "targets": [{"name": "guests", "kind": ["lib"], "crate_types": ["lib"]},
                             {"name": "echo", "kind": ["example"], "crate_types": ["cdylib"]},
                             {"name": "plain", "kind": ["example"], "crate_types": ["bin"]}]}]}"#,
        )
        .unwrap()
    }

    fn names(dir: &str, examples: bool) -> Vec<String> {
        let chosen = choose(metadata(), Path::new(dir), BuildOptions { examples });
        chosen.into_iter().map(|reducer| reducer.name).collect()
    }

    #[test]
    fn a_workspace_gives_all_a_member_itself() {
        assert_eq!(names("/w", false), ["my_cart"]);
        assert_eq!(names("/w", true), ["my_cart", "echo"]);
        assert_eq!(names("/w/cart", true), ["my_cart"]);
        assert_eq!(names("/w/guests", true), ["echo"]);
        assert!(names("/w/guests", false).is_empty());
    }
}
