//! Snapshots: the nearest one that holds all that it should, and those that come and go with reductions.

use std::{collections::HashMap, sync::Arc};

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use crate::{
    store::{
        Result, SnapshotQuery,
        judge::RowWrite,
        rows::{number, signed, to_json},
        snapshots::{Present as OfRow, SnapshotWrite, change},
    },
    words::{ActivationNumber, ContextName, EntityId, EventId, Position, Snapshot},
};

use super::{
    SqliteStore,
    rows::{entity_key, event_id},
    statements::Statement,
};

// CROSS JOIN keeps the order: from the few rows that are written to the snapshots of each.
static VOID: Statement = Statement::new(
    "DELETE FROM snapshots WHERE (domain, entity, last) IN \
     (SELECT s.domain, s.entity, s.last FROM (VALUES ",
    "(?, ?, ?)",
    ") AS v CROSS JOIN snapshots AS s \
     ON s.domain = v.column1 AND s.entity = v.column2 AND s.last >= v.column3)",
);
static PRESENT: Statement = Statement::new(
    "SELECT s.domain, s.entity, s.last, s.activation, s.events FROM (VALUES ",
    "(?, ?)",
    ") AS v CROSS JOIN snapshots AS s ON s.domain = v.column1 AND s.entity = v.column2",
);
static DELETE: Statement =
    Statement::new("DELETE FROM snapshots WHERE (domain, entity, last) IN (VALUES ", "(?, ?, ?)", ")");
static INSERT: Statement =
    Statement::new("INSERT OR REPLACE INTO snapshots VALUES ", "(?, ?, ?, ?, ?, ?, ?)", "");

/// A row of `snapshots`, but for what names the model.
type SnapshotRow = (Vec<u8>, i64, i64, i64, Option<Vec<u8>>);
/// Which model a snapshot is of, its newest event, who made it, and of how many events.
type PresentRow = (i64, Vec<u8>, Vec<u8>, i64, i64);
/// A model, as the table names it.
type Named = (i64, Vec<u8>);
/// The snapshots of each model.
type Present = HashMap<Named, OfRow>;

pub(super) async fn snapshot(store: &SqliteStore, query: &SnapshotQuery) -> Result<Option<Snapshot>> {
    let mut before = query.before;
    loop {
        let Some(found) = newest(store, query, before).await? else { return Ok(None) };
        let (context, entity) = (&query.key.context, query.entity);
        if query.activations.last() == Some(&found.activation)
            || !has_late(store, context, entity, found.last, found.position, &query.types).await?
        {
            return Ok(Some(found));
        }
        before = Some(found.last);
    }
}

async fn newest(
    store: &SqliteStore,
    query: &SnapshotQuery,
    before: Option<EventId>,
) -> Result<Option<Snapshot>> {
    let mut text = QueryBuilder::<Sqlite>::new(
        "SELECT last, position, activation, events, model FROM snapshots WHERE domain = ",
    );
    text.push_bind(store.names.domain(&query.key));
    text.push(" AND entity = ").push_bind(entity_key(Some(query.entity)));
    text.push(" AND position <= ").push_bind(signed(query.up_to.0));
    if let Some(before) = before {
        text.push(" AND last < ").push_bind(before.as_sorted_bytes().to_vec());
    }
    let mut activations = text.push(" AND activation IN (").separated(", ");
    for activation in &query.activations {
        activations.push_bind(signed(activation.0));
    }
    text.push(") ORDER BY last DESC LIMIT 1");
    let found: Option<SnapshotRow> = text.build_query_as().fetch_optional(&store.readers).await?;
    let snapshot = |(last, position, activation, events, model): SnapshotRow| -> Result<Snapshot> {
        Ok(Snapshot {
            last: event_id(&last)?,
            position: Position(number(position)?),
            activation: ActivationNumber(number(activation)?),
            events: number(events)?,
            model: model.map(Arc::from),
        })
    };
    found.map(snapshot).transpose()
}

