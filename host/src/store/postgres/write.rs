//! What is written, as one statement: the counters are moved, and everything else goes along in the same breath.

use std::{ops::Range, sync::Arc};

use uuid::Uuid;

use crate::{
    store::{
        CaptureWrite, Head, Mark, ModelWrite, Result,
        judge::{Plan, RowWrite},
        rows::{damaged, event_columns, made_by, metadata, model_columns, signed, to_json},
    },
    words::Event,
};

use super::{
    PostgresStore, captures,
    desk::Drawer,
    known::Remembered,
    shared,
    snapshots::{self, Change, Changes},
    statement::Statement,
    types::{Micros, entity_key, kept, uuid},
};

/// A statement has values of so many bytes at most (or a single one that is larger): Postgres takes no message of
/// a gigabyte. In tests few, so that they cover several pieces.
const PIECE_BYTES: usize = if cfg!(test) { 32 << 10 } else { 32 << 20 };

/// Where the counters are, and where they go; and whose commit that is.
pub(super) struct Counters {
    writer: Uuid,
    serial: i64,
    commits: i64,
    head: Head,
    recorded_at: Option<Micros>,
}

impl Counters {
    pub(super) fn of(remembered: &Remembered, plan: &Plan<'_>, drawer: &mut Drawer) -> Self {
        let (writer, serial) = drawer.next_commit();
        let recorded_at = plan.events.last().map(|event| Micros(event.recorded_at));
        Self { writer, serial, commits: remembered.commits, head: plan.head, recorded_at }
    }
}

/// What one statement writes.
#[derive(Default)]
pub(super) struct Piece<'a> {
    pub(super) events: &'a [Arc<Event>],
    pub(super) rows: &'a [RowWrite<'a>],
    /// What becomes of the snapshots of each of these rows.
    pub(super) changes: &'a [Change],
    pub(super) marks: &'a [Mark],
}

/// Cuts what is to be written into statements that are not too large: mostly it is one.
pub(super) fn pieces<'a>(plan: &'a Plan<'_>, changes: &'a Changes) -> Vec<Piece<'a>> {
    let marks = plan.marks.as_slice();
    let events = cut(&plan.events, event_bytes);
    let rows = cut(&plan.rows, row_bytes);
    if let ([] | [_], [] | [_]) = (events.as_slice(), rows.as_slice()) {
        return vec![Piece { events: &plan.events, rows: &plan.rows, changes, marks }];
    }
    let events = events.into_iter().map(|range| Piece { events: &plan.events[range], ..Piece::default() });
    let rows = rows.into_iter().map(|range| Piece {
        rows: &plan.rows[range.clone()],
        changes: &changes[range],
        ..Piece::default()
    });
    events.chain(rows).chain([Piece { marks, ..Piece::default() }]).collect()
}

pub(super) fn event_bytes(event: &Arc<Event>) -> usize {
    let pairs = event.fact.metadata.iter().map(|(name, value)| name.len() + value.len());
    event.fact.data.len() + pairs.sum::<usize>()
}

pub(super) fn row_bytes(write: &RowWrite<'_>) -> usize {
    let model = if let ModelWrite::Put(model) = write.model { model.len() } else { 0 };
    let capture = if let CaptureWrite::Put(capture) = write.capture { capture.len() } else { 0 };
    let taken = write.snapshots.taken.iter().filter_map(|taken| taken.model.as_ref());
    model + capture + taken.map(|model| model.len()).sum::<usize>()
}

pub(super) fn cut<T>(all: &[T], bytes: impl Fn(&T) -> usize) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut room = 0;
    for (index, one) in all.iter().enumerate() {
        let bytes = bytes(one);
        match ranges.last_mut() {
            Some(last) if bytes <= room => {
                last.end = index + 1;
                room -= bytes;
            }
            _ => {
                ranges.push(index..index + 1);
                room = PIECE_BYTES.saturating_sub(bytes);
            }
        }
    }
    ranges
}

