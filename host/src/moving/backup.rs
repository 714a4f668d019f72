//! A SQLite store's file, copied while a host holds it; and the way back.

use std::path::{Path, PathBuf};

use crate::store::sqlite::backup::{Contents, check, claim, copy, rename_history};

use super::{error::Error, file::Unfinished};

/// What SQLite may have left beside a file, and would take for a part of it.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Copies a SQLite store as of one moment into a new file, which gets its name when it is whole, proven, and on
/// the disk. A host may go on using the store; what it acknowledged before this began is in the copy.
///
/// # Errors
/// [`Error`]: it is no SQLite store, or the file cannot be written, or there is one.
pub async fn backup(store: &str, to: &Path) -> Result<Contents, Error> {
    let file = file_of(store)?;
    if !file.exists() {
        return Err(Error::Missing(file.to_owned()));
    }
    let unfinished = Unfinished::beside(to)?;
    copy(file, unfinished.path()).await?;
    let contents = check(unfinished.path()).await?;
    unfinished.finish()?;
    Ok(contents)
}

/// Puts a backup where a store is to be and none is. It is proven before, and has a history of a new name: what
/// was written after the backup was made is not in it, and its numbers are given again.
///
/// # Errors
/// [`Error`]: a host or a file is in the place, or the backup is damaged.
pub async fn restore(backup: &Path, store: &str) -> Result<Contents, Error> {
    let file = file_of(store)?;
    if !backup.exists() {
        return Err(Error::Missing(backup.to_owned()));
    }
    let _claim = claim(file, "restoring a backup")?;
    for beside in BESIDE {
        let mut name = file.as_os_str().to_owned();
        name.push(beside);
        let left = PathBuf::from(name);
        if left.symlink_metadata().is_ok() {
            return Err(Error::Exists(left));
        }
    }
    let unfinished = Unfinished::beside(file)?;
    check(backup).await?;
    copy(backup, unfinished.path()).await?;
    rename_history(unfinished.path()).await?;
    let contents = check(unfinished.path()).await?;
    unfinished.finish()?;
    Ok(contents)
}

fn file_of(store: &str) -> Result<&Path, Error> {
    sqlite_file(store).ok_or(Error::NotAFile)
}

/// The file of a store that is one of SQLite's.
pub(super) fn sqlite_file(store: &str) -> Option<&Path> {
    match store.split_once(':') {
        Some(("sqlite", place)) if place != ":memory:" => Some(Path::new(place)),
        _ => None,
    }
}
