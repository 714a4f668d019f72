//! Into a store.

use std::io::BufRead;

use crate::{
    clock::random_name,
    config::Config,
    lifecycle::{self, shown},
    store::{Import, ImportOutcome, Imported, Part, Store},
    words::Epoch,
};

use super::{
    error::Error,
    export::{self, Summary},
    read::{Block, Reader},
};

/// How an import goes on.
#[derive(Debug)]
pub enum Step<'a> {
    /// So many lines were in the store before.
    GoesOn(u64),
    /// So many bytes of the export are in the store now.
    Written(u64),
    /// This part was read back out of the store.
    ReadBack(&'a Part),
}

/// Fills the store that `config` names from an export, or goes on with that. In the end the store is exported
/// once more, into nothing, which must give the same SHA-256; only then may a host serve it. `as_copy`: the store
/// gets a history of another name, because the one that was exported goes on with its own.
///
/// # Errors
/// [`Error`]. What was written before is kept for another attempt.
pub async fn import(
    config: &Config,
    from: impl BufRead,
    as_copy: bool,
    mut tell: impl FnMut(Step<'_>) + Send,
) -> Result<Summary, Error> {
    let store = lifecycle::open_any(config).await?;
    let filled = fill(&*store, config, from, as_copy, &mut tell).await;
    store.close().await;
    filled
}

async fn fill(
    store: &dyn Store,
    config: &Config,
    from: impl BufRead,
    as_copy: bool,
    tell: &mut (dyn FnMut(Step<'_>) + Send),
) -> Result<Summary, Error> {
    let mut there = store.catalogue().await?.import;
    if let Some(there) = &there {
        tell(Step::GoesOn(there.lines));
    }
    let (mut reader, mut before) = (Reader::new(from), None);
    let (wanted, since) = loop {
        let Block { parts, after, bytes, end } = reader.block()?;
        let lines = there.as_ref().map_or(0, |there| there.lines);
        if there == before {
            let step = Import::More { since: before, now: after.clone(), parts };
            take(store, config, &step).await?;
            there = Some(after.clone());
        } else if lines < after.lines {
            return Err(Error::Other(lines));
        }
        tell(Step::Written(bytes));
        if let Some((sha256, _)) = end {
            break (sha256, after);
        }
        before = Some(after);
    };
    if let Some(Imported { lines, .. }) = there.filter(|there| *there != since) {
        return Err(Error::Other(lines));
    }
    let found = export::write(store, std::io::sink(), &mut |part| tell(Step::ReadBack(part))).await?;
    if found.sha256 != wanted {
        return Err(Error::Differs { found: found.sha256, wanted });
    }
    let epoch = as_copy.then(|| Epoch(random_name().into()));
    take(store, config, &Import::Done { since, epoch }).await?;
    Ok(found)
}

async fn take(store: &dyn Store, config: &Config, step: &Import) -> Result<(), Error> {
    match store.import(step).await? {
        ImportOutcome::Taken => Ok(()),
        ImportOutcome::NotEmpty => Err(Error::NotEmpty(shown(&config.store).to_owned())),
        ImportOutcome::InUse => Err(Error::InUse),
        ImportOutcome::Elsewhere => Err(Error::Busy),
    }
}
