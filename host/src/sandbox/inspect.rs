//! Would the host take it? Every check that needs no call, each with its one sentence.

use wasmtime::{
    Engine,
    component::{Component, ComponentExportIndex, types::ComponentItem},
};

use crate::words::{Descriptor, EventType, Upgrade};

use super::contract::{LOG, REDUCER, TYPES};

/// Why the host does not take a module: one sentence, with the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Nothing there.
    #[error("the file is empty")]
    Empty,
    /// Too large.
    #[error("the module has {actual} bytes, but {limit} is the limit (module_bytes)")]
    TooLarge {
        /// Its size in bytes.
        actual: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Not wasm at all.
    #[error("this is not WebAssembly: it does not begin with \\0asm")]
    NotWasm,
    /// A core module.
    #[error(
        "this is a core module, not a component: turn it into one with `everfold build`, or with the `component new` step of your toolchain"
    )]
    CoreModule,
    /// Damaged, cut short, or using features that are not on.
    #[error("this is not a valid component: {0}")]
    Invalid(String),
    /// It asks for what a reducer does not get.
    #[error("it imports {0}, which a reducer is not given: only {LOG} is")]
    Imports(String),
    /// It lacks what a reducer must have.
    #[error("it does not export {0}: build it against the world everfold:domain/reducer-module@0.1.0")]
    Exports(String),
    /// Types differ from the contract.
    #[error("it was built against another contract than everfold:domain@0.1.0: {0}")]
    Link(String),
    /// It could not describe itself.
    #[error("its `describe` failed: {0}")]
    Describe(String),
    /// The compiler took too long.
    #[error("compiling it takes longer than {0} ms (limits.compile_ms): make it smaller, or raise the limit")]
    TooLong(u64),
    /// Nobody started an engine with a stack of this size.
    #[error("no engine has a stack of {0} bytes: the sandbox was started with other limits")]
    UnknownStack(usize),
    /// What it says about itself makes no sense.
    #[error("its descriptor is not valid: {0}")]
    Descriptor(String),
}

/// Checks size and first bytes.
pub(super) fn shape(bytes: &[u8], limit: usize) -> Result<(), LoadError> {
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

/// What a component asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Inspected {
    /// Whether it imports anything of WASI.
    pub(super) wasi: bool,
    /// Whether that is a clock or randomness.
    pub(super) reads_time_or_randomness: bool,
}

/// Checks that it asks for nothing but the log and what of WASI the host offers.
pub(super) fn imports(engine: &Engine, component: &Component) -> Result<Inspected, LoadError> {
    let ty = component.component_type();
    let refused: Vec<String> = ty
        .imports(engine)
        .map(|(name, _)| name.to_owned())
        .filter(|name| name != LOG && name != TYPES && !name.starts_with("wasi:"))
        .collect();
    let any = |prefix: &str| ty.imports(engine).any(|(name, _)| name.starts_with(prefix));
    let inspected =
        Inspected { wasi: any("wasi:"), reads_time_or_randomness: any("wasi:clocks") || any("wasi:random") };
    if refused.is_empty() { Ok(inspected) } else { Err(LoadError::Imports(refused.join(", "))) }
}

/// Finds `describe` and `reduce`. More exports may be there.
pub(super) fn exports(component: &Component) -> Result<[ComponentExportIndex; 2], LoadError> {
    let missing = |name: &str| LoadError::Exports(name.to_owned());
    let (_, interface) = component.get_export(None, REDUCER).ok_or_else(|| missing(REDUCER))?;
    let function = |name: &str| match component.get_export(Some(&interface), name) {
        Some((ComponentItem::ComponentFunc(_), index)) => Ok(index),
        _ => Err(missing(&format!("{REDUCER}#{name}"))),
    };
    Ok([function("describe")?, function("reduce")?])
}

/// Checks what a module says about itself.
pub(super) fn descriptor(descriptor: &Descriptor) -> Result<(), LoadError> {
    for name in descriptor.event_types.iter().chain(&descriptor.emits) {
        name.parse::<EventType>().map_err(|error| LoadError::Descriptor(error.to_string()))?;
    }
    if descriptor.upgrade == Upgrade::Resume && descriptor.by_occurrence() {
        return Err(LoadError::Descriptor(
            "`upgrade: resume` needs the order `recorded` or `whole-context`, because a late event refolds everything"
                .to_owned(),
        ));
    }
    if let Some(content_type) = &descriptor.content_type
        && !is_json_type(content_type)
    {
        return Err(LoadError::Descriptor(format!(
            "content-type {content_type:?} is not a JSON media type (application/json or application/…+json)"
        )));
    }
    Ok(())
}

fn is_json_type(media_type: &str) -> bool {
    let printable = media_type.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    printable
        && (essence == "application/json"
            || (essence.starts_with("application/") && essence.ends_with("+json")))
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

    #[test]
    fn only_json_media_types_pass() {
        for good in ["application/json", "application/vnd.cart+json", "application/json; profile=x"] {
            assert!(is_json_type(good), "{good}");
        }
        for bad in ["text/html", "json", "application/json\r\nX: y", "application/xml"] {
            assert!(!is_json_type(bad), "{bad}");
        }
    }
}