/// Whether an entity has an event of these types (none: any) that sorts at or before `up_to`, although its
/// position is greater than `above`.
async fn has_late(
    store: &SqliteStore,
    context: &ContextName,
    entity: EntityId,
    up_to: EventId,
    above: Position,
    types: &[String],
) -> Result<bool> {
    let Some(context) = store.names.context(context) else { return Ok(false) };
    // Memory first, as in histories.
    let in_memory = store.by_entity.late((context, entity), up_to, above);
    let mut text = QueryBuilder::<Sqlite>::new("SELECT EXISTS (SELECT 1 FROM events WHERE position IN (");
    text.push("SELECT position FROM events_of_entities WHERE context = ").push_bind(context);
    text.push(" AND entity = ").push_bind(entity.as_bytes().to_vec());
    text.push(" AND id <= ").push_bind(up_to.as_sorted_bytes().to_vec());
    text.push(" AND position > ").push_bind(signed(above.0));
    text.push(" UNION ALL SELECT value FROM json_each(").push_bind(to_json(&in_memory)?).push("))");
    if !types.is_empty() {
        let mut taken = text.push(" AND type IN (").separated(", ");
        for event_type in types {
            taken.push_bind(event_type.clone());
        }
        text.push(")");
    }
    text.push(")");
    Ok(text.build_query_scalar().fetch_one(&store.readers).await?)
}

/// A row whose snapshots change.
struct Changing<'a> {
    named: Named,
    activation: ActivationNumber,
    write: &'a SnapshotWrite,
}

/// Brings snapshots to what becomes of them. Where none comes or goes, nothing is executed.
pub(super) async fn write<'a>(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    writes: &'a [RowWrite<'_>],
) -> Result<()> {
    let changing = |write: &'a RowWrite<'_>| {
        let RowWrite { reduction, snapshots, .. } = write;
        let domain = store.names.domain(&reduction.key).filter(|_| !snapshots.is_empty())?;
        let named = (domain, entity_key(reduction.entity));
        Some(Changing { named, activation: reduction.activation, write: snapshots })
    };
    let changing: Vec<_> = writes.iter().filter_map(changing).collect();
    let void = changing.iter().filter_map(|row| Some((&row.named, row.write.void_from?))).collect::<Vec<_>>();
    delete(connection, &VOID, &void).await?;
    let taking: Vec<_> = changing.into_iter().filter(|row| !row.write.taken.is_empty()).collect();
    let mut present = present(connection, &taking).await?;
    let (mut gone, mut new) = (Vec::new(), Vec::new());
    for Changing { named, activation, write } in &taking {
        let before = present.remove(named).unwrap_or_default();
        let change = change(&before, write, *activation);
        gone.extend(change.gone.into_iter().map(|last| (named, last)));
        new.extend(change.new.into_iter().map(|taken| (named, taken)));
    }
    delete(connection, &DELETE, &gone).await?;
    insert(connection, &new).await
}

async fn present(connection: &mut SqliteConnection, rows: &[Changing<'_>]) -> Result<Present> {
    let mut present = Present::new();
    for (text, rows) in PRESENT.cut(rows) {
        let mut query = sqlx::query_as(text);
        for Changing { named: (domain, entity), .. } in rows {
            query = query.bind(*domain).bind(entity.clone());
        }
        let found: Vec<PresentRow> = query.fetch_all(&mut *connection).await?;
        for (domain, entity, last, activation, events) in found {
            let made = (ActivationNumber(number(activation)?), number(events)?);
            present.entry((domain, entity)).or_default().insert(event_id(&last)?, made);
        }
    }
    Ok(present)
}

async fn delete(
    connection: &mut SqliteConnection,
    statement: &Statement,
    snapshots: &[(&Named, EventId)],
) -> Result<()> {
    for (text, snapshots) in statement.cut(snapshots) {
        let mut query = sqlx::query(text);
        for ((domain, entity), last) in snapshots {
            query = query.bind(*domain).bind(entity.clone()).bind(last.as_sorted_bytes().to_vec());
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn insert(connection: &mut SqliteConnection, snapshots: &[(&Named, &Snapshot)]) -> Result<()> {
    for (text, snapshots) in INSERT.cut(snapshots) {
        let mut query = sqlx::query(text);
        for ((domain, entity), Snapshot { last, position, activation, events, model }) in snapshots {
            query = query
                .bind(*domain)
                .bind(entity.clone())
                .bind(last.as_sorted_bytes().to_vec())
                .bind(signed(position.0))
                .bind(signed(activation.0))
                .bind(signed(*events))
                .bind(model.as_ref().map(|model| model.to_vec()));
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}
