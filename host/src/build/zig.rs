//! Zig becomes a core module.

use std::path::PathBuf;

use super::{
    BuildError,
    project::Project,
    tool::{INSTALL_ZIG, run, zig},
};

pub(super) fn build(project: &Project) -> Result<PathBuf, BuildError> {
    let mut zig = zig(project)?;
    let cache = project.made("zig-cache");
    zig.args(["build", "--release=small", "--prefix", Project::TARGET, "--cache-dir", &cache]);
    run(zig, INSTALL_ZIG)?;
    let bin = project.made("bin");
    match project.files(&bin, &["wasm"])?.as_slice() {
        [core] => Ok(project.dir.join(core)),
        found => Err(BuildError::Modules { dir: project.dir.join(bin), found: found.len() }),
    }
}
