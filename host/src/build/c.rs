//! C and C++ become a core module.

use std::path::PathBuf;

use super::{
    BuildError,
    project::Project,
    tool::{INSTALL_ZIG, run, zig},
};

/// Sources of C++, by their extensions.
const CPP: [&str; 3] = ["cc", "cpp", "cxx"];

/// A library without a system, small, and with a stack that a call's first pages hold.
const FLAGS: [&str; 6] =
    ["-target", "wasm32-wasi", "-mexec-model=reactor", "-O2", "-Ieverfold-sdk", "-Wl,-z,stack-size=65536"];

pub(super) fn build(project: &Project) -> Result<PathBuf, BuildError> {
    let c = project.files("src", &["c"])?;
    let cpp = project.files("src", &CPP)?;
    if c.is_empty() && cpp.is_empty() {
        return Err(BuildError::NoSource { dir: project.dir.join("src"), what: "*.c or *.cpp" });
    }
    let core = project.made("core.wasm");
    let mut zig = zig(project)?;
    zig.arg(if cpp.is_empty() { "cc" } else { "c++" }).args(FLAGS);
    if !c.is_empty() {
        zig.args(["-x", "c"]).args(&c);
    }
    if !cpp.is_empty() {
        zig.args(["-fno-exceptions", "-fno-rtti", "-x", "c++"]).args(&cpp);
    }
    zig.args(["-o", &core]);
    run(zig, INSTALL_ZIG)?;
    Ok(project.dir.join(core))
}
