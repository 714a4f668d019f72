//! From a store.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    ops::ControlFlow,
    path::Path,
};

use crate::{
    config::Config,
    lifecycle,
    store::{Head, Part, Store},
};

use super::{backup::sqlite_file, error::Error, file::Unfinished, line::Counts, write::Writer};

/// Bytes that go to the file, or come from it, at once.
const BUFFER: usize = 256 * 1024;

/// What an export holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// How far the store had counted.
    pub head: Head,
    /// How many parts of each kind there are.
    pub counts: Counts,
    /// The SHA-256 of all lines but the last, which holds it, in hexadecimal.
    pub sha256: String,
}

/// Exports the store that `config` names, as of one moment, into a new file (none: to stdout). Each part is told
/// as it is written.
///
/// # Errors
/// [`Error`]: the store cannot be read, or the file not be written, or there is one.
pub async fn export(
    config: &Config,
    to: Option<&Path>,
    mut tell: impl FnMut(&Part) + Send,
) -> Result<Summary, Error> {
    // Opening it would make it.
    if let Some(file) = sqlite_file(&config.store).filter(|file| !file.exists()) {
        return Err(Error::Missing(file.to_owned()));
    }
    let unfinished = to.map(Unfinished::beside).transpose()?;
    let store = lifecycle::open(config).await?;
    let written = match &unfinished {
        None => write(&*store, io::stdout(), &mut tell).await,
        Some(unfinished) => match File::create_new(unfinished.path()) {
            Ok(file) => write(&*store, file, &mut tell).await,
            Err(error) => {
                Err(Error::File { what: format!("writing {}", unfinished.path().display()), error })
            }
        },
    };
    store.close().await;
    let summary = written?;
    unfinished.map_or(Ok(()), Unfinished::finish)?;
    Ok(summary)
}

/// Writes all that a store holds.
pub(super) async fn write(
    store: &dyn Store,
    to: impl Write + Send,
    tell: &mut (dyn FnMut(&Part) + Send),
) -> Result<Summary, Error> {
    let mut writer = Writer::new(BufWriter::with_capacity(BUFFER, to));
    let (mut head, mut written) = (Head::default(), Ok(()));
    let mut take = |part: Part| {
        if let Part::Head { head: newest, .. } = &part {
            head = *newest;
        }
        written = writer.part(&part);
        tell(&part);
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    store.export(&mut take).await?;
    let (sha256, counts) = written.and_then(|()| writer.end()).map_err(unwritable)?;
    Ok(Summary { head, counts, sha256 })
}

fn unwritable(error: io::Error) -> Error {
    Error::File { what: "writing the export".to_owned(), error }
}
