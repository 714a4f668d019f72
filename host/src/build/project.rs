//! Which language a folder is written in, by the file that its toolchain looks for.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{BuildError, domain_like};

/// What a reducer is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Rust,
    /// TypeScript as well.
    JavaScript,
    Python,
    Go,
    /// C++ as well.
    C,
    Zig,
}

/// The file that tells a language.
const SIGNS: [(&str, Language); 6] = [
    ("Cargo.toml", Language::Rust),
    ("package.json", Language::JavaScript),
    ("pyproject.toml", Language::Python),
    ("go.mod", Language::Go),
    ("build.zig", Language::Zig),
    ("everfold-sdk/everfold.h", Language::C),
];

impl Language {
    /// The language of the project in a folder.
    pub(super) fn of(dir: &Path) -> Result<Self, BuildError> {
        let mut found = SIGNS.iter().filter(|(file, _)| dir.join(file).is_file());
        match (found.next(), found.next()) {
            (Some((_, language)), None) => Ok(*language),
            (Some((one, _)), Some((other, _))) => {
                Err(BuildError::Ambiguous { dir: dir.to_owned(), one, other })
            }
            (None, _) => Err(BuildError::NoProject(dir.to_owned())),
        }
    }
}

/// A project that makes one reducer.
#[derive(Debug)]
pub(super) struct Project {
    /// Its folder, by its real path.
    pub(super) dir: PathBuf,
    /// What its reducer is called: like the folder.
    pub(super) name: String,
}

impl Project {
    /// Where a build puts what it makes on its way, from the project's folder.
    pub(super) const TARGET: &str = "target/everfold";

    /// Opens a folder and makes the one for what is made on the way.
    pub(super) fn open(dir: &Path) -> Result<Self, BuildError> {
        let dir = fs::canonicalize(dir).map_err(|error| unreadable(dir, error))?;
        let target = dir.join(Self::TARGET);
        fs::create_dir_all(&target).map_err(|error| unwritable(&target, error))?;
        let name = domain_like(&dir.file_name().unwrap_or_default().to_string_lossy());
        Ok(Self { dir, name })
    }

    /// A file that a build makes on its way, from the project's folder.
    pub(super) fn made(&self, file: &str) -> String {
        format!("{}/{file}", Self::TARGET)
    }

    /// Reads a file of the project.
    pub(super) fn read(&self, file: &str) -> Result<Vec<u8>, BuildError> {
        let path = self.dir.join(file);
        fs::read(&path).map_err(|error| unreadable(&path, error))
    }

    /// Writes a file that a build makes on its way.
    pub(super) fn write(&self, file: &str, bytes: &[u8]) -> Result<(), BuildError> {
        let path = self.dir.join(file);
        let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
        folder.and_then(|()| fs::write(&path, bytes)).map_err(|error| unwritable(&path, error))
    }

    /// The files with one of these extensions in a folder of the project, by name.
    pub(super) fn files(&self, folder: &str, extensions: &[&str]) -> Result<Vec<String>, BuildError> {
        let path = self.dir.join(folder);
        let names = fs::read_dir(&path).and_then(|entries| {
            entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
        });
        let mut names: Vec<String> = names.map_err(|error| unreadable(&path, error))?;
        let extension = |name: &str| name.rsplit_once('.').is_some_and(|(_, is)| extensions.contains(&is));
        names.retain(|name| extension(name));
        names.sort();
        Ok(names.into_iter().map(|name| format!("{folder}/{name}")).collect())
    }
}

fn unreadable(path: &Path, error: io::Error) -> BuildError {
    BuildError::File { verb: "read", path: path.to_owned(), error }
}

fn unwritable(path: &Path, error: io::Error) -> BuildError {
    BuildError::File { verb: "write", path: path.to_owned(), error }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        folder
    }

    #[test]
    fn a_language_is_told_by_one_file() {
        for (file, language) in SIGNS {
            assert_eq!(Language::of(folder(&[file]).path()).unwrap(), language);
        }
    }

    #[test]
    fn a_folder_that_says_nothing_or_two_things_is_named() {
        let nothing = Language::of(folder(&["readme.md"]).path()).unwrap_err().to_string();
        assert!(nothing.contains("Cargo.toml") && nothing.contains("everfold new"), "{nothing}");
        let two = Language::of(folder(&["go.mod", "package.json"]).path()).unwrap_err().to_string();
        assert!(two.contains("package.json") && two.contains("go.mod"), "{two}");
    }

    #[test]
    fn a_project_is_called_like_its_folder_and_lists_its_files() {
        let folder = folder(&["My_Cart/src/b.c", "My_Cart/src/a.c", "My_Cart/src/a.h"]);
        let project = Project::open(&folder.path().join("My_Cart/src/..")).unwrap();
        assert_eq!(project.name, "my-cart");
        assert_eq!(project.files("src", &["c"]).unwrap(), ["src/a.c", "src/b.c"]);
        let missing = project.files("lib", &["c"]).unwrap_err().to_string();
        assert!(missing.contains("lib"), "{missing}");
    }
}
