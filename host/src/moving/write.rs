//! Writing an export: lines, and after each block of them what they come to.

use std::{io, io::Write};

use sha2::{Digest as _, Sha256};

use crate::store::Part;

use super::line::{Counts, EndLine, Line};

/// A block ends with as many lines, ...
const BLOCK_LINES: usize = 1024;
/// ... or as many bytes. What an import reads is proven, and written, by whole blocks.
const BLOCK_BYTES: usize = 4 * 1024 * 1024;

/// How much there is of a block.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Filled {
    lines: usize,
    bytes: usize,
}

impl Filled {
    pub(super) fn add(&mut self, bytes: usize) {
        self.lines += 1;
        self.bytes += bytes;
    }

    /// Whether nothing may be added.
    pub(super) fn is_full(self) -> bool {
        self.lines >= BLOCK_LINES || self.bytes >= BLOCK_BYTES
    }
}

/// The digest of all that was hashed, in hexadecimal.
pub(super) fn hex(digest: &Sha256) -> String {
    format!("{:x}", digest.clone().finalize())
}

/// Writes an export.
pub(super) struct Writer<W> {
    to: W,
    line: Vec<u8>,
    digest: Sha256,
    block: Filled,
    counts: Counts,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(to: W) -> Self {
        let (line, digest) = (Vec::new(), Sha256::new());
        Self { to, line, digest, block: Filled::default(), counts: Counts::default() }
    }

    /// Adds a part.
    pub(super) fn part(&mut self, part: &Part) -> io::Result<()> {
        if self.block.is_full() {
            let so_far = hex(&self.digest);
            self.line(&Line::Check(so_far))?;
            self.block = Filled::default();
        }
        self.counts.add(part);
        self.line(&Line::from(part))?;
        self.block.add(self.line.len());
        Ok(())
    }

    fn line(&mut self, line: &Line<'_>) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, line)?;
        self.line.push(b'\n');
        self.digest.update(&self.line);
        self.to.write_all(&self.line)
    }

    /// Adds the last line. Gives the SHA-256 of all before it, and what there is.
    pub(super) fn end(mut self) -> io::Result<(String, Counts)> {
        let (sha256, counts) = (hex(&self.digest), self.counts);
        self.line(&Line::End(EndLine { counts, sha256: sha256.clone() }))?;
        self.to.flush()?;
        Ok((sha256, counts))
    }
}
