//! Modules in every language, made as a user makes them: a new project, a reducer in it, `everfold build`.
//!
//! The toolchains are where `tests/run` puts them: `target/toolchains` holds a virtual environment of Python and the
//! packages of npm, and a build looks for tools beside a project and above it.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex, OnceLock},
};

use everfold::{
    build::{self, BuildOptions},
    projects::{self, Language},
};

use crate::harness::{Guest, guest, root};

/// Where `tests/run` puts toolchains.
pub(super) fn toolchains() -> PathBuf {
    let toolchains = root().join("target/toolchains");
    assert!(toolchains.join(".venv").is_dir(), "tests/run installs the toolchains");
    toolchains
}

/// Where a project is made, below the toolchains. Nothing is there.
pub(super) fn folder(name: &str) -> PathBuf {
    let toolchains = toolchains();
    let folder = toolchains.join("projects").join(name);
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(folder.parent().unwrap()).unwrap();
    folder
}

/// The file of a new project that holds the reducer.
fn source(language: Language) -> &'static str {
    match language {
        Language::Rust => "src/lib.rs",
        Language::Ts => "src/reducer.ts",
        Language::Js => "src/reducer.js",
        Language::Python => "reducer.py",
        Language::Go => "reducer.go",
        Language::C => "src/reducer.c",
        Language::Zig => "src/reducer.zig",
    }
}

/// A behaviour in a language, built once for all tests.
pub(super) fn module(language: Language, behaviour: &str) -> &'static Guest {
    static BUILT: Mutex<BTreeMap<String, Arc<OnceLock<&'static Guest>>>> = Mutex::new(BTreeMap::new());
    if language == Language::Rust {
        // All at once, with the other guests: each crate by itself would compile serde again.
        return guest(&format!("conformance-{behaviour}"));
    }
    let name = format!("{language:?}/{behaviour}").to_lowercase();
    let once = Arc::clone(BUILT.lock().unwrap().entry(name.clone()).or_default());
    once.get_or_init(|| Box::leak(Box::new(project(language, behaviour, &name))))
}

fn project(language: Language, behaviour: &str, name: &str) -> Guest {
    let project = folder(name);
    projects::create(&project, language).unwrap();
    installed(language, &project);
    let source = Path::new(source(language));
    let extension = source.extension().unwrap().to_str().unwrap();
    let written = root().join(format!("tests/conformance/{behaviour}/reducer.{extension}"));
    assert!(project.join(source).is_file(), "a new project has no {}", source.display());
    fs::copy(&written, project.join(source)).unwrap_or_else(|error| panic!("{}: {error}", written.display()));
    built(&project)
}

/// What `npm install` does for a project's SDK; its tools lie above it.
pub(super) fn installed(language: Language, project: &Path) {
    if matches!(language, Language::Ts | Language::Js) {
        fs::create_dir_all(project.join("node_modules")).unwrap();
        symlink("../everfold-sdk", project.join("node_modules/everfold")).unwrap();
    }
}

/// Builds the one reducer of a project.
pub(super) fn built(project: &Path) -> Guest {
    let built = build::components(project, BuildOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    let [built] = built.try_into().expect("one reducer");
    Guest::new(built.component)
}

/// The worked example of the seventh language.
pub(super) fn assembly_script() -> Guest {
    let core = folder("assemblyscript").with_extension("wasm");
    let sources = root().join("sdk/assemblyscript");
    let asc = toolchains().join("node_modules/.bin/asc");
    let mut asc = Command::new(asc);
    asc.args(["assembly/abi.ts", "--target", "release", "-o"]).arg(&core).current_dir(sources);
    let made = asc.status();
    assert!(made.is_ok_and(|status| status.success()), "asc compiles the example");
    built(&core)
}
