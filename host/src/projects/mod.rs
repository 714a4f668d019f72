//! New projects: what `everfold new` writes.
//!
//! Each language's SDK lies in the program itself, so that a new project needs nothing that is published nowhere. The
//! build script collects the files from `sdk/`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::words::{DomainName, NameError};

/// What a project's name stands for in templates, ...
const NAME: &str = "{{name}}";
/// ... and the same as an identifier, with `_` for `-`.
const IDENT: &str = "{{ident}}";

/// A file of a project: its path there, and what it holds.
type File = (&'static str, &'static [u8]);

mod files {
    include!(concat!(env!("OUT_DIR"), "/projects.rs"));
}

/// What a new project is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// Rust, with serde types.
    Rust,
    /// TypeScript, on QuickJS.
    Ts,
    /// JavaScript, on QuickJS.
    Js,
    /// Python, with all of CPython.
    Python,
    /// Go.
    Go,
    /// C, or C++.
    C,
    /// Zig.
    Zig,
}

/// Why there is no new project.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// Its name could not be a domain's.
    #[error("a project is called like the domain that it makes a reducer for: {0}")]
    Name(#[from] NameError),
    /// Something is there.
    #[error("{} is there already: choose another name, or remove it", .0.display())]
    Exists(PathBuf),
    /// A file cannot be written.
    #[error("cannot write {}: {error}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Rust, Self::Ts, Self::Js, Self::Python, Self::Go, Self::C, Self::Zig];

    fn files(self) -> &'static [File] {
        match self {
            Self::Rust => files::RUST,
            Self::Ts => files::TS,
            Self::Js => files::JS,
            Self::Python => files::PYTHON,
            Self::Go => files::GO,
            Self::C => files::C,
            Self::Zig => files::ZIG,
        }
    }
}

/// Makes the folder `path`, which must not exist, and in it a project called like it: a reducer with a native unit
/// test and cases, a manifest, a README with every command, and the SDK. Gives the files, from that folder.
///
/// # Errors
/// [`ProjectError`].
pub fn create(path: &Path, language: Language) -> Result<Vec<PathBuf>, ProjectError> {
    let name: DomainName = path.file_name().unwrap_or_default().to_string_lossy().parse()?;
    if path.exists() {
        return Err(ProjectError::Exists(path.to_owned()));
    }
    let mut written = Vec::new();
    for (file, bytes) in language.files() {
        let file = PathBuf::from(named(file, name.as_str()));
        let to = path.join(&file);
        let folder = to.parent().map_or(Ok(()), fs::create_dir_all);
        let text = std::str::from_utf8(bytes).map(|text| named(text, name.as_str()).into_bytes());
        folder
            .and_then(|()| fs::write(&to, text.unwrap_or_else(|_| bytes.to_vec())))
            .map_err(|error| ProjectError::Write { path: to, error })?;
        written.push(file);
    }
    Ok(written)
}

fn named(text: &str, name: &str) -> String {
    text.replace(NAME, name).replace(IDENT, &name.replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_a_project_that_knows_its_name() {
        let folder = tempfile::tempdir().unwrap();
        for language in Language::ALL {
            let path = folder.path().join(format!("my-{language:?}").to_lowercase());
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let written = create(&path, language).unwrap();
            for file in [PathBuf::from("README.md"), ".gitignore".into(), format!("cases/{name}.yaml").into()]
            {
                assert!(written.contains(&file), "{language:?} has no {}: {written:?}", file.display());
            }
            let texts = written.iter().map(|file| fs::read_to_string(path.join(file)).unwrap());
            let texts: Vec<_> = texts.collect();
            assert!(texts.iter().any(|text| text.contains(&name)), "{language:?} says its name nowhere");
            assert!(!texts.iter().any(|text| text.contains(NAME) || text.contains(IDENT)), "{language:?}");
        }
    }

    #[test]
    fn what_is_there_is_left_alone_and_bad_names_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let bad = create(&folder.path().join("My_Cart"), Language::Rust).unwrap_err().to_string();
        assert!(bad.contains("My_Cart"), "{bad}");
        assert!(!folder.path().join("My_Cart").exists());
        fs::create_dir(folder.path().join("cart")).unwrap();
        let there = create(&folder.path().join("cart"), Language::Go).unwrap_err().to_string();
        assert!(there.contains("is there already"), "{there}");
    }
}
