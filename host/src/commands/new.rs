//! `everfold new`: a project that builds and passes its tests at once.

use std::path::Path;

use everfold::projects;

use super::Outcome;
use crate::cli::NewArgs;

pub(crate) fn run(arguments: &NewArgs) -> Outcome {
    let path = &arguments.path;
    let written = projects::create(path, arguments.lang)?;
    println!("Made {}:", path.display());
    // The SDK is there as well, but nobody needs to look at it.
    let own =
        |file: &&std::path::PathBuf| !["everfold", "everfold-sdk"].iter().any(|sdk| file.starts_with(sdk));
    for file in written.iter().filter(own) {
        println!("  {}", path.join(file).display());
    }
    println!("Every command is in {}", path.join(Path::new("README.md")).display());
    Ok(())
}
