//! Statements over many rows. Each comes in a few sizes only, so that all of them stay prepared.

use std::sync::{Arc, OnceLock};

use sqlx::AssertSqlSafe;

/// A group of up to so many rows goes into one statement of just its size. Row by row is three to four
/// times slower, and every further statement costs a way to the database's thread and back.
const EXACT: usize = 64;
/// Rows that one statement of a larger group takes: the largest that fits.
const LARGER: [usize; 2] = [1024, 256];

/// What else a text does, so that a transaction costs few ways to the database's thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Ends {
    /// It begins the transaction.
    pub(super) begin: bool,
    /// It commits it.
    pub(super) commit: bool,
}

/// Begins a transaction and moves the counters. Where they are not what they should be, the position becomes
/// NULL, which its column refuses: to ask for a row that tells would cost a table in memory for each commit.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE; \
    UPDATE counters SET position = iif(position = ? AND version = ?, ?, NULL), version = ?, \
    recorded_at = max(recorded_at, ?), indexed = ?";
pub(super) const COMMIT: &str = "COMMIT";

type Texts = [[OnceLock<Arc<str>>; EXACT + LARGER.len()]; 4];

/// A statement in all its sizes, each written down when it is first needed.
pub(super) struct Statement {
    before: &'static str,
    row: &'static str,
    after: &'static str,
    texts: Texts,
}

impl Statement {
    /// `before`, then `row` (such as `(?, ?)`) as often as there are rows, separated by commas, then
    /// `after`. All three are literals of this crate, so no input can become SQL.
    pub(super) const fn new(before: &'static str, row: &'static str, after: &'static str) -> Self {
        let texts = [const { [const { OnceLock::new() }; EXACT + LARGER.len()] }; 4];
        Self { before, row, after, texts }
    }

    /// Cuts rows into statements that fit them exactly.
    pub(super) fn cut<'a, T>(&self, rows: &'a [T]) -> Vec<(AssertSqlSafe<Arc<str>>, &'a [T])> {
        pieces(rows).map(|rows| (self.text(rows.len(), Ends::default()), rows)).collect()
    }

    /// The text for a piece of so many rows.
    pub(super) fn text(&self, size: usize, ends: Ends) -> AssertSqlSafe<Arc<str>> {
        let larger = LARGER.iter().position(|larger| *larger == size);
        let slot = larger.map_or(size.saturating_sub(1), |place| EXACT + place);
        let slot = &self.texts[usize::from(ends.begin) + 2 * usize::from(ends.commit)][slot];
        let text = || {
            let begin = if ends.begin { [BEGIN, "; "] } else { [""; 2] }.concat();
            let commit = if ends.commit { ["; ", COMMIT] } else { [""; 2] }.concat();
            let rows = vec![self.row; size].join(", ");
            format!("{begin}{}{rows}{}{commit}", self.before, self.after).into()
        };
        AssertSqlSafe(Arc::clone(slot.get_or_init(text)))
    }
}

/// Cuts rows into pieces for which there is a statement.
pub(super) fn pieces<T>(mut rows: &[T]) -> impl ExactSizeIterator<Item = &[T]> {
    let mut pieces = Vec::with_capacity(1 + rows.len() / EXACT);
    while !rows.is_empty() {
        let larger = LARGER.into_iter().find(|larger| rows.len() >= *larger);
        let (piece, rest) = rows.split_at(larger.unwrap_or(rows.len().min(EXACT)));
        pieces.push(piece);
        rows = rest;
    }
    pieces.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_cut_once_into_a_statement_of_its_size() {
        let statement = Statement::new("INSERT ", "(?)", "");
        for count in [0, 1, 3, 63, 64, 65, 255, 256, 257, 1000] {
            let rows: Vec<usize> = (0..count).collect();
            let cuts = statement.cut(&rows);
            assert_eq!(cuts.iter().flat_map(|(_, cut)| cut.to_vec()).collect::<Vec<_>>(), rows);
            for (text, cut) in cuts {
                assert_eq!(text.0.matches('?').count(), cut.len());
            }
        }
    }
}
