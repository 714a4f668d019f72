//! A file gets its name when it is whole and on the disk.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use crate::clock::random_name;

use super::error::Error;

/// A file that is being written, beside the place where it will be. Dropped before it is finished, it goes.
#[derive(Debug)]
pub(super) struct Unfinished {
    path: PathBuf,
    to: PathBuf,
}

impl Unfinished {
    /// A name beside `to`, where nothing may be.
    pub(super) fn beside(to: &Path) -> Result<Self, Error> {
        if to.symlink_metadata().is_ok() {
            return Err(Error::Exists(to.to_owned()));
        }
        let mut name = to.as_os_str().to_owned();
        name.push(format!(".{}.unfinished", random_name()));
        Ok(Self { path: name.into(), to: to.to_owned() })
    }

    /// Where to write.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts it on the disk and gives it its name. Unlike renaming, this never takes the place of a file that came
    /// meanwhile.
    pub(super) fn finish(self) -> Result<(), Error> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => Error::Exists(self.to.clone()),
            _ => Error::File { what: format!("finishing {}", self.to.display()), error },
        };
        File::open(&self.path).and_then(|file| file.sync_all()).map_err(failed)?;
        fs::hard_link(&self.path, &self.to).map_err(failed)?;
        let folder = self.to.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Finished or not, this name has served its purpose; there may be no file yet.
        drop(fs::remove_file(&self.path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entry = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        fs::read_dir(folder).unwrap().map(entry).collect()
    }

    #[test]
    fn a_file_has_its_name_once_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("export");
        let unfinished = Unfinished::beside(&to).unwrap();
        fs::write(unfinished.path(), "whole").unwrap();
        assert!(!to.exists());
        unfinished.finish().unwrap();
        assert_eq!((fs::read_to_string(&to).unwrap().as_str(), names(folder.path()).len()), ("whole", 1));
    }

    #[test]
    fn one_that_is_given_up_goes() {
        let folder = tempfile::tempdir().unwrap();
        let unfinished = Unfinished::beside(&folder.path().join("export")).unwrap();
        fs::write(unfinished.path(), "half").unwrap();
        drop(unfinished);
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("export");
        let unfinished = Unfinished::beside(&to).unwrap();
        fs::write(unfinished.path(), "second").unwrap();
        fs::write(&to, "first").unwrap();
        assert!(matches!(Unfinished::beside(&to), Err(Error::Exists(_))));
        assert!(matches!(unfinished.finish(), Err(Error::Exists(_))), "it came meanwhile");
        assert_eq!(fs::read_to_string(&to).unwrap(), "first");
        assert_eq!(names(folder.path()), ["export"]);
    }
}
