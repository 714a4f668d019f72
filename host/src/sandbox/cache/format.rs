//! How compiled code lies in a file: whose it is, and the proof that it is whole.
//!
//! | bytes | what |
//! |---|---|
//! | 25 | the first line, with the version of this layout |
//! | 32 | the module: SHA-256 of its bytes |
//! | 32 | the engine: SHA-256 over its version, its settings and the processor's features |
//! | 32 | SHA-256 over all of the above and the code |
//! | the rest | the code, as wasmtime writes it |

use sha2::{Digest as _, Sha256};

use crate::words::ModuleHash;

const FIRST_LINE: &[u8; 25] = b"everfold compiled code 1\n";
const DIGEST: usize = 32;
const KEY_END: usize = FIRST_LINE.len() + 2 * DIGEST;
/// Where the code begins.
pub(super) const HEADER: usize = KEY_END + DIGEST;

/// What compiled code is for: one module on one engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) module: ModuleHash,
    pub(super) engine: [u8; DIGEST],
}

/// What stands in front of the code.
pub(super) fn header(key: &Key, code: &[u8]) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    let (head, digest) = header.split_at_mut(KEY_END);
    let (line, hashes) = head.split_at_mut(FIRST_LINE.len());
    line.copy_from_slice(FIRST_LINE);
    hashes[..DIGEST].copy_from_slice(key.module.as_bytes());
    hashes[DIGEST..].copy_from_slice(&key.engine);
    digest.copy_from_slice(&Sha256::new().chain_update(&*head).chain_update(code).finalize());
    header
}

/// The code in a file's bytes, if they are what was once written under this key, all of it, unchanged.
pub(super) fn code<'a>(key: &Key, bytes: &'a [u8]) -> Result<&'a [u8], &'static str> {
    let (found, code) = bytes.split_at_checked(HEADER).ok_or("it is too short")?;
    if !found.starts_with(FIRST_LINE) {
        return Err("it is not compiled code, or of another version of Everfold");
    }
    let expected = header(key, code);
    if found[..KEY_END] != expected[..KEY_END] {
        return Err("it is the code of another module or engine");
    }
    if found != expected {
        return Err("it is damaged: its digest is another");
    }
    Ok(code)
}

/// The name of the file. The module's hash comes first, for people who look for it.
pub(super) fn name(key: &Key) -> String {
    let engine: String = key.engine[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{engine}.code", key.module)
}

/// Whether a file is named as [`name`] does it: no other file is ever removed.
pub(super) fn is_name(name: &str) -> bool {
    let hex = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let parts = name.strip_suffix(".code").and_then(|stem| stem.split_once('-'));
    parts.is_some_and(|(module, engine)| hex(module, 2 * DIGEST) && hex(engine, 16))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(module: &[u8], engine: u8) -> Key {
        Key { module: ModuleHash::of(module), engine: [engine; DIGEST] }
    }

    #[test]
    fn whatever_is_changed_or_missing_is_seen() {
        let written = key(b"cart", 1);
        let whole = [&header(&written, b"code")[..], b"code"].concat();
        assert_eq!(code(&written, &whole), Ok(&b"code"[..]));
        for end in 0..whole.len() {
            assert!(code(&written, &whole[..end]).is_err(), "cut off at {end}");
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            assert!(code(&written, &damaged).is_err(), "changed at {at}");
        }
        assert!(code(&written, &[&whole[..], b"x"].concat()).is_err());
    }

    #[test]
    fn it_is_for_one_module_and_one_engine() {
        let whole = [&header(&key(b"cart", 1), b"code")[..], b"code"].concat();
        for other in [key(b"coupons", 1), key(b"cart", 2)] {
            assert_eq!(code(&other, &whole), Err("it is the code of another module or engine"));
        }
    }

    #[test]
    fn only_its_own_names_are_known() {
        let name = name(&key(b"cart", 0xab));
        assert!(name.ends_with("-abababababababab.code") && is_name(&name), "{name}");
        for other in ["", "main.code", ".code", "notes.txt", &name[1..], &format!("x{name}")] {
            assert!(!is_name(other), "{other}");
        }
    }
}
