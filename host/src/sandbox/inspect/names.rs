//! What a component may ask for, and what it must offer.

use wasmparser::{
    ComponentImport,
    component_types::{ComponentEntityType, ComponentItem},
    types::Types,
};

use crate::sandbox::contract::{LOG, REDUCER, TYPES};

use super::{LoadError, error::one_line};

/// What there is of WASI 0.2: nothing that reaches another machine.
const WASI: [&str; 20] = [
    "io/error",
    "io/poll",
    "io/streams",
    "cli/environment",
    "cli/exit",
    "cli/stdin",
    "cli/stdout",
    "cli/stderr",
    "cli/terminal-input",
    "cli/terminal-output",
    "cli/terminal-stdin",
    "cli/terminal-stdout",
    "cli/terminal-stderr",
    "clocks/monotonic-clock",
    "clocks/wall-clock",
    "random/random",
    "random/insecure",
    "random/insecure-seed",
    "filesystem/types",
    "filesystem/preopens",
];

/// So many refused imports are named; a file may hold a million.
const MOST_NAMED: usize = 30;
/// The longest name that is told, in characters.
const LONGEST_NAME: usize = 120;

/// What a component asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Inspected {
    /// Whether it imports anything of WASI.
    pub wasi: bool,
    /// Whether that is a clock or randomness.
    pub reads_time_or_randomness: bool,
}

/// The imports of a component, as they are met.
#[derive(Default)]
pub(super) struct Imports {
    found: Inspected,
    refused: Vec<String>,
    unnamed: usize,
}

impl Imports {
    pub(super) fn see(&mut self, import: &ComponentImport<'_>) {
        let name = import.name.name;
        if let Some(interface) = offered_wasi(name) {
            self.found.wasi = true;
            self.found.reads_time_or_randomness |=
                interface.starts_with("clocks/") || interface.starts_with("random/");
        } else if name != LOG && name != TYPES {
            if self.refused.len() < MOST_NAMED {
                self.refused.push(one_line(name, LONGEST_NAME));
            } else {
                self.unnamed += 1;
            }
        }
    }

    /// What was found, if nothing of it is refused.
    pub(super) fn judged(self) -> Result<Inspected, LoadError> {
        if self.refused.is_empty() {
            return Ok(self.found);
        }
        let more = if self.unnamed == 0 { String::new() } else { format!(" and {} more", self.unnamed) };
        Err(LoadError::Imports(self.refused.join(", ") + &more))
    }
}

/// The interface that a name means, without its version, if it is one of WASI 0.2 that there is.
pub(in crate::sandbox) fn offered_wasi(name: &str) -> Option<&str> {
    let (interface, version) = name.strip_prefix("wasi:")?.split_once('@')?;
    let patch = version.strip_prefix("0.2.")?;
    let released = !patch.is_empty() && patch.bytes().all(|byte| byte.is_ascii_digit());
    (released && WASI.contains(&interface)).then_some(interface)
}

/// Checks that a component offers `describe` and `reduce`. More exports may be there.
pub(super) fn exports(types: &Types) -> Result<(), LoadError> {
    let types = types.as_ref();
    let Some(ComponentItem { ty: ComponentEntityType::Instance(interface), .. }) =
        types.component_item_for_export(REDUCER)
    else {
        return Err(LoadError::Exports(REDUCER.to_owned()));
    };
    let is_function = |name: &str| {
        let item = types[*interface].exports.get(name);
        item.is_some_and(|item| matches!(item.ty, ComponentEntityType::Func(_)))
    };
    let missing: Vec<String> = ["describe", "reduce"]
        .into_iter()
        .filter(|name| !is_function(name))
        .map(|name| format!("{REDUCER}#{name}"))
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(LoadError::Exports(missing.join(", "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wasi_is_offered_in_every_release_of_0_2() {
        for name in ["wasi:io/error@0.2.0", "wasi:cli/exit@0.2.12", "wasi:filesystem/types@0.2.6"] {
            assert!(offered_wasi(name).is_some(), "{name}");
        }
        for name in [
            "wasi:sockets/tcp@0.2.0",
            "wasi:http/types@0.2.0",
            "wasi:io/error@0.3.0",
            "wasi:io/error@0.2.",
            "wasi:io/error@0.2.0-rc-2023-11-10",
            "wasi:io/error@0.20.0",
            "wasi:io/error",
            "wasi:io/errors@0.2.0",
            "io/error@0.2.0",
            "not-wasi:io/error@0.2.0",
        ] {
            assert!(offered_wasi(name).is_none(), "{name}");
        }
    }

    #[test]
    fn a_million_refused_imports_make_a_short_sentence() {
        let mut imports = Imports::default();
        let name = "a".repeat(100_000);
        let name = wasmparser::ComponentExternName {
            name: &name,
            implements: None,
            version_suffix: None,
            external_id: None,
        };
        let import = ComponentImport { name, ty: wasmparser::ComponentTypeRef::Func(0) };
        for _ in 0..1_000_000 {
            imports.see(&import);
        }
        let sentence = imports.judged().unwrap_err().to_string();
        assert!(sentence.contains(" and 999970 more,"), "{sentence}");
        assert!(sentence.chars().count() < 30 * 130 + 300, "{}", sentence.len());
    }
}
