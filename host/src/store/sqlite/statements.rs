//! Statements over many rows. Each comes in a few sizes only, so that all of them stay prepared.

use std::sync::{Arc, OnceLock};

use sqlx::AssertSqlSafe;

/// A group of up to so many rows goes into one statement of just its size. Row by row is three to four
/// times slower, and every further statement costs a way to the database's thread and back.
const EXACT: usize = 64;
/// Rows that one statement of a large group takes.
const LARGE: usize = 256;

/// A statement in all its sizes, each written down when it is first needed.
pub(super) struct Statement {
    before: &'static str,
    row: &'static str,
    after: &'static str,
    exact: [OnceLock<Arc<str>>; EXACT],
    large: OnceLock<Arc<str>>,
}

impl Statement {
    /// `before`, then `row` (such as `(?, ?)`) as often as there are rows, separated by commas, then
    /// `after`. All three are literals of this crate, so no input can become SQL.
    pub(super) const fn new(before: &'static str, row: &'static str, after: &'static str) -> Self {
        Self { before, row, after, exact: [const { OnceLock::new() }; EXACT], large: OnceLock::new() }
    }

    /// Cuts rows into statements that fit them exactly.
    pub(super) fn cut<'a, T>(&self, mut rows: &'a [T]) -> Vec<(AssertSqlSafe<Arc<str>>, &'a [T])> {
        let mut cuts = Vec::with_capacity(rows.len().div_ceil(LARGE));
        while !rows.is_empty() {
            let size = if rows.len() < LARGE { rows.len().min(EXACT) } else { LARGE };
            let (cut, rest) = rows.split_at(size);
            cuts.push((AssertSqlSafe(self.of_size(size)), cut));
            rows = rest;
        }
        cuts
    }

    fn of_size(&self, size: usize) -> Arc<str> {
        let slot = self.exact.get(size - 1).unwrap_or(&self.large);
        let text = || format!("{}{}{}", self.before, vec![self.row; size].join(", "), self.after).into();
        Arc::clone(slot.get_or_init(text))
    }
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
