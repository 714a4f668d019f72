//! Why something could not be moved.

use std::{io, path::PathBuf};

use crate::{lifecycle::StartError, store::StoreError};

/// Why something could not be moved, in a sentence with the way out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store cannot be opened.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file cannot be read or written.
    #[error("{what} failed: {error}")]
    File {
        /// What was tried.
        what: String,
        /// Why it failed.
        error: io::Error,
    },
    /// Something is where something new was to be.
    #[error("{0} exists already, and nothing is written over it: choose another name, or move it away")]
    Exists(PathBuf),
    /// There is no such store.
    #[error("there is no store at {0}: name the file that a host was given with --store")]
    Missing(PathBuf),
    /// The store cannot be copied as a file.
    #[error(
        "the store is not a file of SQLite's: of a Postgres store, pg_dump or an archive of its WAL (point-in-time recovery) makes a backup; everfold export and import move any store into any other"
    )]
    NotAFile,
    /// A line of an export is not what it should be.
    #[error("line {line} of the export is damaged: {why}. {}", WAY_OUT)]
    Damaged {
        /// Which line, counted from 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// Lines of an export are not those that were written.
    #[error(
        "lines {first} to {last} of the export are damaged: their SHA-256 is not what was written. {}",
        WAY_OUT
    )]
    Changed {
        /// The first line that it may be.
        first: u64,
        /// The line that holds the digest.
        last: u64,
    },
    /// An export ends too early.
    #[error("the export was cut: it ends after line {lines}, without its last. {}", WAY_OUT)]
    Cut {
        /// How many whole lines there are.
        lines: u64,
    },
    /// There is something in the store.
    #[error(
        "the store {0} is not empty: import into one in which nothing is, such as a file that does not exist yet"
    )]
    NotEmpty(String),
    /// The store holds a part of another export.
    #[error(
        "the store holds {0} lines of another export, or of another take of it: go on with that one, or begin with an empty store"
    )]
    Other(u64),
    /// Hosts share the store.
    #[error("hosts are using the store: stop them, and start them again when the import has ended")]
    InUse,
    /// Somebody else imports into the store.
    #[error("another import goes on in the store: let it end")]
    Busy,
    /// What was imported does not read back.
    #[error(
        "the store does not give back what was imported (its SHA-256 is {found}, not {wanted}), so no host will serve it: look at the disk, and import into an empty store"
    )]
    Differs {
        /// What an export of it comes to.
        found: String,
        /// What it should come to.
        wanted: String,
    },
}

/// What is there is proven, and an import goes on.
const WAY_OUT: &str = "Nothing of it was taken from there on, and no host serves what was: import a whole copy of the same export, which goes on where this one got to, or another into an empty store";
