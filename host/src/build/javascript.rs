//! TypeScript and JavaScript become components, on QuickJS.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

use crate::words::ModuleHash;

use super::{
    BuildError, contract,
    project::Project,
    tool::{run, shown, tool},
};

const INSTALL: &str = "npm install";
/// What makes a component of a bundle.
const COMPONENTIZE: &str = "componentize-qjs/cli.mjs";

/// What a project's `package.json` says to us.
#[derive(Deserialize)]
struct Package {
    everfold: Option<Everfold>,
}

#[derive(Deserialize)]
struct Everfold {
    /// The source that makes the reducer, from the project's folder.
    reducer: String,
}

pub(super) fn build(project: &Project) -> Result<Vec<u8>, BuildError> {
    let package: Package = serde_json::from_slice(&project.read("package.json")?).map_err(|error| {
        BuildError::Manifest { path: project.dir.join("package.json"), why: error.to_string() }
    })?;
    let Some(Everfold { reducer }) = package.everfold else {
        let why = "it names no reducer: add \"everfold\": {\"reducer\": \"src/reducer.ts\"}".to_owned();
        return Err(BuildError::Manifest { path: project.dir.join("package.json"), why });
    };
    let wit = contract::write(project)?;
    let (entry, script) = (project.made("entry.js"), project.made("reducer.js"));
    project.write(&entry, wrapper(&reducer).as_bytes())?;
    let mut bundle = tool(project, "esbuild");
    bundle.args([&entry, "--bundle", "--format=esm", "--platform=neutral", "--main-fields=module,main"]);
    bundle.args(["--target=es2023", "--external:everfold:*", "--log-level=warning"]);
    bundle.arg(format!("--outfile={script}"));
    run(bundle, INSTALL)?;
    let component = project.made("reducer.wasm");
    let cli = script_of_npm(project, COMPONENTIZE)?;
    let mut componentize = tool(project, "node");
    componentize.arg(&cli).args(["--wit", &wit, "--world", contract::WORLD, "--js", &script]);
    // Nothing outlives a call, so that there is nothing to collect.
    componentize.args(["--opt-size", "--stub-wasi", "--sync", "--disable-gc", "--output", &component]);
    let made_of = made_of(project, &componentize, &cli, &script)?;
    let seal = project.made("reducer.seal");
    if let Some(made) = kept(project, &seal, &made_of, &component) {
        eprintln!("everfold: {script} is as it was, so {component} is not made again");
        return Ok(made);
    }
    run(componentize, INSTALL)?;
    let made = project.read(&component)?;
    project.write(&seal, sealed(&made_of, &made).as_bytes())?;
    Ok(made)
}

/// All that decides about a component but chance: the call and the tool's version, the contract and the bundle.
fn made_of(project: &Project, call: &Command, cli: &Path, script: &str) -> Result<Vec<u8>, BuildError> {
    let manifest = project.read(&cli.with_file_name("package.json").to_string_lossy())?;
    let contract = contract::WIT.map(|(_, contents)| contents).concat().into_bytes();
    Ok([shown(call).into_bytes(), manifest, contract, project.read(script)?].concat())
}

/// The component, if it was made of just this. The engine's hash seeds are drawn whenever one is made, so that
/// another would be another module, and deployed for nothing.
fn kept(project: &Project, seal: &str, made_of: &[u8], component: &str) -> Option<Vec<u8>> {
    let (seal, made) = (project.read(seal).ok()?, project.read(component).ok()?);
    (seal == sealed(made_of, &made).as_bytes()).then_some(made)
}

fn sealed(made_of: &[u8], component: &[u8]) -> String {
    format!("{} of {}\n", ModuleHash::of(component), ModuleHash::of(made_of))
}

/// A program of Node's that npm has put beside the project or above it. What it links to it under `.bin` does not start
/// on Node 18, for want of an extension.
fn script_of_npm(project: &Project, script: &str) -> Result<PathBuf, BuildError> {
    let mut folders = project.dir.ancestors().map(|dir| dir.join("node_modules").join(script));
    let Some(path) = folders.find(|path| path.is_file()) else {
        return Err(BuildError::NoTool { tool: format!("node_modules/{script}"), install: INSTALL });
    };
    Ok(path.strip_prefix(&project.dir).map(Path::to_owned).unwrap_or(path))
}

/// What is bundled: the project's reducer, as the contract wants it.
fn wrapper(reducer: &str) -> String {
    format!(
        "import 'everfold/guest';\n\
         import definition from '../../{reducer}';\n\
         import {{ module }} from 'everfold/module';\n\n\
         export const reducer = module(definition);\n"
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_manifest_without_a_reducer_is_told_what_to_say() {
        let folder = tempfile::tempdir().unwrap();
        let project = Project::open(folder.path()).unwrap();
        for (manifest, why) in [("{}", "\"reducer\": \"src/reducer.ts\""), ("{", "package.json")] {
            fs::write(folder.path().join("package.json"), manifest).unwrap();
            let said = build(&project).unwrap_err().to_string();
            assert!(said.contains(why), "{said}");
        }
    }

    #[test]
    fn a_component_is_kept_that_was_made_of_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let project = Project::open(folder.path()).unwrap();
        let kept = |made_of: &[u8]| kept(&project, "seal", made_of, "component");
        assert_eq!(kept(b"a bundle"), None);
        project.write("component", b"a component").unwrap();
        project.write("seal", sealed(b"a bundle", b"a component").as_bytes()).unwrap();
        assert_eq!(kept(b"a bundle").as_deref(), Some(&b"a component"[..]));
        assert_eq!(kept(b"another bundle"), None);
        project.write("component", b"half of a comp").unwrap();
        assert_eq!(kept(b"a bundle"), None, "it is not what was made");
    }
}
