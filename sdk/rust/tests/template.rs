//! A new project has a copy of this crate, with a manifest of its own: the two must say the same.

use std::collections::BTreeSet;

const SDK: &str = include_str!("../Cargo.toml");
const COPY: &str = include_str!("../template/everfold-sdk/Cargo.toml");
const WORKSPACE: &str = include_str!("../../../Cargo.toml");
const LOCK: &str = include_str!("../template/Cargo.lock");
const WORKSPACE_LOCK: &str = include_str!("../../../reducers/Cargo.lock");

/// The lines of one section of a manifest, by what stands before the equals sign.
fn section<'a>(manifest: &'a str, name: &str) -> Vec<(&'a str, &'a str)> {
    let lines = manifest.lines().skip_while(|line| *line != format!("[{name}]")).skip(1);
    let pairs = lines.take_while(|line| !line.starts_with('[')).filter_map(|line| line.split_once(" = "));
    pairs.filter(|(key, _)| !key.starts_with('#')).collect()
}

fn value<'a>(section: &[(&'a str, &'a str)], key: &str) -> &'a str {
    let found = section.iter().find(|(is, _)| *is == key);
    found.unwrap_or_else(|| panic!("nothing says {key}")).1
}

/// What stands in brackets in the line of a dependency.
fn features(dependency: &str) -> BTreeSet<&str> {
    let list = dependency.split_once("features = [").and_then(|(_, list)| list.split_once(']'));
    list.map_or(BTreeSet::new(), |(list, _)| list.split(", ").collect())
}

/// The same without them.
fn without_features(dependency: &str) -> String {
    let version = |text: &str| text.trim_matches(['{', '}', ' ']).replace("version = ", "");
    match dependency.split_once("features = [") {
        Some((before, _)) => version(before.trim_end_matches([',', ' '])),
        None => version(dependency),
    }
}

#[test]
fn the_copy_has_the_same_dependencies() {
    let (own, copied) = (section(SDK, "dependencies"), section(COPY, "dependencies"));
    let shared = section(WORKSPACE, "workspace.dependencies");
    assert_eq!(own.len(), copied.len());
    for (key, line) in own {
        let name = key.strip_suffix(".workspace").unwrap_or(key);
        let inherited =
            if key != name || line.contains("workspace = true") { value(&shared, name) } else { line };
        // The host's own features of serde are none of the SDK's.
        let wanted: BTreeSet<_> = features(inherited).union(&features(line)).copied().collect();
        let wanted: BTreeSet<_> = wanted.into_iter().filter(|feature| *feature != "\"rc\"").collect();
        let copy = value(&copied, name);
        assert_eq!(features(copy), wanted, "{name}");
        assert_eq!(without_features(copy), without_features(inherited), "{name}");
    }
}

#[test]
fn the_copy_is_the_same_package() {
    let (own, copied) = (section(SDK, "package"), section(COPY, "package"));
    let shared = section(WORKSPACE, "workspace.package");
    assert_eq!(own.len(), copied.len());
    for (key, line) in own {
        let name = key.strip_suffix(".workspace").unwrap_or(key);
        let line = if key == name { line } else { value(&shared, name) };
        assert_eq!(value(&copied, name), line, "{name}");
    }
    assert_eq!(section(SDK, "features"), section(COPY, "features"));
}

/// What is tried here is what a new project gets.
#[test]
fn a_new_project_begins_with_the_same_versions() {
    let packages =
        |lock: &'static str| lock.split("[[package]]").skip(1).map(str::trim).collect::<BTreeSet<_>>();
    let tried = packages(WORKSPACE_LOCK);
    for package in packages(LOCK) {
        assert!(tried.contains(package) || package.contains("\"{{name}}\""), "{package}");
    }
}
