//! Moving house: a store's content to another place, into another kind of store, or back from before.
//!
//! | file | what it does |
//! |---|---|
//! | `line`, `payload` | a part of a store as a line of JSON, and back |
//! | `write` | lines go into an export, with a digest after each block of them |
//! | `read`, `order` | an export comes in by whole blocks, proven and in order |
//! | `export`, `import` | from a store, and into one |
//! | `backup` | a SQLite store's file, copied while a host holds it; and the way back |
//! | `file` | a file gets its name when it is whole and on the disk |

mod backup;
mod error;
mod export;
mod file;
mod import;
mod line;
mod order;
mod payload;
mod read;
mod write;

pub use backup::{backup, restore};
pub use error::Error;
pub use export::{Summary, export};
pub use import::{Step, import};
pub use line::Counts;

#[cfg(test)]
mod tests;
