//! The one transaction that writes events, models and marks.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use sqlx::{Connection, SqliteConnection};

use crate::{
    store::{
        Committed, Group, Head, Mark, ModelWrite, Result,
        judge::{Known, Plan, RowWrite, judge},
    },
    words::{ActivationNumber, ContextName, DomainKey, Event, EventId, Position, Version},
};

use super::{
    SqliteStore, captures,
    rows::{self, entity_key, event_columns, number, signed, to_json},
    snapshots,
    statements::Statement,
};

// OR FAIL: a statement that fails ends its whole transaction anyway, so SQLite need not keep a journal to
// undo just that statement. Such a journal would copy every page before it is changed.
static INSERT_EVENTS: Statement =
    Statement::new("INSERT OR FAIL INTO events VALUES ", "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "");
static FIND_EVENTS: Statement = Statement::new(
    concat!("SELECT ", event_columns!(), " FROM events WHERE context = ? AND id IN ("),
    "?",
    ")",
);
static FIND_ROWS: Statement =
    Statement::new("SELECT entity, version, folded FROM models WHERE domain = ? AND entity IN (", "?", ")");
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
    let mut connection = store.writer.acquire().await?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let known = known(store, &mut transaction, group).await?;
    let before = known.head;
    let plan = judge(group, known);
    insert_events(store, &mut transaction, &plan.events).await?;
    write_rows(store, &mut transaction, &plan.rows).await?;
    captures::write(store, &mut transaction, &plan.rows).await?;
    snapshots::write(store, &mut transaction, &plan.rows).await?;
    write_marks(store, &mut transaction, &group.marks).await?;
    if plan.head != before {
        sqlx::query("UPDATE counters SET position = ?, version = ?, recorded_at = max(recorded_at, ?)")
            .bind(signed(plan.head.position.0))
            .bind(signed(plan.head.version.0))
            .bind(plan.events.last().map_or(0, |event| event.recorded_at))
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(committed(plan))
}

fn committed(plan: Plan<'_>) -> Committed {
    let written = |row: &RowWrite<'_>| match row.model {
        ModelWrite::Keep => None,
        ModelWrite::Put(_) | ModelWrite::Delete => {
            Some((row.reduction.key.clone(), row.reduction.entity, row.version))
        }
    };
    Committed {
        models: plan.rows.iter().filter_map(written).collect(),
        appends: plan.appends,
        reductions: plan.reductions,
        events: plan.events,
        head: plan.head,
    }
}

/// The counters, beside a domain and its activation, if there is any.
type CountersRow = (i64, i64, i64, Option<i64>, Option<i64>);

async fn known(store: &SqliteStore, connection: &mut SqliteConnection, group: &Group) -> Result<Known> {
    // One statement for both: every statement is a way to the database's thread and back.
    let query = "SELECT c.position, c.version, c.recorded_at, d.id, d.activation \
                 FROM counters c LEFT JOIN domains d";
    let rows: Vec<CountersRow> = sqlx::query_as(query).fetch_all(&mut *connection).await?;
    let mut known = Known::default();
    for (position, version, recorded_at, domain, activation) in rows {
        known.head = Head { position: Position(number(position)?), version: Version(number(version)?) };
        known.recorded_at = recorded_at;
        // A domain that is only just being named has no reductions yet.
        let named = domain.and_then(|domain| store.names.domain_key(domain).ok());
        if let Some((key, activation)) = named.zip(activation) {
            known.activations.insert(key, ActivationNumber(number(activation)?));
        }
    }
    known_events(store, connection, group, &mut known).await?;
    known_rows(store, connection, group, &mut known).await?;
    Ok(known)
}

async fn known_events(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    group: &Group,
    known: &mut Known,
) -> Result<()> {
    let mut ids: BTreeMap<&ContextName, Vec<EventId>> = BTreeMap::new();
    for append in &group.appends {
        ids.entry(&append.context).or_default().extend(append.facts.iter().map(|fact| fact.id));
    }
    for reduction in &group.reductions {
        let emitted = reduction.emissions.iter().map(|fact| fact.id);
        ids.entry(&reduction.key.context).or_default().extend(emitted);
    }
    for (context, ids) in ids {
        let Some(number) = store.names.context(context) else { continue };
        for (text, ids) in FIND_EVENTS.cut(&ids) {
            let mut query = sqlx::query_as(text).bind(number);
            for id in ids {
                query = query.bind(id.as_sorted_bytes().to_vec());
            }
            let found: Vec<rows::EventRow> = query.fetch_all(&mut *connection).await?;
            for row in found {
                let Event { position, fact, .. } = rows::event(&store.names, row)?;
                known.events.insert((context.clone(), fact.id), (position, fact));
            }
        }
    }
    Ok(())
}

