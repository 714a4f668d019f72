//! `everfold import`: fills a store from an export.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

use everfold::moving::{Step, import};
use indicatif::{ProgressBar, ProgressStyle};

use super::{
    Outcome, configured,
    export::{Parts, described},
};
use crate::cli::ImportArgs;

/// Bytes read at once.
const BUFFER: usize = 256 * 1024;

pub(crate) async fn run(arguments: ImportArgs) -> Outcome {
    let config = configured(arguments.config.as_deref(), arguments.store)?;
    let (from, bytes) = open(&arguments.from)?;
    let style = ProgressStyle::with_template("  {bar:40} {bytes}/{total_bytes}, {bytes_per_sec}")?;
    let read_back = ProgressStyle::with_template("  {bar:40} {pos}/{len} events read back, {msg} rows")?;
    let bar = ProgressBar::new(bytes).with_style(style);
    let (mut written, mut parts) = (0, None);
    let tell = |step: Step<'_>| match step {
        Step::GoesOn(lines) => {
            bar.suspend(|| eprintln!("going on: {lines} lines are in the store"));
        }
        Step::Written(bytes) => {
            bar.inc(bytes - written);
            written = bytes;
        }
        Step::ReadBack(part) => {
            parts.get_or_insert_with(|| Parts::on(&bar, read_back.clone())).show(part);
        }
    };
    let summary = Box::pin(import(&config, from, arguments.as_copy, tell)).await?;
    bar.finish_and_clear();
    println!("imported and read back {}", described(&summary));
    if arguments.as_copy {
        println!("it has a history of its own: cursors of the exported store are void here");
    }
    Ok(())
}

/// What to read, and how many bytes it has, where that is known.
fn open(from: &Path) -> Result<(Box<dyn BufRead>, u64), String> {
    if from == Path::new("-") {
        return Ok((Box::new(BufReader::with_capacity(BUFFER, io::stdin())), 0));
    }
    let failed = |error: io::Error| format!("cannot read {}: {error}", from.display());
    let file = File::open(from).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    Ok((Box::new(BufReader::with_capacity(BUFFER, file)), bytes))
}
