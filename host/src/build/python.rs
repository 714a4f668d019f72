//! Python becomes a component, with all of CPython.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

use super::{
    BuildError, contract,
    project::Project,
    tool::{run, tool},
};

const INSTALL: &str = "python3 -m venv .venv && .venv/bin/pip install componentize-py==0.25.1";

/// What a project's `pyproject.toml` says to us.
#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    tool: Tools,
}

#[derive(Deserialize, Default)]
struct Tools {
    everfold: Option<Everfold>,
}

#[derive(Deserialize)]
struct Everfold {
    /// The module that makes the reducer, as it is imported.
    reducer: String,
}

pub(super) fn build(project: &Project) -> Result<Vec<u8>, BuildError> {
    let reducer = reducer(&project.read("pyproject.toml")?)
        .map_err(|why| BuildError::Manifest { path: project.dir.join("pyproject.toml"), why })?;
    let wit = contract::write(project)?;
    project.write(&project.made("app/everfold_app.py"), wrapper(&reducer).as_bytes())?;
    let component = project.made("reducer.wasm");
    let mut python = tool(project, "componentize-py");
    // What is wrong with the reducer is told by Python; the tool's own way there helps nobody.
    python.env("RUST_BACKTRACE", "0");
    if let Some(venv) = venv_of(&python) {
        // Otherwise another Python's packages would be looked through.
        python.env("VIRTUAL_ENV", venv);
    }
    python.args(["--quiet", "--wit-path", &wit, "--world", contract::WORLD, "componentize", "--stub-wasi"]);
    python.args(["-p", ".", "-p", &project.made("app"), "everfold_app", "-o", &component]);
    run(python, INSTALL)?;
    project.read(&component)
}

/// The virtual environment that a tool belongs to.
fn venv_of(tool: &Command) -> Option<PathBuf> {
    let venv = Path::new(tool.get_program()).ancestors().nth(2)?;
    venv.join("pyvenv.cfg").is_file().then(|| venv.to_owned())
}

/// The module that a manifest names.
fn reducer(manifest: &[u8]) -> Result<String, String> {
    let manifest: Manifest = toml::from_slice(manifest).map_err(|error| error.to_string())?;
    let named = manifest.tool.everfold.map(|everfold| everfold.reducer);
    named.ok_or_else(|| {
        "it names no reducer: add the section [tool.everfold] with reducer = \"reducer\"".to_owned()
    })
}

/// The module that a component is made of: the project's reducer, as the contract wants it.
fn wrapper(reducer: &str) -> String {
    format!(
        "import sys\n\
         from importlib import import_module\n\n\
         # What is compiled here would lie about when it was.\n\
         sys.dont_write_bytecode = True\n\n\
         from everfold.component import export\n\n\
         Reducer = export(import_module({reducer:?}))\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_names_the_reducer() {
        let named = reducer(b"[project]\nname = \"cart\"\n[tool.everfold]\nreducer = \"shop.cart\"\n");
        assert_eq!(named.as_deref(), Ok("shop.cart"));
        assert!(reducer(b"[project]\n").unwrap_err().contains("[tool.everfold]"));
        assert!(reducer(b"[tool.everfold").is_err());
    }
}
