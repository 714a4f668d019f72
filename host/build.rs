//! Assembles the one piece of WebAssembly text that the program holds, and collects what new projects are made of.

#![expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// What a project of each language is made of: where it lies in `sdk/`, and where it goes.
const PROJECTS: [(&str, &[(&str, &str)]); 7] = [
    (
        "RUST",
        &[
            ("rust/template", ""),
            ("rust/src", "everfold-sdk/src"),
            ("../wit", "everfold-sdk/wit"),
            ("rust/README.md", "everfold-sdk/README.md"),
        ],
    ),
    ("TS", &[("js/template-ts", ""), JS[0], JS[1], JS[2]]),
    ("JS", &[("js/template-js", ""), JS[0], JS[1], JS[2]]),
    (
        "PYTHON",
        &[
            ("python/template", ""),
            ("python/everfold", "everfold"),
            ("python/README.md", "everfold/README.md"),
        ],
    ),
    ("GO", &[("go/template", ""), ("go", "everfold")]),
    (
        "C",
        &[
            ("c/template", ""),
            ("c/everfold.h", "everfold-sdk/everfold.h"),
            ("c/README.md", "everfold-sdk/README.md"),
        ],
    ),
    (
        "ZIG",
        &[
            ("zig/template", ""),
            ("zig/src", "everfold-sdk/src"),
            ("zig/build.zig", "everfold-sdk/build.zig"),
            ("zig/build.zig.zon", "everfold-sdk/build.zig.zon"),
            ("zig/README.md", "everfold-sdk/README.md"),
        ],
    ),
];

/// The package for TypeScript and for JavaScript.
const JS: [(&str, &str); 3] = [
    ("js/src", "everfold-sdk/src"),
    ("js/package.json", "everfold-sdk/package.json"),
    ("js/README.md", "everfold-sdk/README.md"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let stand_in = "src/build/stand_in.wat";
    println!("cargo::rerun-if-changed={stand_in}");
    fs::write(out.join("stand_in.wasm"), wat::parse_file(stand_in)?)?;
    fs::write(out.join("projects.rs"), projects()?)?;
    Ok(())
}

/// Rust with a list of files for each language.
fn projects() -> Result<String, Box<dyn Error>> {
    let sdk = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../sdk").canonicalize()?;
    let mut text = String::new();
    for (name, parts) in PROJECTS {
        writeln!(text, "pub(super) const {name}: &[super::File] = &[")?;
        for (from, to) in parts {
            let from = sdk.join(from);
            println!("cargo::rerun-if-changed={}", from.display());
            for file in files(&from)? {
                let path = Path::new(to).join(file.strip_prefix(&from)?);
                let path = path.to_string_lossy();
                // A path that names a file and nothing below it ends in a slash.
                writeln!(text, "    ({:?}, include_bytes!({file:?})),", path.trim_end_matches('/'))?;
            }
        }
        writeln!(text, "];")?;
    }
    Ok(text)
}

/// What is not for new projects: what tools leave behind, an SDK's own tests, and templates where the SDK is meant.
const LEFT_OUT: [&str; 7] =
    ["__pycache__", "node_modules", "target", "zig-out", ".zig-cache", "template", "testdata"];

/// Every file at or below a path, by name, but for what is left out.
fn files(path: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let of_template = path.components().any(|part| part.as_os_str() == "template");
        let is_left_out = LEFT_OUT.contains(&&*name) || (name.ends_with("_test.go") && !of_template);
        if !is_left_out {
            found.extend(files(&path)?);
        }
    }
    Ok(found)
}
