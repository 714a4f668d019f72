//! Which files hold cases, and the JSON in them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::yaml;

/// What a file's name may end in.
const ENDINGS: [&str; 3] = ["json", "yaml", "yml"];

/// The case files at a path: the file itself, or all below the folder, sorted. Names that begin with a dot
/// are passed over.
///
/// # Errors
/// A sentence that names the path.
pub fn find(path: &Path) -> Result<Vec<PathBuf>, String> {
    if path.is_dir() {
        let mut found = Vec::new();
        search(path, &mut found)?;
        if found.is_empty() {
            return Err(format!("{}: no file in this folder ends in .yaml, .yml or .json", path.display()));
        }
        found.sort();
        return Ok(found);
    }
    if ending(path).is_none() {
        return Err(format!("{}: a case file ends in .yaml, .yml or .json", path.display()));
    }
    Ok(vec![path.to_owned()])
}

fn search(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), String> {
    let unread = |why: std::io::Error| format!("{} cannot be read: {why}", folder.display());
    for entry in fs::read_dir(folder).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        // A link to a folder is not followed: it could lead back here.
        if entry.file_type().map_err(unread)?.is_dir() {
            search(&path, found)?;
        } else if ending(&path).is_some() && path.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

fn ending(path: &Path) -> Option<&'static str> {
    let extension = path.extension()?;
    ENDINGS.into_iter().find(|ending| extension == *ending)
}

/// The JSON text of a case file.
///
/// # Errors
/// A sentence that names the file, and the line if it is not JSON or YAML.
pub(super) fn read(file: &Path) -> Result<String, String> {
    let text = fs::read_to_string(file).map_err(|why| format!("{} cannot be read: {why}", file.display()))?;
    if ending(file) != Some("json") {
        return yaml::to_json(&text)
            .map_err(|why| format!("{} is not YAML that can be used: {why}", file.display()));
    }
    serde_json::from_str::<serde::de::IgnoredAny>(&text)
        .map_err(|why| format!("{} is not JSON: {why}", file.display()))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_searched_in_depth_and_sorted() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("b/.hidden")).unwrap();
        for name in ["b/2.yml", "b/1.json", "a.yaml", "notes.txt", ".a.yaml", "b/.hidden/c.yaml"] {
            fs::write(root.join(name), "[]").unwrap();
        }
        let found = find(root).unwrap();
        assert_eq!(found, ["a.yaml", "b/1.json", "b/2.yml"].map(|name| root.join(name)));
        assert_eq!(find(&root.join("a.yaml")).unwrap(), [root.join("a.yaml")]);
        assert!(find(&root.join("notes.txt")).unwrap_err().contains("ends in .yaml"));
        assert!(find(&root.join("b/.hidden/..")).is_ok());
        fs::create_dir(root.join("empty")).unwrap();
        assert!(find(&root.join("empty")).unwrap_err().contains("no file in this folder"));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let file = folder.path().join(name);
            fs::write(&file, text).unwrap();
            read(&file)
        };
        let said = file("a.json", "[1,\n2,]").unwrap_err();
        assert!(said.contains("a.json is not JSON: ") && said.contains("at line 2"), "{said}");
        assert!(file("a.yaml", "- [").unwrap_err().contains("a.yaml is not YAML that can be used: line 1"));
        assert_eq!(file("b.yaml", "- 1").unwrap(), "[1]");
        assert!(read(&folder.path().join("none.json")).unwrap_err().contains("none.json cannot be read"));
    }
}