async fn known_rows(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    group: &Group,
    known: &mut Known,
) -> Result<()> {
    let mut entities: BTreeMap<&DomainKey, Vec<_>> = BTreeMap::new();
    for reduction in &group.reductions {
        entities.entry(&reduction.key).or_default().push(reduction.entity);
    }
    for (key, entities) in entities {
        let Some(domain) = store.names.domain(key) else { continue };
        for (text, entities) in FIND_ROWS.cut(&entities) {
            let mut query = sqlx::query_as(text).bind(domain);
            for entity in entities {
                query = query.bind(entity_key(*entity));
            }
            let found: Vec<(Vec<u8>, i64, i64)> = query.fetch_all(&mut *connection).await?;
            for (entity, version, folded) in found {
                let state = (Version(number(version)?), Position(number(folded)?));
                known.rows.insert((key.clone(), rows::optional_entity(&entity)?), state);
            }
        }
    }
    Ok(())
}

async fn insert_events(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    events: &[Arc<Event>],
) -> Result<()> {
    for (text, events) in INSERT_EVENTS.cut(events) {
        let mut query = sqlx::query(text);
        for Event { position, recorded_at, context, fact } in events.iter().map(|event| &**event) {
            let origin = fact
                .origin
                .as_ref()
                .map(|origin| DomainKey { context: context.clone(), domain: origin.domain.clone() });
            let metadata = if fact.metadata.is_empty() { None } else { Some(to_json(&fact.metadata)?) };
            query = query
                .bind(signed(position.0))
                .bind(store.names.context(context))
                .bind(fact.id.as_sorted_bytes().to_vec())
                .bind(fact.entity.as_bytes().to_vec())
                .bind(fact.event_type.as_str().to_owned())
                .bind(fact.data.clone())
                .bind(metadata)
                .bind(recorded_at)
                .bind(fact.cause.map(|id| id.as_sorted_bytes().to_vec()))
                .bind(i64::from(fact.depth))
                .bind(origin.and_then(|key| store.names.domain(&key)))
                .bind(fact.origin.as_ref().map(|origin| entity_key(origin.entity)));
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn write_rows(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    writes: &[RowWrite<'_>],
) -> Result<()> {
    let (keep, put): (Vec<_>, Vec<_>) = writes.iter().partition(|write| *write.model == ModelWrite::Keep);
    for (statement, writes) in [(&KEEP_ROWS, keep), (&WRITE_ROWS, put)] {
        for (text, writes) in statement.cut(&writes) {
            let mut query = sqlx::query(text);
            for RowWrite { reduction, model, version, .. } in writes {
                let (newest, older) = reduction.made_by.split_last().unzip();
                let older = older
                    .filter(|older: &&[_]| !older.is_empty())
                    .map(|older| to_json(&older))
                    .transpose()?;
                let model = match model {
                    ModelWrite::Put(model) => Some(model.to_vec()),
                    ModelWrite::Keep | ModelWrite::Delete => None,
                };
                query = query
                    .bind(store.names.domain(&reduction.key))
                    .bind(entity_key(reduction.entity))
                    .bind(model)
                    .bind(signed(version.0))
                    .bind(signed(reduction.folded.0))
                    .bind(signed(reduction.emitted.0))
                    .bind(reduction.last.map(|id| id.as_sorted_bytes().to_vec()))
                    .bind(signed(newest.map_or(0, |segment| segment.activation)))
                    .bind(signed(newest.map_or(0, |segment| segment.from)))
                    .bind(older)
                    .bind(reduction.parked.as_ref().map(to_json).transpose()?)
                    .bind(signed(reduction.events));
            }
            query.execute(&mut *connection).await?;
        }
    }
    Ok(())
}

async fn write_marks(store: &SqliteStore, connection: &mut SqliteConnection, marks: &[Mark]) -> Result<()> {
    // Only the newest of each domain matters.
    let mut written = BTreeSet::new();
    for mark in marks.iter().rev().filter(|mark| written.insert(&mark.key)) {
        sqlx::query("UPDATE domains SET position = ?, settled = ? WHERE id = ?")
            .bind(signed(mark.position.0))
            .bind(signed(mark.settled.0))
            .bind(store.names.domain(&mark.key))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