/// The statement for a piece. The first one moves the counters, if they are where they should be; if not, it has no
/// row and does nothing.
pub(super) fn statement(
    store: &PostgresStore,
    piece: &Piece<'_>,
    counters: Option<&Counters>,
) -> Result<Statement> {
    let mut text = Statement::default();
    match counters {
        Some(counters) => move_counters(&mut text, counters)?,
        None => drop(text.push("WITH c AS (SELECT 0::bigint AS commits)")),
    }
    insert_events(&mut text, store, piece.events)?;
    write_rows(&mut text, store, piece.rows)?;
    captures::write(&mut text, store, piece.rows)?;
    snapshots::write(&mut text, store, piece.rows, piece.changes)?;
    write_marks(&mut text, store, piece.marks)?;
    match store.here() {
        // Only a commit's first statement has counters, and it is told of once.
        Some(here) if here.others && counters.is_some() => {
            text.push(" SELECT commits, pg_notify(").bind(shared::CHANNEL)?.push(", ");
            text.bind(here.host.to_string())?.push(") FROM c");
        }
        _ => drop(text.push(" SELECT commits FROM c")),
    }
    Ok(text)
}

fn move_counters(text: &mut Statement, counters: &Counters) -> Result<()> {
    let Counters { writer, serial, commits, head, recorded_at } = counters;
    text.push("WITH c AS (UPDATE counters SET commits = commits + 1, position = ")
        .bind(signed(head.position.0))?;
    text.push(", version = ").bind(signed(head.version.0))?;
    text.push(", recorded_at = greatest(recorded_at, ").bind(*recorded_at)?;
    text.push(") WHERE commits = ").bind(*commits)?;
    text.push(" RETURNING commits), w AS (INSERT INTO writers (id, serial, seen) SELECT ").bind(*writer)?;
    text.push(", ").bind(*serial)?;
    text.push(
        ", now() FROM c ON CONFLICT (id) DO UPDATE SET serial = excluded.serial, seen = excluded.seen)",
    );
    Ok(())
}

/// Values that are mostly missing. Where all are, the list is empty: what `unnest` finds too short it fills up.
pub(super) fn sparse<T>(values: impl Iterator<Item = Option<T>>) -> Vec<Option<T>> {
    let values: Vec<_> = values.collect();
    if values.iter().all(Option::is_none) { Vec::new() } else { values }
}

fn insert_events(text: &mut Statement, store: &PostgresStore, events: &[Arc<Event>]) -> Result<()> {
    let Some(first) = events.first() else { return Ok(()) };
    let context = |event: &Arc<Event>| {
        let number = store.names.context(&event.context);
        number.ok_or_else(|| damaged(format!("context {} is not in the store", event.context)))
    };
    let facts = || events.iter().map(|event| &event.fact);
    let origin = |event: &Arc<Event>| {
        let origin = event.fact.origin.as_ref()?;
        let key = crate::words::DomainKey { context: event.context.clone(), domain: origin.domain.clone() };
        store.names.domain(&key)
    };
    let metadata: Vec<_> = facts().map(|fact| metadata(fact)).collect::<Result<_>>()?;
    let depth = |depth: u32| i32::try_from(depth).ok().filter(|depth| *depth > 0);
    text.push(concat!(", e AS (INSERT INTO events (", event_columns!(), ") SELECT "));
    text.bind(signed(first.position.0) - 1)?;
    text.push(" + n, context, id, entity, type, data, metadata, ").bind(Micros(first.recorded_at))?;
    text.push(", cause, coalesce(depth, 0), origin, origin_entity FROM c CROSS JOIN unnest(");
    text.bind(events.iter().map(context).collect::<Result<Vec<_>>>()?)?.push(", ");
    text.bind(facts().map(|fact| kept(fact.id)).collect::<Vec<_>>())?.push(", ");
    text.bind(facts().map(|fact| uuid(fact.entity)).collect::<Vec<_>>())?.push(", ");
    text.bind(facts().map(|fact| fact.event_type.as_str()).collect::<Vec<_>>())?.push(", ");
    text.bind(facts().map(|fact| fact.data.as_slice()).collect::<Vec<_>>())?.push(", ");
    text.bind(sparse(metadata.into_iter()))?.push(", ");
    text.bind(sparse(facts().map(|fact| fact.cause.map(kept))))?.push(", ");
    text.bind(sparse(facts().map(|fact| depth(fact.depth))))?.push(", ");
    text.bind(sparse(events.iter().map(origin)))?.push(", ");
    text.bind(sparse(facts().map(|fact| fact.origin.as_ref().map(|origin| entity_key(origin.entity)))))?;
    text.push(") WITH ORDINALITY AS e (context, id, entity, type, data, metadata, cause, depth, origin, ");
    text.push("origin_entity, n))");
    Ok(())
}

