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
    /// Those that wait.
    Parked,
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
