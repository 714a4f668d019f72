//! All cases of a module, run and reported like the tests of other test runners.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use super::{
    Runner,
    report::{Colour, report},
};

/// How many cases passed and failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Those that passed.
    pub passed: usize,
    /// Those that did not.
    pub failed: usize,
}

/// Why cases were not run.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// A file is not as it should be.
    #[error("{0}")]
    File(String),
    /// The report could not be written.
    #[error("the report cannot be written: {0}")]
    Write(#[from] io::Error),
}

impl Runner {
    /// Runs the cases of these files; `out` gets a line for each, then what is wrong, then the sum.
    ///
    /// # Errors
    /// [`SuiteError`]. All files are read before a case is run: what is wrong with a file is not to be looked for in
    /// the output.
    pub fn run_all(
        &self,
        files: &[PathBuf],
        colour: Colour,
        out: &mut impl Write,
    ) -> Result<Tally, SuiteError> {
        let cases = files.iter().map(|file| self.read(file)).collect::<Result<Vec<_>, _>>();
        let (mut tally, mut reports) = (Tally::default(), Vec::new());
        for case in cases.map_err(SuiteError::File)?.iter().flatten() {
            let findings = self.run(case);
            let is_good = findings.is_empty();
            let verdict = colour.verdict(is_good, if is_good { "ok" } else { "FAILED" });
            writeln!(out, "test {}: {} ... {verdict}", case.file.display(), case.name)?;
            if is_good {
                tally.passed += 1;
            } else {
                tally.failed += 1;
                reports.push(report(case, &findings, colour));
            }
        }
        for report in &reports {
            write!(out, "\n{report}")?;
        }
        let Tally { passed, failed } = tally;
        let is_good = failed == 0 && passed > 0;
        let verdict = colour.verdict(is_good, if is_good { "ok" } else { "FAILED" });
        writeln!(out, "\ntest result: {verdict}. {passed} passed; {failed} failed")?;
        Ok(tally)
    }
}
