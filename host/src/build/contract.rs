//! The component type of reducers: what bindings put into a core module, for toolchains without bindings.

use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::{BuildError, project::Project};

/// The contract, file by file.
pub(super) const WIT: [(&str, &str); 4] = [
    ("types.wit", include_str!("../../../wit/types.wit")),
    ("log.wit", include_str!("../../../wit/log.wit")),
    ("reducer.wit", include_str!("../../../wit/reducer.wit")),
    ("world.wit", include_str!("../../../wit/world.wit")),
];

/// The world that a reducer is made for.
pub(super) const WORLD: &str = "reducer-module";

/// Puts the component type of that world into a core module.
///
/// # Errors
/// Where the bytes are no core module.
pub(super) fn embed(core: &mut Vec<u8>) -> Result<(), String> {
    let text = |error: &dyn std::fmt::Display| format!("{error:#}");
    let mut resolve = Resolve::default();
    // The first file names the package; the others belong to it.
    let all = WIT.map(|(_, contents)| contents).concat();
    let package = resolve.push_str("everfold.wit", &all).map_err(|error| text(&error))?;
    let world = resolve.select_world(&[package], Some(WORLD)).map_err(|error| text(&error))?;
    embed_component_metadata(core, &resolve, world, StringEncoding::UTF8).map_err(|error| text(&error))
}

/// Writes the contract where a project's tools look for it; gives that folder, from the project's.
pub(super) fn write(project: &Project) -> Result<String, BuildError> {
    let folder = project.made("wit");
    for (name, contents) in WIT {
        project.write(&format!("{folder}/{name}"), contents.as_bytes())?;
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use super::*;

    #[test]
    fn all_of_the_contract_is_here() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../wit");
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let files: BTreeSet<_> = fs::read_dir(folder).unwrap().map(name).collect();
        assert_eq!(files, WIT.iter().map(|(name, _)| (*name).to_owned()).collect());
    }
}
