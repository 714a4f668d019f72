//! Guests: the programs in `tests/guests/examples` and the shop's reducers, built once for all tests.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use everfold::build::{self, BuildOptions};
use sha2::{Digest, Sha256};

/// A module as a file would hold it.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) bytes: Vec<u8>,
    /// The SHA-256 of the bytes, which is the module's name.
    pub(crate) hash: String,
}

impl Guest {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        let mut hash = String::new();
        for byte in Sha256::digest(&bytes) {
            write!(hash, "{byte:02x}").unwrap();
        }
        Self { bytes, hash }
    }
}

/// The guest of that name. The first call builds all of them with one call of cargo, which keeps other
/// processes out while it does, and has nothing to do the next time.
#[track_caller]
pub(crate) fn guest(name: &str) -> &'static Guest {
    static ALL: OnceLock<BTreeMap<String, Guest>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let options = BuildOptions { examples: true };
        let built = build::components(&root().join("reducers"), options).unwrap_or_else(|e| panic!("{e}"));
        built.into_iter().map(|built| (built.name, Guest::new(built.component))).collect()
    });
    all.get(name).unwrap_or_else(|| panic!("there is no guest {name}, only {:?}", all.keys()))
}

/// Where the hosts of all tests keep compiled code: what one of them compiles, the others find.
pub(crate) const CODE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/code");

/// The top of the checkout.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The guest of that name, as plain cargo builds it for `wasm32-wasip2`: a component that imports WASI.
#[track_caller]
pub(crate) fn wasi_guest(name: &str) -> Guest {
    let target = "wasm32-wasip2";
    let folder = root().join("reducers");
    let built = folder.join("target");
    let status = Command::new("cargo")
        .args(["build", "--quiet", "--release", "--target", target, "--package", "guests", "--example", name])
        .current_dir(&folder)
        .env_remove("RUSTUP_TOOLCHAIN")
        .env("CARGO_TARGET_DIR", &built)
        .status();
    assert!(status.is_ok_and(|status| status.success()), "cargo builds {name} for {target}");
    let file = built.join(target).join("release/examples").join(format!("{name}.wasm"));
    Guest::new(fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display())))
}
