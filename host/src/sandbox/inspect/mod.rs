//! Would the host take it? Every check that needs no compiler and no call, each with its one sentence.
//! Files come from strangers: what is refused here has cost next to nothing.

mod census;
mod descriptor;
mod error;
mod names;
mod nesting;
mod weight;

use std::panic::catch_unwind;

use wasmparser::{
    BinaryReader, FuncValidatorAllocations, Parser, Payload, ValidPayload, Validator, types::Types,
};
use wasmtime::{
    WasmFeatures,
    component::{Component, ComponentExportIndex, types::ComponentItem},
};

use super::{ReducerLimits, contract::REDUCER};

pub(super) use descriptor::descriptor;
pub use error::LoadError;
pub(super) use error::one_line;
pub use names::Inspected;
pub(super) use names::offered_wasi;

use census::Census;
use names::Imports;

/// What of WebAssembly is on, here and in the engine. Nothing that gives other results on other machines
/// (threads), needs a collector (GC, exceptions), or cannot cross a component's border (64-bit memories).
pub(super) const FEATURES: WasmFeatures = WasmFeatures::WASM3
    .difference(WasmFeatures::THREADS)
    .difference(WasmFeatures::GC_TYPES)
    .difference(WasmFeatures::EXCEPTIONS)
    .difference(WasmFeatures::MEMORY64)
    .union(WasmFeatures::COMPONENT_MODEL);

/// The code of one function, in bytes. A compiler may take longer than in proportion, and works on one
/// function at a time; the main loops of interpreters have some hundred thousand.
const MOST_FUNCTION_BYTES: u64 = 1 << 20;

/// Judges a module by its bytes alone, without compiling any of it. What passes is valid, imports nothing
/// that a reducer is not given, exports what a reducer must, and stays within the limits as far as a file
/// can tell.
///
/// # Errors
/// [`LoadError`]: one sentence that says why the host would not take it.
pub fn inspect(bytes: &[u8], limits: &ReducerLimits) -> Result<Inspected, LoadError> {
    shape(bytes, limits.module_bytes)?;
    // The parser asserts some of what it should refuse: a chain of 130 instance types is enough.
    let judged = catch_unwind(|| judge(bytes, limits));
    judged.unwrap_or_else(|_| Err(LoadError::invalid("the parser gave up on it; the host's log says where")))
}

/// Checks size and first bytes.
fn shape(bytes: &[u8], limit: usize) -> Result<(), LoadError> {
    if bytes.is_empty() {
        return Err(LoadError::Empty);
    }
    if bytes.len() > limit {
        return Err(LoadError::TooLarge { actual: bytes.len(), limit });
    }
    if !bytes.starts_with(b"\0asm") {
        return Err(LoadError::NotWasm);
    }
    // Version 1 in layer 0 is a core module; components are layer 1.
    if bytes.get(4..8) == Some(&[1, 0, 0, 0]) {
        return Err(LoadError::CoreModule);
    }
    Ok(())
}

/// Reads the file once, from the front. Each part is counted before it is validated, so that no part can
/// make the validator work for hours.
fn judge(bytes: &[u8], limits: &ReducerLimits) -> Result<Inspected, LoadError> {
    let mut parser = Parser::new(0);
    parser.set_features(FEATURES);
    let mut validator = Validator::new_with_features(FEATURES);
    let mut allocations = FuncValidatorAllocations::default();
    let mut census = Census::new(limits);
    let mut imports = Imports::default();
    let mut types: Option<Types> = None;
    for payload in parser.parse_all(bytes) {
        let payload = payload?;
        if let Payload::ComponentTypeSection(section) = &payload {
            let range = section.range();
            let content = bytes.get(range.clone()).unwrap_or_default();
            let reader = BinaryReader::new_features(content, range.start, FEATURES);
            census.count_resources(nesting::check(reader)?)?;
        }
        if let Payload::CodeSectionEntry(body) = &payload {
            let bytes = body.range().len() as u64;
            LoadError::unless_at_most(MOST_FUNCTION_BYTES, bytes, "bytes in one function")?;
        }
        census.see(&payload)?;
        if let Payload::ComponentImportSection(section) = &payload
            && census.at_root()
        {
            for import in section.clone() {
                imports.see(&import?);
            }
        }
        match validator.payload(&payload)? {
            ValidPayload::Func(function, body) => {
                let mut function = function.into_validator(allocations);
                function.validate(&body)?;
                allocations = function.into_allocations();
            }
            ValidPayload::End(all) => types = Some(all),
            ValidPayload::Ok | ValidPayload::Parser(_) => {}
        }
    }
    let inspected = imports.judged()?;
    names::exports(&types.ok_or_else(|| LoadError::invalid("it has no end"))?)?;
    census.whole().check_memory(limits)?;
    Ok(inspected)
}

/// Finds `describe` and `reduce` in what was compiled.
pub(super) fn exports(component: &Component) -> Result<[ComponentExportIndex; 2], LoadError> {
    let missing = |name: &str| LoadError::Exports(name.to_owned());
    let (_, interface) = component.get_export(None, REDUCER).ok_or_else(|| missing(REDUCER))?;
    let function = |name: &str| match component.get_export(Some(&interface), name) {
        Some((ComponentItem::ComponentFunc(_), index)) => Ok(index),
        _ => Err(missing(&format!("{REDUCER}#{name}"))),
    };
    Ok([function("describe")?, function("reduce")?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell_what_it_is() {
        assert_eq!(shape(b"", 9), Err(LoadError::Empty));
        assert_eq!(shape(b"PK\x03\x04", 9), Err(LoadError::NotWasm));
        assert_eq!(shape(b"\0asm\x01\0\0\0", 9), Err(LoadError::CoreModule));
        assert_eq!(shape(b"\0asm\x0d\0\x01\0", 9), Ok(()));
        assert_eq!(shape(b"\0asm\x0d\0\x01\0..", 9), Err(LoadError::TooLarge { actual: 10, limit: 9 }));
    }
}
