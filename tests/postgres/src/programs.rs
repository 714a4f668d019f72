//! Where Postgres' programs are.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Where Debian keeps them, by version; only `psql` and its like are in PATH there.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The folder of the programs: the first in PATH that has `initdb`, or else Debian's newest.
///
/// # Panics
/// If there is none, with the way out.
pub(crate) fn folder() -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let in_path = env::split_paths(&path).find(|folder| has_server(folder));
    in_path.or_else(newest_of_debian).unwrap_or_else(|| {
        panic!(
            "there is no Postgres for the tests: neither initdb in PATH nor {DEBIAN}/*/bin/initdb; \
             tests/run installs it (or: apt-get install postgresql)"
        )
    })
}

fn has_server(folder: &Path) -> bool {
    ["initdb", "postgres", "psql", "pg_isready"].iter().all(|program| folder.join(program).is_file())
}

fn newest_of_debian() -> Option<PathBuf> {
    let versions = fs::read_dir(DEBIAN).ok()?.flatten();
    let numbered =
        versions.filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path())));
    let with_server =
        numbered.map(|(number, path)| (number, path.join("bin"))).filter(|(_, bin)| has_server(bin));
    with_server.max().map(|(_, bin)| bin)
}
