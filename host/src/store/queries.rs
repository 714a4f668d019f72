//! What can be asked of a store about events and rows.

use crate::words::{ContextName, EntityId, EventId, Position, TypePattern};

use super::Result;

/// Which events of the log to read, by position.
#[derive(Debug, Clone)]
pub struct LogQuery {
    /// Only of this context; none: of all.
    pub context: Option<ContextName>,
    /// Only behind this position.
    pub after: Position,
    /// Only recorded at or after this time, in microseconds since the Unix epoch.
    pub since: Option<i64>,
    /// Only up to this position; none: all.
    pub up_to: Option<Position>,
    /// Only of these types; empty: of all.
    pub types: Vec<TypePattern>,
    /// At most so many.
    pub limit: u32,
}

impl LogQuery {
    /// The first 100 events of a context.
    #[must_use]
    pub fn of(context: ContextName) -> Self {
        let (after, types) = (Position(0), Vec::new());
        Self { context: Some(context), after, since: None, up_to: None, types, limit: 100 }
    }
}

/// Which rows of a domain to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Every one, also those without a model.
    All,
    /// Those that hold a model.
    WithModel,
}

impl Which {
    /// The same in SQL, behind another condition.
    pub(super) const fn condition(self) -> &'static str {
        match self {
            Self::All => "",
            Self::WithModel => " AND model IS NOT NULL",
        }
    }
}

/// Those that wait.
pub(super) const PARKED: &str = " AND parked IS NOT NULL";

/// Entries by entity, from wherever was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// As many as were asked for, or fewer: all there are, or as many as are not too large together.
    pub entries: Vec<T>,
    /// Behind which entity there may be more; none: there are no more.
    pub next: Option<EntityId>,
}

impl<T> Page<(Option<EntityId>, T)> {
    /// A page of at most `limit` entries that were found up to `last`, behind which there may be more; none: there
    /// are no more.
    pub(super) fn of(entries: Vec<(Option<EntityId>, T)>, limit: u32, last: Option<EntityId>) -> Self {
        // What has come since the last was looked for may have pushed it out.
        let full = entries.last().filter(|_| entries.len() as u64 >= u64::from(limit));
        let next = full.map_or(last, |(entity, _)| *entity);
        Self { entries, next }
    }
}

/// The models of one page have so many bytes together at most, unless a single one has more.
const MODELS_BYTES: u64 = 8 << 20;

/// Of at most `limit` models, each with its size in bytes, those that fit on a page; and whether there may be more
/// behind them.
pub(super) fn fitting<T>(found: &[(i64, T)], limit: u32) -> (&[(i64, T)], bool) {
    let mut left = MODELS_BYTES;
    let fits = |(size, _): &&(i64, T)| {
        let after = left.checked_sub(size.unsigned_abs());
        left = after.unwrap_or(0);
        after.is_some()
    };
    let count = found.iter().take_while(fits).count().max(1).min(found.len());
    (&found[..count], count < found.len() || found.len() as u64 >= u64::from(limit))
}

/// Which events of an entity to read.
#[derive(Debug, Clone)]
pub struct HistoryQuery {
    /// The context.
    pub context: ContextName,
    /// The entity.
    pub entity: EntityId,
    /// Only behind this; it also says in which order the events come.
    pub after: HistoryCursor,
    /// Only up to this position; none: all.
    pub up_to: Option<Position>,
    /// At most so many.
    pub limit: u32,
}

/// In which stretch of ids to look for events that others led to.
#[derive(Debug, Clone)]
pub struct EffectsQuery {
    /// The context.
    pub context: ContextName,
    /// Only behind this id.
    pub after: EventId,
    /// Only up to this id.
    pub up_to: EventId,
    /// At most so many.
    pub limit: u32,
}

/// Where to go on in an entity's history.
#[derive(Debug, Clone, Copy)]
pub enum HistoryCursor {
    /// By event id, behind this one.
    Id(Option<EventId>),
    /// By position, behind this one.
    Position(Position),
}

/// The newest position that was recorded before a time; `newest` is that of the newest event. Times of recording
/// never run backwards and positions have no gaps, so a binary search finds it.
pub(super) async fn last_before<F: Future<Output = Result<i64>> + Send>(
    newest: i64,
    since: i64,
    recorded_at: impl Fn(i64) -> F,
) -> Result<i64> {
    let (mut before, mut from) = (0, newest + 1);
    while from - before > 1 {
        let middle = before + (from - before) / 2;
        if recorded_at(middle).await? < since { before = middle } else { from = middle }
    }
    Ok(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_holds_as_many_models_as_fit_and_one_at_least() {
        const MIB: i64 = 1 << 20;
        let fitting = |sizes: &[i64], limit| {
            let found: Vec<_> = sizes.iter().map(|size| (*size, ())).collect();
            let (fitting, more) = fitting(&found, limit);
            (fitting.len(), more)
        };
        assert_eq!(fitting(&[], 3), (0, false));
        assert_eq!(fitting(&[0, 9], 3), (2, false));
        assert_eq!(fitting(&[0, 9, 4], 3), (3, true), "nobody knows");
        assert_eq!(fitting(&[4 * MIB, 4 * MIB, 0, 1], 9), (3, true));
        assert_eq!(fitting(&[4 * MIB, 4 * MIB, 0], 9), (3, false));
        assert_eq!(fitting(&[9 * MIB, 0], 9), (1, true));
        assert_eq!(fitting(&[9 * MIB], 9), (1, false));
    }
}
