//! Reading an export, by whole blocks: what is given is proven by its digest, and in order.

use std::io::{self, BufRead, Read as _};

use sha2::{Digest as _, Sha256};

use crate::store::{Imported, Part};

use super::{
    error::Error,
    line::{Counts, Line},
    order::Order,
    write::{Filled, hex},
};

/// A longer line than any store could have given: SQLite keeps values up to 1 GB, and base64 makes a third more
/// of them.
const LONGEST: u64 = 3 * 1024 * 1024 * 1024 / 2;

/// A block of an export.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) parts: Vec<Part>,
    /// How far an import is that has it.
    pub(super) after: Imported,
    /// All bytes up to here.
    pub(super) bytes: u64,
    /// The SHA-256 and the counts that the last line holds; none: there are more blocks.
    pub(super) end: Option<(String, Counts)>,
}

/// Reads an export.
pub(super) struct Reader<R> {
    from: R,
    digest: Sha256,
    lines: u64,
    bytes: u64,
    counts: Counts,
    order: Order,
}

impl<R: BufRead> Reader<R> {
    pub(super) fn new(from: R) -> Self {
        let (counts, order) = (Counts::default(), Order::default());
        Self { from, digest: Sha256::new(), lines: 0, bytes: 0, counts, order }
    }

    /// The next block. To be called until it gives the last.
    pub(super) fn block(&mut self) -> Result<Block, Error> {
        let first = self.lines + 1;
        let (mut parts, mut filled, mut text) = (Vec::new(), Filled::default(), Vec::new());
        loop {
            self.line(&mut text)?;
            let before = hex_if_needed(&text, &self.digest);
            self.digest.update(&text);
            let line: Line<'_> = serde_json::from_slice(&text).map_err(|error| self.not_a_line(&error))?;
            let end = match line {
                Line::Check(sha256) => {
                    self.prove(first, &before, &sha256)?;
                    None
                }
                Line::End(end) => {
                    self.prove(first, &before, &end.sha256)?;
                    self.at_end(&end.counts)?;
                    Some((end.sha256, end.counts))
                }
                part => {
                    self.part(part, filled, &mut parts)?;
                    filled.add(text.len());
                    continue;
                }
            };
            let after = Imported { lines: self.lines, sha256: hex(&self.digest) };
            return Ok(Block { parts, after, bytes: self.bytes, end });
        }
    }

    /// Reads a line, with what ends it.
    fn line(&mut self, text: &mut Vec<u8>) -> Result<(), Error> {
        text.clear();
        let read = self.from.by_ref().take(LONGEST).read_until(b'\n', text);
        let read = read.map_err(unreadable)?;
        if read as u64 == LONGEST {
            self.lines += 1;
            return Err(self.damaged(format!("it is longer than {LONGEST} bytes")));
        }
        if text.last() != Some(&b'\n') {
            return Err(Error::Cut { lines: self.lines });
        }
        self.lines += 1;
        self.bytes += read as u64;
        Ok(())
    }

    fn part(&mut self, line: Line<'_>, filled: Filled, parts: &mut Vec<Part>) -> Result<(), Error> {
        if filled.is_full() {
            return Err(self.damaged("the digest of the lines before it is missing".to_owned()));
        }
        let part = line.into_part().map_err(|why| self.damaged(why))?;
        if let Some(part) = part {
            self.order.next(&part).map_err(|why| self.damaged(why))?;
            self.counts.add(&part);
            parts.push(part);
        }
        Ok(())
    }

    /// Whether the lines up to this one are what was written.
    fn prove(&self, first: u64, real: &str, written: &str) -> Result<(), Error> {
        if real == written { Ok(()) } else { Err(Error::Changed { first, last: self.lines }) }
    }

    fn at_end(&mut self, counts: &Counts) -> Result<(), Error> {
        self.order.end().map_err(|why| self.damaged(why))?;
        if *counts != self.counts {
            return Err(self.damaged(format!("it counts {counts:?}, but there are {:?}", self.counts)));
        }
        let is_last = self.from.fill_buf().map(<[u8]>::is_empty).map_err(unreadable)?;
        if is_last {
            return Ok(());
        }
        self.lines += 1;
        Err(self.damaged("it stands behind the last".to_owned()))
    }

    fn damaged(&self, why: String) -> Error {
        Error::Damaged { line: self.lines, why }
    }

    fn not_a_line(&self, error: &serde_json::Error) -> Error {
        if self.lines == 1 {
            return self.damaged("the file is not an export of Everfold".to_owned());
        }
        // For the parser it is always line 1.
        self.damaged(error.to_string().replace(" at line 1 column ", " at column "))
    }
}

fn unreadable(error: io::Error) -> Error {
    Error::File { what: "reading the export".to_owned(), error }
}

/// The digest of all lines before this one, if it is one that holds it.
fn hex_if_needed(line: &[u8], before: &Sha256) -> String {
    let holds = line.starts_with(b"{\"check\"") || line.starts_with(b"{\"end\"");
    if holds { hex(before) } else { String::new() }
}
