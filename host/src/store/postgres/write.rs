//! What is written, as one statement: the counters are moved, and everything else goes along in the same breath.

use std::sync::Arc;

use uuid::Uuid;

use crate::{
    store::{
        Head, Mark, Result,
        judge::Plan,
        rows::{damaged, metadata, signed},
    },
    words::{DomainKey, Epoch, Event, Fact, Position},
};

use super::{
    PostgresStore, captures,
    known::Remembered,
    pieces::Piece,
    place::Place,
    rows, shared, snapshots,
    statement::{Columns, Statement},
    types::{Micros, entity_key, kept, uuid},
};

/// How the counters move; and whose commit that is.
pub(super) struct Counters<'a> {
    writer: Uuid,
    serial: i64,
    remembered: &'a Remembered,
    epoch: &'a Epoch,
    /// Whether nobody may have written since what is remembered.
    exact: bool,
    /// By how much the log and the versions grow.
    events: u64,
    versions: u64,
    recorded_at: Option<Micros>,
}

impl<'a> Counters<'a> {
    pub(super) fn of(
        store: &'a PostgresStore,
        remembered: &'a Remembered,
        plan: &Plan<'_>,
        commit: (Uuid, i64),
        exact: bool,
    ) -> Self {
        Self {
            writer: commit.0,
            serial: commit.1,
            remembered,
            epoch: &store.history.epoch,
            exact,
            events: plan.head.position.0 - plan.before.position.0,
            versions: plan.head.version.0 - plan.before.version.0,
            recorded_at: plan.events.last().map(|event| Micros(event.recorded_at)),
        }
    }
}

/// Where a statement's positions and versions begin.
#[derive(Clone, Copy)]
pub(super) enum Start<'a> {
    /// Where the counters are, which it moves.
    Counters(&'a Counters<'a>),
    /// Where a transaction has moved them from.
    Moved(Place),
    /// Events bring their positions and times with them, rows their versions.
    Given,
}

/// The statement for a piece of what was judged at this head. If it has to move the counters and they are not what
/// they should be, it has no row and does nothing; if a row is not as it was read, it fails.
pub(super) fn statement(
    store: &PostgresStore,
    piece: &Piece<'_>,
    before: Head,
    start: Start<'_>,
) -> Result<Statement> {
    let mut text = Statement::default();
    match start {
        Start::Counters(counters) => move_counters(&mut text, counters)?,
        Start::Moved(place) => begin_at(&mut text, place)?,
        Start::Given => begin_at(&mut text, Place::default())?,
    }
    let own_times = matches!(start, Start::Given);
    insert_events(&mut text, store, piece.events, (before.position, own_times))?;
    rows::write(&mut text, store, piece.rows, before.version)?;
    captures::write(&mut text, store, piece.rows)?;
    snapshots::write(&mut text, store, piece.rows, piece.changes)?;
    write_marks(&mut text, store, piece.marks)?;
    text.push(" SELECT ");
    rows::check(&mut text, piece.rows)?;
    text.push(", old_position, old_version, moment");
    match store.here() {
        // Only a commit's first statement has counters, and it is told of once.
        Some(here) if here.others && matches!(start, Start::Counters(_)) => {
            text.push(", pg_notify(").bind(shared::CHANNEL)?.push(", ");
            text.bind(here.host.to_string())?.push(")");
        }
        _ => {}
    }
    text.push(" FROM c");
    Ok(text)
}

/// Whoever holds the counters' lock has the numbers behind them to give, in whatever way they came there. Under the
/// same leases nobody else writes this host's rows, and under the same activation all modules are the same.
fn move_counters(text: &mut Statement, counters: &Counters<'_>) -> Result<()> {
    let Counters { writer, serial, remembered, epoch, exact, events, versions, recorded_at } = counters;
    let (events, versions) = (signed(*events), signed(*versions));
    text.push("WITH c AS (UPDATE counters SET commits = commits + 1, position = position + ").bind(events)?;
    text.push(", version = version + ").bind(versions)?;
    text.push(", recorded_at = greatest(recorded_at, ").bind(*recorded_at)?;
    text.push(") WHERE leases = ").bind(signed(remembered.memory.leases.0))?;
    text.push(" AND activation = ").bind(remembered.activation)?;
    text.push(" AND epoch = ").bind(epoch.0.to_string())?;
    if *exact {
        text.push(" AND commits = ").bind(remembered.commits)?;
    }
    text.push(" RETURNING commits, position - ").bind(events)?.push(" AS old_position, version - ");
    text.bind(versions)?.push(" AS old_version, recorded_at AS moment), ");
    text.push("w AS (INSERT INTO writers (id, serial, seen, position, version, recorded_at) SELECT ");
    text.bind(*writer)?.push(", ").bind(*serial)?;
    text.push(", now(), old_position, old_version, moment FROM c ON CONFLICT (id) DO UPDATE SET ");
    text.push("serial = excluded.serial, seen = excluded.seen, position = excluded.position, ");
    text.push("version = excluded.version, recorded_at = excluded.recorded_at)");
    Ok(())
}

