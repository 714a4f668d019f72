//! Core modules become components.

use std::{fs, path::Path};

use wit_component::{ComponentEncoder, metadata};

use super::{BuildError, contract};

/// What some toolchains want of a system, as a module that has none: it makes their components free of imports.
/// The build script makes it of `stand_in.wat`.
const STAND_IN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/stand_in.wasm"));

/// What the stand-in stands in for.
const PREVIEW1: &str = "wasi_snapshot_preview1";

/// Reads the core module at `core` and makes a component of it, by the component type that the bindings have
/// put into it.
pub(super) fn encode(core: &Path) -> Result<Vec<u8>, BuildError> {
    let bytes = read(core)?;
    // Without a type, the encoder would make a component that exports nothing.
    if !is_typed(core, &bytes)? {
        return Err(BuildError::NotTyped(core.to_owned()));
    }
    component(core, &bytes)
}

/// The same for a core module that follows the canonical ABI of reducers by hand: where it brings no component type,
/// it is given that of the world `reducer-module`.
pub(super) fn typed(core: &Path) -> Result<Vec<u8>, BuildError> {
    let mut bytes = read(core)?;
    if !is_typed(core, &bytes)? {
        contract::embed(&mut bytes).map_err(|why| failed(core, why))?;
    }
    component(core, &bytes)
}

fn read(core: &Path) -> Result<Vec<u8>, BuildError> {
    fs::read(core).map_err(|error| BuildError::File { verb: "read", path: core.to_owned(), error })
}

fn is_typed(core: &Path, bytes: &[u8]) -> Result<bool, BuildError> {
    let (typed, _) = metadata::decode(bytes).map_err(|error| failed(core, format!("{error:#}")))?;
    Ok(typed.is_some())
}

fn component(core: &Path, bytes: &[u8]) -> Result<Vec<u8>, BuildError> {
    let encoded = ComponentEncoder::default()
        .validate(true)
        .module(bytes)
        .and_then(|encoder| encoder.adapter(PREVIEW1, STAND_IN))
        .and_then(|mut encoder| encoder.encode());
    encoded.map_err(|error| failed(core, format!("{error:#}")))
}

fn failed(core: &Path, why: String) -> BuildError {
    BuildError::Component { core: core.to_owned(), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module in the canonical ABI, as the canonical ABI wants it: describes itself as nothing in particular, keeps every
    /// model, and asks its system for the time.
    const BY_HAND: &str = r#"(module
        (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
        (import "everfold:domain/log@0.1.0" "write" (func (param i32 i32 i32)))
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "everfold:domain/reducer@0.1.0#describe") (result i32)
            (drop (call $time (i32.const 0) (i64.const 0) (i32.const 512)))
            i32.const 256)
        (func (export "everfold:domain/reducer@0.1.0#reduce")
            (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) i32.const 256))"#;

    fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    #[test]
    fn what_is_not_a_typed_core_module_is_named() {
        let (_folder, path) = file("cart.wasm", b"\0asm\x01\0\0\0");
        assert!(matches!(encode(&path), Err(BuildError::NotTyped(_))));
        fs::write(&path, b"\0asm\x0d\0\x01\0").unwrap();
        assert!(matches!(encode(&path), Err(BuildError::Component { .. })));
        fs::write(&path, b"no wasm").unwrap();
        assert!(matches!(encode(&path), Err(BuildError::Component { .. })));
    }

    #[test]
    fn a_module_by_hand_gets_its_type_and_needs_no_system() {
        let (_folder, path) = file("hand.wasm", &wat::parse_str(BY_HAND).unwrap());
        let component = typed(&path).unwrap();
        let text = String::from_utf8_lossy(&component);
        assert!(text.contains("everfold:domain/reducer@0.1.0") && !text.contains("wasi:"));
        assert_eq!(typed(&path).unwrap(), component, "the same bytes every time");
    }

    #[test]
    fn what_a_module_by_hand_lacks_is_named() {
        let lacking = BY_HAND.replace("#describe", "#descripe");
        let (_folder, path) = file("hand.wasm", &wat::parse_str(lacking).unwrap());
        let why = typed(&path).unwrap_err().to_string();
        assert!(why.contains("hand.wasm") && why.contains("describe"), "{why}");
    }
}
