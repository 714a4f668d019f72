//! Core modules become components.

use std::{fs, path::Path};

use wit_component::{ComponentEncoder, metadata};

use super::BuildError;

/// Reads the core module at `core` and makes a component of it, by the component type that the bindings have
/// put into it.
pub(super) fn encode(core: &Path) -> Result<Vec<u8>, BuildError> {
    let bytes =
        fs::read(core).map_err(|error| BuildError::File { verb: "read", path: core.to_owned(), error })?;
    let fail = |why: String| BuildError::Component { core: core.to_owned(), why };
    // Without a type, the encoder would make a component that exports nothing.
    let (typed, _) = metadata::decode(&bytes).map_err(|error| fail(format!("{error:#}")))?;
    if typed.is_none() {
        return Err(BuildError::NotTyped(core.to_owned()));
    }
    let encoded = ComponentEncoder::default()
        .validate(true)
        .module(&bytes)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| fail(format!("{error:#}")))?;
    Ok(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_typed_core_module_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cart.wasm");
        fs::write(&path, b"\0asm\x01\0\0\0").unwrap();
        assert!(matches!(encode(&path), Err(BuildError::NotTyped(_))));
        fs::write(&path, b"\0asm\x0d\0\x01\0").unwrap();
        assert!(matches!(encode(&path), Err(BuildError::Component { .. })));
        fs::write(&path, b"no wasm").unwrap();
        assert!(matches!(encode(&path), Err(BuildError::Component { .. })));
    }
}
