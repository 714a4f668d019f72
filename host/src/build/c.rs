//! C and C++ become a component, by way of a core module.

use super::{
    BuildError,
    component::typed,
    project::Project,
    tool::{INSTALL_ZIG, run, zig},
};

/// Sources of C++, by their extensions.
const CPP: [&str; 3] = ["cc", "cpp", "cxx"];

/// A library without a system. Zig compiles its C library anew for every other choice that changes code.
const FLAGS: [&str; 8] = [
    "-target",
    "wasm32-wasi",
    "-mexec-model=reactor",
    "-O2",
    "-Wall",
    "-Wextra",
    "-Wl,-z,stack-size=262144",
    "-Ieverfold-sdk",
];

pub(super) fn build(project: &Project) -> Result<Vec<u8>, BuildError> {
    let c = project.files("src", &["c"])?;
    let cpp = project.files("src", &CPP)?;
    if c.is_empty() && cpp.is_empty() {
        return Err(BuildError::NoSource { dir: project.dir.join("src"), what: "*.c or *.cpp" });
    }
    let core = project.made("core.wasm");
    let mut zig = zig(project)?;
    if cpp.is_empty() {
        zig.arg("cc").args(FLAGS).arg("-std=c11").args(&c);
    } else {
        zig.arg("c++").args(FLAGS).args(["-std=c++23", "-fno-exceptions", "-fno-rtti"]);
        zig.args(c.iter().chain(&cpp));
    }
    zig.args(["-o", &core]);
    run(zig, INSTALL_ZIG)?;
    typed(&project.dir.join(core))
}
