//! Whether a project's sources have changed: looked at again and again, which works on every file system.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Folders that hold what tools make or bring, besides hidden ones: nobody edits anything there.
const OF_TOOLS: [&str; 5] = ["target", "node_modules", "venv", "__pycache__", "zig-out"];

/// Every file of a project as it was at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Sources(BTreeMap<PathBuf, (Option<SystemTime>, u64)>);

impl Sources {
    /// Looks at a folder.
    ///
    /// # Errors
    /// Where the folder itself cannot be read. What vanishes during the look is not there.
    pub(super) fn look(dir: &Path) -> io::Result<Self> {
        let mut sources = Self::default();
        let mut folders = vec![dir.to_owned()];
        fs::read_dir(dir)?;
        while let Some(folder) = folders.pop() {
            let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
            for entry in entries {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                let Ok(kind) = entry.metadata() else { continue };
                if kind.is_dir() && !name.starts_with('.') && !OF_TOOLS.contains(&&*name) {
                    folders.push(entry.path());
                } else if kind.is_file() && !name.starts_with('.') && !name.ends_with('~') {
                    sources.0.insert(entry.path(), (kind.modified().ok(), kind.len()));
                }
            }
        }
        Ok(sources)
    }

    /// A file that is other than it was before, if any is.
    pub(super) fn changed_since<'a>(&'a self, before: &'a Self) -> Option<&'a Path> {
        let all = self.0.keys().chain(before.0.keys());
        all.map(PathBuf::as_path).find(|path| self.0.get(*path) != before.0.get(*path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_made_or_removed_is_seen_and_what_tools_make_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = |file: &str| folder.path().join(file);
        fs::create_dir_all(path("src")).unwrap();
        fs::create_dir_all(path("target/everfold")).unwrap();
        fs::write(path("src/reducer.ts"), "1").unwrap();
        let look = || Sources::look(folder.path()).unwrap();
        let before = look();
        fs::write(path("target/everfold/reducer.js"), "2").unwrap();
        fs::write(path("src/.reducer.ts.swp"), "2").unwrap();
        assert_eq!(look().changed_since(&before), None);
        fs::write(path("src/reducer.ts"), "12").unwrap();
        assert_eq!(look().changed_since(&before), Some(&*path("src/reducer.ts")));
        let before = look();
        fs::write(path("src/other.ts"), "").unwrap();
        assert_eq!(look().changed_since(&before), Some(&*path("src/other.ts")));
        let before = look();
        fs::remove_file(path("src/other.ts")).unwrap();
        assert_eq!(look().changed_since(&before), Some(&*path("src/other.ts")));
        assert!(Sources::look(&path("nothing")).is_err());
    }
}
