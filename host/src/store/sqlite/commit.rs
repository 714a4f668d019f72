//! The one transaction that writes events, models and marks.

use std::sync::Arc;

use sqlx::{SqliteConnection, error::ErrorKind};

use crate::{
    store::{
        CaptureWrite, Committed, Group, Head, Mark, ModelWrite, Result,
        judge::{Plan, RowWrite, judge},
        rows::{damaged, signed},
    },
    words::{Event, EventId, Position},
};

use super::{
    SqliteStore,
    bind::{Bind, Plain, Query, is_plain},
    by_entity::{Key, Place},
    captures,
    desk::Desk,
    memory, snapshots,
    statements::{BEGIN, COMMIT, Ends, Statement, pieces},
};

// OR FAIL: a statement that fails ends its whole transaction anyway, so SQLite need not keep a journal to
// undo just that statement. Such a journal would copy every page before it is changed.
pub(super) static INSERT_EVENTS: Statement =
    Statement::new("INSERT OR FAIL INTO events VALUES ", "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "");
/// The same for events from outside without metadata: most of them, and every value costs.
static INSERT_PLAIN: Statement = Statement::new(
    "INSERT OR FAIL INTO events VALUES ",
    "(?, ?, ?, ?, ?, ?, NULL, ?, NULL, 0, NULL, NULL)",
    "",
);
/// A store that was ended while events were on their way finds some of them in the index already.
static INDEX_EVENTS: Statement =
    Statement::new("INSERT OR IGNORE INTO events_of_entities VALUES ", "(?, ?, ?, ?, ?)", "");
static WRITE_ROWS: Statement = Statement::new(
    "INSERT OR FAIL INTO models VALUES ",
    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    " ON CONFLICT DO UPDATE SET model = excluded.model, version = excluded.version, \
         folded = excluded.folded, emitted = excluded.emitted, last = excluded.last, \
         activation = excluded.activation, since = excluded.since, older = excluded.older, \
         parked = excluded.parked, events = excluded.events",
);
/// The same for rows whose model stays as it is.
static KEEP_ROWS: Statement = Statement::new(
    "INSERT OR FAIL INTO models VALUES ",
    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    " ON CONFLICT DO UPDATE SET folded = excluded.folded, emitted = excluded.emitted, \
         last = excluded.last, activation = excluded.activation, since = excluded.since, \
         older = excluded.older, parked = excluded.parked, events = excluded.events",
);

pub(super) async fn commit(store: &SqliteStore, group: &Group) -> Result<Committed> {
    let mut desk = Desk::take(store).await?;
    let (connection, memory) = desk.memory(store).await?;
    let before = memory.head;
    let known = memory::known(memory, store, connection, group).await?;
    let plan = judge(group, known);
    if plan.is_empty() {
        return Ok(plan.into());
    }
    let new = index_entries(store, &plan.events)?;
    let step = store.by_entity.step(plan.events.len());
    let counters = Counters { before, plan: &plan, indexed: step.indexed };
    let (connection, mut memory) = desk.begin()?;
    write(Transaction { store, connection, begin: Some(counters) }, &plan, &step.entries).await?;
    memory.committed(
        &plan,
        new.iter().map(|((context, _, id), _)| (*context, EventId::from_sorted_bytes(*id))),
    );
    store.by_entity.committed(&step, new);
    desk.settle(memory);
    store.checkpoints.written(plan.events.len() + plan.rows.len() + step.entries.len());
    Ok(plan.into())
}

/// What the index by entity will hold of new events.
fn index_entries(store: &SqliteStore, events: &[Arc<Event>]) -> Result<Vec<(Key, Place)>> {
    let entry = |event: &Arc<Event>| {
        let Event { position, context, fact, .. } = &**event;
        let number = store.names.context(context);
        let number = number.ok_or_else(|| damaged(format!("context {context} is not in the store")))?;
        let key = (number, *fact.entity.as_bytes(), *fact.id.as_sorted_bytes());
        Ok((key, Place { position: *position, emitted: fact.origin.is_some() }))
    };
    events.iter().map(entry).collect()
}

/// Where the counters were, and where they go.
struct Counters<'a> {
    before: Head,
    plan: &'a Plan<'a>,
    indexed: Position,
}