fn begin_at(text: &mut Statement, place: Place) -> Result<()> {
    text.push("WITH c AS (SELECT 0::bigint AS commits, ").bind(signed(place.before.position.0))?;
    text.push(" AS old_position, ").bind(signed(place.before.version.0))?;
    text.push(" AS old_version, ").bind(Micros(place.recorded_at))?.push(" AS moment)");
    Ok(())
}

/// Adds events that were judged when the log ended at this position, with or without the times that they have.
fn insert_events(
    text: &mut Statement,
    store: &PostgresStore,
    events: &[Arc<Event>],
    (before, own_times): (Position, bool),
) -> Result<()> {
    let Some(first) = events.first() else { return Ok(()) };
    let context = |event: &Arc<Event>| {
        let number = store.names.context(&event.context);
        number.ok_or_else(|| damaged(format!("context {} is not in the store", event.context)))
    };
    let facts = || events.iter().map(|event| &event.fact);
    let origin = |event: &Arc<Event>| {
        let origin = event.fact.origin.as_ref()?;
        let key = DomainKey { context: event.context.clone(), domain: origin.domain.clone() };
        store.names.domain(&key)
    };
    let mut columns = Columns::default();
    let all = &mut columns;
    text.column(all, "context", events.iter().map(context).collect::<Result<Vec<_>>>()?)?;
    text.column(all, "id", facts().map(|fact| kept(fact.id)).collect())?;
    text.column(all, "entity", facts().map(|fact| uuid(fact.entity)).collect())?;
    text.column(all, "type", facts().map(|fact| fact.event_type.as_str()).collect())?;
    text.column(all, "data", facts().map(|fact| fact.data.as_slice()).collect())?;
    let metadata: Vec<_> = facts().map(|fact| metadata(fact)).collect::<Result<_>>()?;
    text.sparse(all, "metadata", metadata.into_iter())?;
    text.sparse(all, "cause", facts().map(|fact| fact.cause.map(kept)))?;
    if facts().any(|fact| fact.depth > 0) {
        let depth = |fact: &Arc<Fact>| i32::try_from(fact.depth).map_err(damaged);
        text.column(all, "depth", facts().map(depth).collect::<Result<Vec<_>>>()?)?;
    }
    text.sparse(all, "origin", events.iter().map(origin))?;
    let origin_entity = |fact: &Arc<Fact>| fact.origin.as_ref().map(|origin| entity_key(origin.entity));
    text.sparse(all, "origin_entity", facts().map(origin_entity))?;
    let times = events.iter().map(|event| own_times.then_some(Micros(event.recorded_at)));
    text.sparse(all, "recorded_at", times)?;
    let (its_time, moment) = if own_times { ("", "") } else { ("recorded_at, ", "moment, ") };
    text.push(", e AS (INSERT INTO events (position, ").push(its_time).names(&columns);
    text.push(") SELECT old_position + ").bind(signed(first.position.0 - before.0) - 1)?.push(" + n, ");
    text.push(moment).names(&columns).push(" FROM c CROSS JOIN ").lists(&columns);
    text.push(" WITH ORDINALITY AS e (").names(&columns).push(", n))");
    Ok(())
}

fn write_marks(text: &mut Statement, store: &PostgresStore, marks: &[Mark]) -> Result<()> {
    let known =
        |mark: &Mark| Some((store.names.domain(&mark.key)?, signed(mark.position.0), signed(mark.settled.0)));
    let marks: Vec<_> = Mark::newest(marks).filter_map(known).collect();
    if marks.is_empty() {
        return Ok(());
    }
    match store.here() {
        Some(here) => {
            text.push(", d AS (INSERT INTO marks (host, domain, position, settled) SELECT ")
                .bind(here.host)?;
            text.push(", id, position, settled FROM c CROSS JOIN unnest(");
        }
        None => {
            text.push(", d AS (UPDATE domains SET position = d.position, settled = d.settled ");
            text.push("FROM c CROSS JOIN unnest(");
        }
    }
    text.bind(marks.iter().map(|(domain, _, _)| *domain).collect::<Vec<_>>())?.push(", ");
    text.bind(marks.iter().map(|(_, position, _)| *position).collect::<Vec<_>>())?.push(", ");
    text.bind(marks.iter().map(|(_, _, settled)| *settled).collect::<Vec<_>>())?;
    text.push(") AS d (id, position, settled)");
    text.push(match store.here() {
        Some(_) => {
            " ON CONFLICT (host, domain) DO UPDATE SET position = excluded.position, settled = excluded.settled)"
        }
        None => " WHERE domains.id = d.id)",
    });
    Ok(())
}
