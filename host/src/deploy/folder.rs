//! Looks through the reducers folder: `<reducers>/<context>/<domain>.wasm`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::words::{ContextName, DomainKey, DomainName};

/// What tells one state of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    size: u64,
    inode: u64,
    modified: Option<SystemTime>,
    /// Moves also where a copy keeps the time of its original.
    changed: (i64, i64),
}

impl Stat {
    /// Of a file; links are followed.
    pub(crate) fn of(metadata: &fs::Metadata) -> Self {
        Self {
            size: metadata.len(),
            inode: metadata.ino(),
            modified: metadata.modified().ok(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// What a look at a domain's path found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Look {
    /// A file.
    File(Stat),
    /// Something that cannot be read, and why: it says nothing, neither that it is there nor that it is gone.
    Unreadable(String),
    /// Nothing, in a context folder that is there.
    Missing,
    /// Nothing, and no context folder.
    NoFolder,
}

/// What a look at the whole folder found.
#[derive(Debug, Default)]
pub(super) struct Folder {
    /// The contexts whose folders could be read to the end.
    pub(super) contexts: BTreeSet<ContextName>,
    /// What is at paths that stand for a domain: never `Missing` or `NoFolder`.
    pub(super) files: BTreeMap<DomainKey, Look>,
    /// What is there but not taken, and why.
    pub(super) ignored: BTreeSet<(PathBuf, String)>,
}

impl Folder {
    /// What is at a domain's path.
    pub(super) fn look(&self, key: &DomainKey) -> Look {
        match self.files.get(key) {
            Some(look) => look.clone(),
            None if self.contexts.contains(&key.context) => Look::Missing,
            None => Look::NoFolder,
        }
    }
}

/// The path that stands for a domain.
pub(super) fn path_of(root: &Path, key: &DomainKey) -> PathBuf {
    root.join(key.context.as_str()).join(format!("{}.wasm", key.domain))
}

/// Looks through the folder. Fails if the folder itself cannot be read; what is below it and cannot be read
/// is reported as ignored and says nothing.
pub(super) fn scan(root: &Path) -> io::Result<Folder> {
    let mut folder = Folder::default();
    for entry in fs::read_dir(root)? {
        let path = entry?.path();
        let Some(name) = visible_name(&path) else { continue };
        if !fs::metadata(&path).is_ok_and(|metadata| metadata.is_dir()) {
            if is_wasm(&path) {
                let why = "it lies beside the context folders: put it into one".to_owned();
                folder.ignored.insert((path, why));
            }
            continue;
        }
        match name.parse::<ContextName>() {
            Ok(context) => match scan_context(&path, &context, &mut folder) {
                Ok(()) => {
                    folder.contexts.insert(context);
                }
                Err(error) => {
                    folder.ignored.insert((path, format!("it cannot be read: {error}")));
                }
            },
            Err(error) => {
                folder.ignored.insert((path, error.to_string()));
            }
        }
    }
    Ok(folder)
}

fn scan_context(path: &Path, context: &ContextName, folder: &mut Folder) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        if visible_name(&path).is_none() || !is_wasm(&path) {
            continue;
        }
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        match stem.parse::<DomainName>() {
            Ok(domain) => {
                folder.files.insert(DomainKey { context: context.clone(), domain }, look_at(&path));
            }
            Err(error) => {
                let why = error.to_string();
                folder.ignored.insert((path, why));
            }
        }
    }
    Ok(())
}

fn look_at(path: &Path) -> Look {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => Look::File(Stat::of(&metadata)),
        Ok(_) => Look::Unreadable("it is not a file".to_owned()),
        Err(error) => Look::Unreadable(format!("it cannot be read: {error}")),
    }
}

fn is_wasm(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "wasm")
}

/// The name, unless it is hidden: that is how editors and copying tools mark what is not finished.
fn visible_name(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy();
    (!name.starts_with('.')).then(|| name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(context: &str, domain: &str) -> DomainKey {
        DomainKey { context: context.parse().unwrap(), domain: domain.parse().unwrap() }
    }

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        root
    }

    #[test]
    fn files_stand_for_domains() {
        let root =
            folder(&["shop/cart.wasm", "shop/cart.wasm.tmp", "shop/.x.wasm", "shop/notes.txt", "README"]);
        fs::create_dir(root.path().join("empty")).unwrap();
        let found = scan(root.path()).unwrap();
        assert_eq!(found.files.keys().collect::<Vec<_>>(), [&key("shop", "cart")]);
        assert_eq!(found.contexts.iter().map(ContextName::as_str).collect::<Vec<_>>(), ["empty", "shop"]);
        assert!(found.ignored.is_empty(), "{:?}", found.ignored);
        assert_eq!(found.look(&key("shop", "other")), Look::Missing);
        assert_eq!(found.look(&key("gone", "other")), Look::NoFolder);
    }

    #[test]
    fn what_breaks_the_rules_is_named() {
        let root = folder(&["Shop/cart.wasm", "shop/my_cart.wasm", "cart.wasm"]);
        let ignored = scan(root.path()).unwrap().ignored;
        let names: Vec<_> = ignored.iter().map(|(path, _)| path.file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["Shop", "cart.wasm", "my_cart.wasm"]);
        assert!(ignored.iter().any(|(_, why)| why.contains("domain \"my_cart\" is not valid")));
    }

    #[test]
    fn what_is_there_but_not_readable_is_not_missing() {
        let root = folder(&["shop/cart.wasm"]);
        std::os::unix::fs::symlink("/nowhere", root.path().join("shop/linked.wasm")).unwrap();
        fs::create_dir(root.path().join("shop/folder.wasm")).unwrap();
        let found = scan(root.path()).unwrap();
        assert!(matches!(found.look(&key("shop", "linked")), Look::Unreadable(_)));
        assert!(matches!(found.look(&key("shop", "folder")), Look::Unreadable(_)));
    }

    #[test]
    fn every_change_of_a_file_shows() {
        let root = folder(&["shop/cart.wasm"]);
        let path = path_of(root.path(), &key("shop", "cart"));
        let before = look_at(&path);
        assert_eq!(before, look_at(&path));
        fs::write(root.path().join("new"), "y").unwrap();
        fs::rename(root.path().join("new"), &path).unwrap();
        assert_ne!(before, look_at(&path));
    }
}
