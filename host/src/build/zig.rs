//! Zig becomes a component, by way of a core module.

use super::{
    BuildError,
    component::typed,
    project::Project,
    tool::{INSTALL_ZIG, run, zig},
};

pub(super) fn build(project: &Project) -> Result<Vec<u8>, BuildError> {
    let mut zig = zig(project)?;
    let cache = project.made("zig-cache");
    zig.args(["build", "--release=small", "--prefix", Project::TARGET, "--cache-dir", &cache]);
    run(zig, INSTALL_ZIG)?;
    let bin = project.made("bin");
    match project.files(&bin, &["wasm"])?.as_slice() {
        [core] => typed(&project.dir.join(core)),
        found => Err(BuildError::Modules { dir: project.dir.join(bin), found: found.len() }),
    }
}
