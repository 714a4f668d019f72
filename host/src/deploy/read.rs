//! Reads a module's file.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

use super::folder::Stat;

/// Why a file's content is not taken for a module.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system cannot read it.
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It is a folder, a pipe or the like.
    #[error("it is not a file")]
    NotAFile,
    /// It is larger than the limit.
    #[error(
        "the file has {actual} bytes, but {limit} is the limit (module_bytes): make it smaller, or raise limits.module_bytes"
    )]
    TooLarge {
        /// Its size.
        actual: u64,
        /// The limit.
        limit: usize,
    },
}

/// Reads the file at `path`, of at most `limit` bytes. Blocks.
///
/// # Errors
/// [`ReadError`], which says why, without the path.
pub fn read_module(path: &Path, limit: usize) -> Result<Vec<u8>, ReadError> {
    read_with_stat(path, limit).map(|(bytes, _)| bytes)
}

/// The bytes, and what the file looked like after they were read.
pub(super) fn read_with_stat(path: &Path, limit: usize) -> Result<(Vec<u8>, Stat), ReadError> {
    // Asked before it is opened: opening a pipe would wait for its other end.
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(ReadError::NotAFile);
    }
    let file = File::open(path)?;
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    if metadata.len() > most {
        return Err(ReadError::TooLarge { actual: metadata.len(), limit });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(limit));
    // It may be growing: never read more than the limit.
    let read = (&file).take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if read > limit {
        return Err(ReadError::TooLarge { actual: file.metadata()?.len(), limit });
    }
    Ok((bytes, Stat::of(&file.metadata()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_inclusive_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cart.wasm");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read_module(&path, 5).unwrap(), b"12345");
        let error = read_module(&path, 4).unwrap_err().to_string();
        assert!(error.contains("5 bytes") && error.contains("limits.module_bytes"), "{error}");
        assert!(matches!(read_module(folder.path(), 4), Err(ReadError::NotAFile)));
        assert!(matches!(read_module(&folder.path().join("no"), 4), Err(ReadError::Io(_))));
    }
}