/// Of a row whose version stays, the model stays as well.
const WRITE_ROWS: &str = " ON CONFLICT (domain, entity) DO UPDATE SET \
     model = CASE WHEN models.version = excluded.version THEN models.model ELSE excluded.model END, \
     version = excluded.version, folded = excluded.folded, emitted = excluded.emitted, last = excluded.last, \
     activation = excluded.activation, since = excluded.since, older = excluded.older, \
     parked = excluded.parked, events = excluded.events)";

fn write_rows(text: &mut Statement, store: &PostgresStore, rows: &[RowWrite<'_>]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let reductions = || rows.iter().map(|row| row.reduction);
    let made_by: Vec<_> = reductions().map(|row| made_by(&row.made_by)).collect::<Result<_>>()?;
    let parked: Vec<_> =
        reductions().map(|row| row.parked.as_ref().map(to_json).transpose()).collect::<Result<_>>()?;
    text.push(concat!(", m AS (INSERT INTO models (domain, ", model_columns!(), ") SELECT domain, "));
    text.push(concat!(model_columns!(), " FROM c CROSS JOIN unnest("));
    text.bind(domains(store, rows)?)?.push(", ");
    text.bind(reductions().map(|row| entity_key(row.entity)).collect::<Vec<_>>())?.push(", ");
    text.bind(rows.iter().map(model).collect::<Vec<_>>())?.push(", ");
    text.bind(rows.iter().map(|row| signed(row.version.0)).collect::<Vec<_>>())?.push(", ");
    text.bind(reductions().map(|row| signed(row.folded.0)).collect::<Vec<_>>())?.push(", ");
    text.bind(reductions().map(|row| signed(row.emitted.0)).collect::<Vec<_>>())?.push(", ");
    text.bind(reductions().map(|row| row.last.map(kept)).collect::<Vec<_>>())?.push(", ");
    text.bind(made_by.iter().map(|((activation, _), _)| *activation).collect::<Vec<_>>())?.push(", ");
    text.bind(made_by.iter().map(|((_, since), _)| *since).collect::<Vec<_>>())?.push(", ");
    text.bind(sparse(made_by.into_iter().map(|(_, older)| older)))?.push(", ");
    text.bind(sparse(parked.into_iter()))?.push(", ");
    text.bind(reductions().map(|row| signed(row.events)).collect::<Vec<_>>())?;
    text.push(concat!(") AS m (domain, ", model_columns!(), ")")).push(WRITE_ROWS);
    Ok(())
}

fn model<'a>(row: &RowWrite<'a>) -> Option<&'a [u8]> {
    match row.model {
        ModelWrite::Put(model) => Some(model),
        ModelWrite::Keep | ModelWrite::Delete => None,
    }
}

/// The numbers of the rows' domains.
pub(super) fn domains<'a, 'b: 'a>(
    store: &PostgresStore,
    rows: impl IntoIterator<Item = &'a RowWrite<'b>>,
) -> Result<Vec<i64>> {
    let number = |row: &RowWrite<'_>| {
        let key = &row.reduction.key;
        store.names.domain(key).ok_or_else(|| damaged(format!("domain {key} is not in the store")))
    };
    rows.into_iter().map(number).collect()
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
