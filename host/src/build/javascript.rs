//! TypeScript and JavaScript become components, on QuickJS.

use std::process::Command;

use serde::Deserialize;

use super::{
    BuildError, contract,
    project::Project,
    tool::{run, tool},
};

const INSTALL: &str = "npm install";

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
    let mut componentize = script_of_npm(project, "componentize-qjs/cli.mjs")?;
    componentize.args(["--wit", &wit, "--world", contract::WORLD, "--js", &script]);
    // Nothing outlives a call, so that there is nothing to collect.
    componentize.args(["--opt-size", "--stub-wasi", "--sync", "--disable-gc", "--output", &component]);
    run(componentize, INSTALL)?;
    project.read(&component)
}

/// A program of Node's that npm has put beside the project or above it. What it links to it under `.bin` does not start
/// on Node 18, for want of an extension.
fn script_of_npm(project: &Project, script: &str) -> Result<Command, BuildError> {
    let mut folders = project.dir.ancestors().map(|dir| dir.join("node_modules").join(script));
    let Some(path) = folders.find(|path| path.is_file()) else {
        return Err(BuildError::NoTool { tool: format!("node_modules/{script}"), install: INSTALL });
    };
    let mut node = tool(project, "node");
    node.arg(path.strip_prefix(&project.dir).unwrap_or(&path));
    Ok(node)
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
}
