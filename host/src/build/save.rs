//! Writes a file so that nobody sees half of it: a host may be watching.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
    process,
};

use super::BuildError;

/// Writes `bytes` to `path`: whatever was there is replaced at once, or not at all. Makes the folder.
///
/// # Errors
/// [`BuildError::File`]; then `path` is as it was.
pub fn save(path: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Hidden, so that a watching host ignores it; in the same folder, so that renaming is not copying.
    let unfinished = path.with_file_name(format!(".{name}.{}.tmp", process::id()));
    write(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, path)).map_err(|error| {
        // It may never have been made; the error that counts is the first.
        drop(fs::remove_file(&unfinished));
        BuildError::File { verb: "write", path: path.to_owned(), error }
    })
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_over() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("shop/cart.wasm");
        save(&path, b"one").unwrap();
        save(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(root.path().join("shop")).unwrap().count(), 1);
        assert!(matches!(save(root.path(), b"x"), Err(BuildError::File { .. })));
    }
}
