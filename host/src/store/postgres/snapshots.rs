//! Snapshots: the nearest one that holds all that it should, and those that come and go with reductions.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use sqlx::{Postgres, QueryBuilder, postgres::PgConnection};
use uuid::Uuid;

use crate::{
    store::{
        Result, SnapshotQuery,
        judge::RowWrite,
        rows::{number, signed},
        snapshots::{Present as OfRow, SnapshotChange, change},
    },
    words::{ActivationNumber, EventId, Position, Snapshot},
};

use super::{
    PostgresStore,
    rows::domains,
    statement::Statement,
    types::{entity_key, event_id, kept, uuid},
};

const PRESENT: &str = "SELECT s.domain, s.entity, s.last, s.activation, s.events \
     FROM unnest($1, $2) AS v (domain, entity) JOIN snapshots AS s ON s.domain = v.domain AND s.entity = v.entity";

/// What becomes of the snapshots of a row.
#[derive(Debug, Default)]
pub(super) struct Change {
    gone: Vec<EventId>,
    new: Vec<Snapshot>,
}

/// The same of several rows, in their order.
pub(super) type Changes = Vec<Change>;

/// A row of `snapshots`, but for what names the model.
type SnapshotRow = (Uuid, i64, i64, i64, Option<Vec<u8>>);

pub(super) async fn snapshot(store: &PostgresStore, query: &SnapshotQuery) -> Result<Option<Snapshot>> {
    let Some(domain) = store.domain(&query.key).await? else { return Ok(None) };
    let mut before = query.before;
    loop {
        let Some(found) = newest(store, domain, query, before).await? else { return Ok(None) };
        if query.activations.last() == Some(&found.activation) || !has_late(store, query, &found).await? {
            return Ok(Some(found));
        }
        before = Some(found.last);
    }
}

async fn newest(
    store: &PostgresStore,
    domain: i64,
    query: &SnapshotQuery,
    before: Option<EventId>,
) -> Result<Option<Snapshot>> {
    let activations: Vec<i64> = query.activations.iter().map(|activation| signed(activation.0)).collect();
    let mut text = QueryBuilder::<Postgres>::new(
        "SELECT last, position, activation, events, model FROM snapshots WHERE domain = ",
    );
    text.push_bind(domain).push(" AND entity = ").push_bind(uuid(query.entity));
    text.push(" AND position <= ").push_bind(signed(query.up_to.0));
    if let Some(before) = before {
        text.push(" AND last < ").push_bind(kept(before));
    }
    text.push(" AND activation = ANY(").push_bind(activations).push(") ORDER BY last DESC LIMIT 1");
    let found: Option<SnapshotRow> = text.build_query_as().fetch_optional(&store.readers).await?;
    let snapshot = |(last, position, activation, events, model): SnapshotRow| -> Result<Snapshot> {
        Ok(Snapshot {
            last: event_id(last),
            position: Position(number(position)?),
            activation: ActivationNumber(number(activation)?),
            events: number(events)?,
            model: model.map(Arc::from),
        })
    };
    found.map(snapshot).transpose()
}

/// Whether the entity has an event that the module takes and that belongs into a snapshot, although it came behind.
async fn has_late(store: &PostgresStore, query: &SnapshotQuery, snapshot: &Snapshot) -> Result<bool> {
    let Some(context) = store.context(&query.key.context).await? else { return Ok(false) };
    let mut text = QueryBuilder::<Postgres>::new("SELECT EXISTS (SELECT 1 FROM events WHERE context = ");
    text.push_bind(context).push(" AND entity = ").push_bind(uuid(query.entity));
    text.push(" AND id <= ").push_bind(kept(snapshot.last));
    text.push(" AND position > ").push_bind(signed(snapshot.position.0));
    if !query.types.is_empty() {
        text.push(" AND type = ANY(").push_bind(query.types.clone()).push(")");
    }
    text.push(")");
    Ok(text.build_query_scalar().fetch_one(&store.readers).await?)
}

