//! Statements over many rows. Each comes in a few sizes only, so that all of them stay prepared.

use std::sync::Arc;

use sqlx::AssertSqlSafe;

/// How many rows one statement takes. Row by row is three to four times slower; other sizes would each
/// be prepared anew.
const SIZES: [usize; 5] = [256, 64, 16, 4, 1];

/// A statement in all its sizes.
pub(super) struct Statement {
    /// From the largest to the smallest.
    texts: [(usize, Arc<str>); 5],
}

impl Statement {
    /// `before`, then `row` (such as `(?, ?)`) as often as there are rows, separated by commas, then
    /// `after`. All three are literals of this crate, so no input can become SQL.
    pub(super) fn new(before: &'static str, row: &'static str, after: &'static str) -> Self {
        let text = |size| format!("{before}{}{after}", vec![row; size].join(", ")).into();
        Self { texts: SIZES.map(|size| (size, text(size))) }
    }

    /// Cuts rows that each must be written once into statements that fit them exactly.
    pub(super) fn exact<'a, T>(&self, mut rows: &'a [T]) -> Vec<(AssertSqlSafe<Arc<str>>, &'a [T])> {
        let mut cuts = Vec::new();
        while !rows.is_empty() {
            let fitting = self.texts.iter().find(|(size, _)| *size <= rows.len());
            let Some((size, text)) = fitting else { break };
            let (cut, rest) = rows.split_at(*size);
            cuts.push((AssertSqlSafe(Arc::clone(text)), cut));
            rows = rest;
        }
        cuts
    }

    /// Cuts rows that are only looked for into statements that may be larger; fill up by repeating one.
    pub(super) fn filled<'a, T>(&self, rows: &'a [T]) -> Vec<(AssertSqlSafe<Arc<str>>, Vec<&'a T>)> {
        let cut = |cut: &'a [T]| {
            let fitting = self.texts.iter().rev().find(|(size, _)| *size >= cut.len());
            let (size, text) = fitting.unwrap_or(&self.texts[0]);
            let filled = cut.iter().chain(std::iter::repeat_n(&cut[0], size - cut.len())).collect();
            (AssertSqlSafe(Arc::clone(text)), filled)
        };
        rows.chunks(SIZES[0]).map(cut).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_cut_once() {
        let statement = Statement::new("INSERT ", "(?)", "");
        for count in [0, 1, 3, 5, 64, 341, 1000] {
            let rows: Vec<usize> = (0..count).collect();
            let exact: Vec<usize> = statement.exact(&rows).iter().flat_map(|(_, cut)| cut.to_vec()).collect();
            assert_eq!(exact, rows);
            let filled = statement.filled(&rows);
            let mut seen: Vec<usize> =
                filled.iter().flat_map(|(_, cut)| cut.iter().map(|row| **row)).collect();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen, rows);
            for (text, cut) in filled {
                assert_eq!(text.0.matches('?').count(), cut.len());
            }
        }
    }
}
