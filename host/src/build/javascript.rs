//! TypeScript and JavaScript become components, on QuickJS.

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
    bundle.args([
        &entry,
        "--bundle",
        "--format=esm",
        "--platform=neutral",
        "--target=es2023",
        "--log-level=warning",
    ]);
    bundle.arg(format!("--outfile={script}"));
    run(bundle, INSTALL)?;
    let component = project.made("reducer.wasm");
    let mut componentize = tool(project, "componentize-qjs");
    componentize.args(["--wit", &wit, "--world", contract::WORLD, "--js", &script]);
    componentize.args(["--opt-size", "--stub-wasi", "--sync", "--output", &component]);
    run(componentize, INSTALL)?;
    project.read(&component)
}

fn wrapper(reducer: &str) -> String {
    format!("import reducer from \"../../{reducer}\";\nexport {{ reducer }};\n")
}