/// What becomes of the snapshots of rows that are written. Where none comes or goes, nothing is asked.
pub(super) async fn changes(
    store: &PostgresStore,
    connection: &mut PgConnection,
    rows: &[RowWrite<'_>],
) -> Result<Changes> {
    let changing: Vec<_> = rows.iter().filter(|row| !row.snapshots.is_empty()).collect();
    let mut present: HashMap<(i64, Uuid), OfRow> = HashMap::new();
    if !changing.is_empty() {
        let entities: Vec<Uuid> = changing.iter().map(|row| entity_key(row.reduction.entity)).collect();
        let found: Vec<(i64, Uuid, Uuid, i64, i64)> = sqlx::query_as(PRESENT)
            .bind(domains(store, changing.iter().copied())?)
            .bind(entities)
            .fetch_all(connection)
            .await?;
        for (domain, entity, last, activation, events) in found {
            let made = (ActivationNumber(number(activation)?), number(events)?);
            present.entry((domain, entity)).or_default().insert(event_id(last), made);
        }
    }
    let of_row = |row: &RowWrite<'_>| {
        if row.snapshots.is_empty() {
            return Change::default();
        }
        let domain = store.names.domain(&row.reduction.key).unwrap_or_default();
        let none = BTreeMap::new();
        let before = present.get(&(domain, entity_key(row.reduction.entity))).unwrap_or(&none);
        let SnapshotChange { gone, new } = change(before, &row.snapshots, row.reduction.activation);
        Change { gone, new: new.into_iter().cloned().collect() }
    };
    Ok(rows.iter().map(of_row).collect())
}

/// Adds what becomes of snapshots to a statement. None of those that go is among those that come: one statement
/// may not write a row twice.
pub(super) fn write(
    text: &mut Statement,
    store: &PostgresStore,
    rows: &[RowWrite<'_>],
    changes: &[Change],
) -> Result<()> {
    let named = |row: &RowWrite<'_>| {
        let domain = store.names.domain(&row.reduction.key).unwrap_or_default();
        (domain, entity_key(row.reduction.entity))
    };
    let each = || rows.iter().zip(changes).map(|(row, change)| (named(row), change));
    let gone: Vec<_> =
        each().flat_map(|(named, change)| change.gone.iter().map(move |last| (named, *last))).collect();
    if !gone.is_empty() {
        text.push(", v AS (DELETE FROM snapshots USING c, unnest(");
        text.bind(gone.iter().map(|((domain, _), _)| *domain).collect::<Vec<_>>())?.push(", ");
        text.bind(gone.iter().map(|((_, entity), _)| *entity).collect::<Vec<_>>())?.push(", ");
        text.bind(gone.iter().map(|(_, last)| kept(*last)).collect::<Vec<_>>())?;
        text.push(") AS v (of_domain, of_entity, of_last) ");
        text.push("WHERE domain = of_domain AND entity = of_entity AND last = of_last)");
    }
    let new: Vec<_> =
        each().flat_map(|(named, change)| change.new.iter().map(move |taken| (named, taken))).collect();
    if !new.is_empty() {
        text.push(", s AS (INSERT INTO snapshots ");
        text.push(
            "SELECT domain, entity, last, position, activation, events, model FROM c CROSS JOIN unnest(",
        );
        text.bind(new.iter().map(|((domain, _), _)| *domain).collect::<Vec<_>>())?.push(", ");
        text.bind(new.iter().map(|((_, entity), _)| *entity).collect::<Vec<_>>())?.push(", ");
        text.bind(new.iter().map(|(_, taken)| kept(taken.last)).collect::<Vec<_>>())?.push(", ");
        text.bind(new.iter().map(|(_, taken)| signed(taken.position.0)).collect::<Vec<_>>())?.push(", ");
        text.bind(new.iter().map(|(_, taken)| signed(taken.activation.0)).collect::<Vec<_>>())?.push(", ");
        text.bind(new.iter().map(|(_, taken)| signed(taken.events)).collect::<Vec<_>>())?.push(", ");
        text.bind(new.iter().map(|(_, taken)| taken.model.as_deref()).collect::<Vec<_>>())?;
        text.push(") AS s (domain, entity, last, position, activation, events, model) ");
        text.push("ON CONFLICT (domain, entity, last) DO UPDATE SET position = excluded.position, ");
        text.push("activation = excluded.activation, events = excluded.events, model = excluded.model)");
    }
    Ok(())
}
