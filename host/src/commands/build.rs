//! `everfold build`: sources become components.

use std::path::{Path, PathBuf};

use everfold::{
    build::{self, BuildOptions, Built},
    words::{DomainName, ModuleHash},
};

use super::Outcome;
use crate::cli::BuildArgs;

pub(crate) fn run(arguments: &BuildArgs) -> Outcome {
    let output = arguments.output.as_deref();
    let options = BuildOptions { examples: arguments.examples };
    let built = build::components(&arguments.path, options)?;
    let files = built.iter().map(|reducer| file_for(reducer, output, built.len()));
    for (reducer, file) in built.iter().zip(files.collect::<Result<Vec<_>, _>>()?) {
        if is_same(&file, &arguments.path) {
            return Err(format!(
                "{} is what the component is made of: name another file with -o",
                file.display()
            )
            .into());
        }
        build::save(&file, &reducer.component)?;
        println!(
            "{}  {}  {}",
            file.display(),
            size(reducer.component.len()),
            ModuleHash::of(&reducer.component)
        );
        if let Some(warning) = misnamed(&file) {
            eprintln!("everfold: {warning}");
        }
    }
    Ok(())
}

/// Where a component goes, if there are `count` of them.
fn file_for(reducer: &Built, output: Option<&Path>, count: usize) -> Result<PathBuf, String> {
    let name = format!("{}.wasm", reducer.name);
    match output {
        None => Ok(PathBuf::from(name)),
        Some(folder) if folder.is_dir() || names_a_folder(folder) => Ok(folder.join(name)),
        Some(file) if count == 1 => Ok(file.to_owned()),
        Some(path) if path.exists() || path.extension().is_some() => Err(format!(
            "there are {count} reducers, so -o must name a folder, but {} is a file's name; to build one of them, name its own folder",
            path.display()
        )),
        Some(folder) => Ok(folder.join(name)),
    }
}

/// Whether two paths lead to one file.
fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    real(one).is_some_and(|one| real(other) == Some(one))
}

fn names_a_folder(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b"/")
}

/// What a host would say of the file's name.
fn misnamed(file: &Path) -> Option<String> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let name =
        stem.parse::<DomainName>().err().map(|error| format!("{error}; as it is, a host ignores the file"));
    let extension = file.extension().is_none_or(|extension| extension != "wasm");
    name.or_else(|| {
        extension.then(|| format!("{} does not end in .wasm: a host ignores the file", file.display()))
    })
}

fn size(bytes: usize) -> String {
    match bytes {
        0..10_240 => format!("{bytes} bytes"),
        10_240..10_485_760 => format!("{} KiB", bytes.div_ceil(1024)),
        _ => format!("{} MiB", bytes.div_ceil(1024 * 1024)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cart() -> Built {
        Built { name: "cart".into(), component: Vec::new() }
    }

    #[test]
    fn the_output_is_a_file_or_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let file = |output: Option<&str>, count| file_for(&cart(), output.map(Path::new), count);
        assert_eq!(file(None, 1), Ok("cart.wasm".into()));
        assert_eq!(file(Some("a/b.wasm"), 1), Ok("a/b.wasm".into()));
        assert_eq!(file(Some("new/"), 1), Ok("new/cart.wasm".into()));
        assert_eq!(file(Some("new"), 2), Ok("new/cart.wasm".into()));
        assert_eq!(file_for(&cart(), Some(folder.path()), 1), Ok(folder.path().join("cart.wasm")));
        assert!(file(Some("a.wasm"), 2).unwrap_err().contains("must name a folder"));
    }

    #[test]
    fn a_name_that_a_host_ignores_is_told() {
        assert_eq!(misnamed(Path::new("x/cart-2.wasm")), None);
        assert!(misnamed(Path::new("my_cart.wasm")).unwrap().contains("domain \"my_cart\" is not valid"));
        assert!(misnamed(Path::new("cart.out")).unwrap().contains("does not end in .wasm"));
    }

    #[test]
    fn sizes_are_readable() {
        assert_eq!([size(10), size(62 * 1024 + 1), size(18 << 20)], ["10 bytes", "63 KiB", "18 MiB"]);
    }
}
