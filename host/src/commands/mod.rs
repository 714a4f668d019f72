//! What the program can be asked to do, one file for each.

pub(crate) mod bench;
pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod demo;
pub(crate) mod id;
pub(crate) mod replay;
pub(crate) mod serve;
mod signals;
pub(crate) mod test;
pub(crate) mod token;
pub(crate) mod verify;

/// How a command ended. An error is a sentence for people.
pub(crate) type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;