impl Counters<'_> {
    fn bind(&self, query: Query) -> Query {
        let Self { before, plan, indexed } = self;
        query
            .bind(signed(before.position.0))
            .bind(signed(before.version.0))
            .bind(signed(plan.head.position.0))
            .bind(signed(plan.head.version.0))
            .bind(plan.events.last().map_or(0, |event| event.recorded_at))
            .bind(signed(indexed.0))
    }
}

/// A transaction that is being written.
struct Transaction<'a> {
    store: &'a SqliteStore,
    connection: &'a mut SqliteConnection,
    /// What begins it, until that is done.
    begin: Option<Counters<'a>>,
}

impl Transaction<'_> {
    /// Executes a text; the first one moves the counters.
    async fn execute(&mut self, query: Query, begins: bool) -> Result<()> {
        match query.execute(&mut *self.connection).await {
            Err(sqlx::Error::Database(error))
                if begins
                    && error.kind() == ErrorKind::NotNullViolation
                    && error.message().contains("counters") =>
            {
                let what =
                    "the counters are not where this host left them: somebody else has written this file";
                Err(damaged(what))
            }
            result => Ok(result.map(drop)?),
        }
    }

    /// Writes rows by a statement; `commit` ends the transaction with the last of them.
    async fn rows<T: Bind>(&mut self, statement: &'static Statement, rows: &[T], commit: bool) -> Result<()> {
        let mut pieces = pieces(rows);
        while let Some(piece) = pieces.next() {
            let counters = self.begin.take();
            let ends = Ends { begin: counters.is_some(), commit: commit && pieces.len() == 0 };
            let mut query = sqlx::query(statement.text(piece.len(), ends));
            if let Some(counters) = &counters {
                query = counters.bind(query);
            }
            for row in piece {
                query = row.bind(self.store, query)?;
            }
            self.execute(query, ends.begin).await?;
        }
        Ok(())
    }
}

/// Writes all of it, with as few ways to the database's thread as can be: the first rows begin the
/// transaction, the last ones end it.
async fn write(mut transaction: Transaction<'_>, plan: &Plan<'_>, entries: &[(Key, Place)]) -> Result<()> {
    let store = transaction.store;
    let (keep, put): (Vec<_>, Vec<_>) = plan.rows.iter().partition(|write| *write.model == ModelWrite::Keep);
    let more = |write: &RowWrite<'_>| *write.capture != CaptureWrite::Keep || !write.snapshots.is_empty();
    let others = !keep.is_empty() || !plan.marks.is_empty() || plan.rows.iter().any(more);
    let (plain, other): (Vec<_>, Vec<_>) = plan.events.iter().partition(|event| is_plain(event));
    let mut ended = put.is_empty() && entries.is_empty() && !others && !plan.events.is_empty();
    transaction.rows(&INSERT_EVENTS, &other, ended && plain.is_empty()).await?;
    transaction.rows(&INSERT_PLAIN, &plain.into_iter().map(Plain).collect::<Vec<_>>(), ended).await?;
    if let Some(counters) = transaction.begin.take() {
        let query = counters.bind(sqlx::query(BEGIN));
        transaction.execute(query, true).await?;
    }
    transaction.rows(&KEEP_ROWS, &keep, false).await?;
    captures::write(store, transaction.connection, &plan.rows).await?;
    snapshots::write(store, transaction.connection, &plan.rows).await?;
    write_marks(store, transaction.connection, &plan.marks).await?;
    if !put.is_empty() {
        ended = entries.is_empty();
        transaction.rows(&WRITE_ROWS, &put, ended).await?;
    }
    if !entries.is_empty() {
        ended = true;
        transaction.rows(&INDEX_EVENTS, entries, ended).await?;
    }
    if !ended {
        transaction.execute(sqlx::query(COMMIT), false).await?;
    }
    Ok(())
}

async fn write_marks(store: &SqliteStore, connection: &mut SqliteConnection, marks: &[Mark]) -> Result<()> {
    for mark in Mark::newest(marks) {
        sqlx::query("UPDATE domains SET position = ?, settled = ? WHERE id = ?")
            .bind(signed(mark.position.0))
            .bind(signed(mark.settled.0))
            .bind(store.names.domain(&mark.key))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
