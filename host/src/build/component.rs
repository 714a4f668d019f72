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
    let bare = undebugged(bytes).ok_or_else(|| failed(core, "its sections are cut short".to_owned()))?;
    let encoded = ComponentEncoder::default()
        .validate(true)
        .module(&bare)
        .and_then(|encoder| encoder.adapter(PREVIEW1, STAND_IN))
        .and_then(|mut encoder| encoder.encode());
    encoded.map_err(|error| failed(core, format!("{error:#}")))
}

/// A module without what debuggers want to know: it is many times as large as the code, and holds the paths of a
/// machine. The names of functions stay, for backtraces. None: a section ends behind the module's end.
fn undebugged(module: &[u8]) -> Option<Vec<u8>> {
    const HEADER: usize = 8;
    const CUSTOM: u8 = 0;
    let mut kept = module.get(..HEADER)?.to_vec();
    let mut rest = &module[HEADER..];
    while let Some((id, behind)) = rest.split_first() {
        let (length, content) = leb128(behind)?;
        let end = rest.len() - content.len() + length;
        let content = content.get(..length)?;
        let name = (*id == CUSTOM).then(|| leb128(content)).flatten();
        let is_debug = name.is_some_and(|(_, name)| name.starts_with(b".debug_"));
        if !is_debug {
            kept.extend_from_slice(&rest[..end]);
        }
        rest = &rest[end..];
    }
    Some(kept)
}

/// A number as WebAssembly writes it (unsigned LEB128, up to 32 bits), and what is behind it.
fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut number = 0;
    for (place, byte) in bytes.iter().enumerate().take(5) {
        number |= usize::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((number, &bytes[place + 1..]));
        }
    }
    None
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
    fn what_debuggers_want_is_left_out_and_names_stay() {
        let plain = wat::parse_str("(module (func $named))").unwrap();
        let mut module = plain.clone();
        let name = b".debug_info";
        let content = [&[u8::try_from(name.len()).unwrap()][..], name, &[7; 300]].concat();
        assert_eq!(content.len(), 0x38 + (2 << 7));
        module.extend([0, 0x80 | 0x38, 2]);
        module.extend(content);
        assert_eq!(undebugged(&module).as_deref(), Some(&*plain));
        assert!(
            String::from_utf8_lossy(&plain).contains("named"),
            "the section with names is custom as well"
        );
        module.pop();
        assert_eq!(undebugged(&module), None);
    }

    #[test]
    fn what_a_module_by_hand_lacks_is_named() {
        let lacking = BY_HAND.replace("#describe", "#descripe");
        let (_folder, path) = file("hand.wasm", &wat::parse_str(lacking).unwrap());
        let why = typed(&path).unwrap_err().to_string();
        assert!(why.contains("hand.wasm") && why.contains("describe"), "{why}");
    }
}
