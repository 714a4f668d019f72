//! Compiled code on disk, so that a module is compiled once for each engine and not at each start. Nothing
//! fails because of it: what cannot be used is compiled.
//!
//! | file | what it does |
//! |---|---|
//! | `format` | the layout of a file, and whether its bytes are whole |
//! | `folder` | who may write there; reading, writing, making room |

mod folder;
mod format;

use std::{
    hash::{Hash as _, Hasher},
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Instant,
};

use sha2::{Digest as _, Sha256};
use wasmtime::{Engine, component::Component};

use crate::words::ModuleHash;

use folder::Folder;
use format::Key;

/// The compiled code of modules, each for one engine.
pub(super) struct Cache {
    path: PathBuf,
    limit: u64,
    told: AtomicBool,
}

impl Cache {
    /// A cache in a folder that may hold `limit` bytes. The folder is looked at, and made, at each use.
    pub(super) fn new(path: PathBuf, limit: u64) -> Self {
        Self { path, limit, told: AtomicBool::new(false) }
    }

    fn folder(&self) -> Option<Folder<'_>> {
        Folder::enter(&self.path, self.limit).map_err(|why| self.tell(&why)).ok()
    }

    /// The code of a module, if it was kept and can be trusted.
    fn find(&self, engine: &Engine, module: ModuleHash) -> Option<Component> {
        let folder = self.folder()?;
        let key = key(engine, module);
        let name = format::name(&key);
        let refused = |why: String| tracing::debug!(file = name, why, "a file of the cache is not used");
        let bytes = folder.read(&name).map_err(refused).ok()??;
        let code = format::code(&key, &bytes).map_err(|why| refused(why.to_owned())).ok()?;
        match deserialize(engine, code) {
            Ok(component) => Some(component),
            Err(error) => {
                refused(format!("{error:#}"));
                folder.remove(&name);
                None
            }
        }
    }

    /// Keeps the code of a module.
    fn keep(&self, engine: &Engine, module: ModuleHash, component: &Component) {
        let Some(folder) = self.folder() else { return };
        let key = key(engine, module);
        let kept = component.serialize().map_err(|error| format!("{error:#}")).and_then(|code| {
            let written = folder.write(&format::name(&key), &format::header(&key, &code), &code);
            written.map_err(|error| error.to_string())
        });
        if let Err(why) = kept {
            self.tell(&why);
        }
    }

    /// Says once why the cache does not help.
    fn tell(&self, why: &str) {
        let folder = self.path.display();
        if self.told.swap(true, Relaxed) {
            tracing::debug!(%folder, why, "compiled code is not cached");
        } else {
            tracing::warn!(
                %folder, why,
                "compiled code is not cached, so every start compiles: name another folder by the option \
                 `code_cache`, or set it to \"\" to do without"
            );
        }
    }
}

/// The code of a module: out of the cache, or compiled now and kept there. Takes as long as compiling does.
pub(super) fn component(
    cache: Option<&Cache>,
    engine: &Engine,
    hash: ModuleHash,
    bytes: &[u8],
) -> wasmtime::Result<Component> {
    let start = Instant::now();
    if let Some(component) = cache.and_then(|cache| cache.find(engine, hash)) {
        tracing::debug!(module = %hash, took = ?start.elapsed(), "compiled code taken from the cache");
        return Ok(component);
    }
    let component = Component::from_binary(engine, bytes)?;
    tracing::debug!(module = %hash, took = ?start.elapsed(), "compiled");
    if let Some(cache) = cache {
        cache.keep(engine, hash, &component);
    }
    Ok(component)
}

/// The one place that is unsafe: compiled code runs as it is, unchecked.
#[expect(unsafe_code, reason = "wasmtime cannot check compiled code; the safety comment says who did")]
fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `deserialize` asks that the bytes are exactly what `Component::serialize` once gave.
    // Against accident: `format::code` has compared a SHA-256 over module, engine and code with these very
    // bytes, which are in memory and cannot change any more; so they are whole, unchanged and of the module
    // and the engine (version, settings, processor) that are asked for.
    // Against malice: a digest proves no author, so `Folder` relies on the system's rights. It reads only
    // out of a real folder (no symbolic link) of this process's own user, to which nobody else may write,
    // and there only regular files of that user to which nobody else may write. Such a file was written by
    // this user's programs: `keep` is the one that writes under this name. Whoever runs as this user (or as
    // root) can change this program as well, and gains nothing here.
    unsafe { Component::deserialize(engine, code) }
}

/// Version, settings and processor are all in wasmtime's own hash.
fn key(engine: &Engine, module: ModuleHash) -> Key {
    let mut fingerprint = Fingerprint(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut fingerprint);
    Key { module, engine: fingerprint.0.finalize().into() }
}

/// Makes a SHA-256 out of what is hashed, so that it is the same in every process.
struct Fingerprint(Sha256);

impl Hasher for Fingerprint {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest = self.0.clone().finalize();
        digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

#[cfg(test)]
mod tests;
