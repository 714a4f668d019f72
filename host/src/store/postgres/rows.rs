//! Rows of models in the statement of a commit. Each is written only if it is as it was read: others may have got in
//! between, whatever is remembered.

use uuid::Uuid;

use crate::{
    store::{
        ModelWrite, Result,
        judge::RowWrite,
        rows::{damaged, made_by, model_columns, signed, to_json},
    },
    words::{Position, Version},
};

use super::{
    PostgresStore,
    statement::Statement,
    types::{entity_key, kept},
};

/// The values of [`bind`], by name.
const VALUES: &str = ") AS r (of_domain, of_entity, new_model, new_version, new_folded, new_emitted, new_last, \
     new_activation, new_since, new_older, new_parked, new_events";
/// A version that is given is told as how far behind the counter it lies, below nothing.
const VERSION: &str = "CASE WHEN new_version < 0 THEN old_version - new_version ELSE new_version END";
/// Where a row was not there, it may have been there without anything in it, because its first event parked it.
const NOTHING_IN_IT: &str = " ON CONFLICT (domain, entity) DO UPDATE SET model = excluded.model, \
     version = excluded.version, folded = excluded.folded, emitted = excluded.emitted, last = excluded.last, \
     activation = excluded.activation, since = excluded.since, older = excluded.older, \
     parked = excluded.parked, events = excluded.events \
     WHERE models.version = 0 AND models.folded = 0 RETURNING 1)";
/// Of a row whose version stays, the model stays as well.
const UPDATE: &str = ", u AS (UPDATE models SET \
     model = CASE WHEN new_version < 0 THEN new_model ELSE models.model END, version = ";
const UPDATE_THE_REST: &str = ", folded = new_folded, emitted = new_emitted, last = new_last, \
     activation = new_activation, since = new_since, older = new_older, parked = new_parked, \
     events = new_events FROM c CROSS JOIN unnest(";
const AS_READ: &str = ", seen_version, seen_folded) WHERE models.domain = of_domain AND models.entity = of_entity \
     AND models.version = seen_version AND models.folded = seen_folded RETURNING 1)";

fn is_new(row: &&RowWrite<'_>) -> bool {
    row.seen == (Version(0), Position(0))
}

/// Adds the rows to a statement. Versions above `before` are those that the commit gives.
pub(super) fn write(
    text: &mut Statement,
    store: &PostgresStore,
    rows: &[RowWrite<'_>],
    before: Version,
) -> Result<()> {
    let (new, known): (Vec<_>, Vec<_>) = rows.iter().partition(is_new);
    if !new.is_empty() {
        text.push(concat!(", m AS (INSERT INTO models (domain, ", model_columns!(), ") SELECT of_domain, "));
        text.push("of_entity, new_model, ").push(VERSION);
        text.push(", new_folded, new_emitted, new_last, new_activation, new_since, new_older, new_parked, ");
        text.push("new_events FROM c CROSS JOIN unnest(");
        bind(text, store, &new, before)?;
        text.push(VALUES).push(")").push(NOTHING_IN_IT);
    }
    if !known.is_empty() {
        text.push(UPDATE).push(VERSION).push(UPDATE_THE_REST);
        bind(text, store, &known, before)?;
        text.push(", ").bind(known.iter().map(|row| signed(row.seen.0.0)).collect::<Vec<_>>())?;
        text.push(", ").bind(known.iter().map(|row| signed(row.seen.1.0)).collect::<Vec<_>>())?;
        text.push(VALUES).push(AS_READ);
    }
    Ok(())
}

/// Adds a value that can only be had if every one of the rows was written: the number of the commit.
pub(super) fn check(text: &mut Statement, rows: &[RowWrite<'_>]) -> Result<()> {
    let count = |new: bool| rows.iter().map(|row| i64::from(is_new(&row) == new)).sum::<i64>();
    text.push("CASE WHEN true");
    for (count, written) in [(count(true), "m"), (count(false), "u")] {
        if count > 0 {
            text.push(" AND (SELECT count(*) FROM ").push(written).push(") = ").bind(count)?;
        }
    }
    text.push(" THEN commits ELSE everfold_overtaken() END");
    Ok(())
}

fn bind(text: &mut Statement, store: &PostgresStore, rows: &[&RowWrite<'_>], before: Version) -> Result<()> {
    let reductions = || rows.iter().map(|row| row.reduction);
    let made_by: Vec<_> = reductions().map(|row| made_by(&row.made_by)).collect::<Result<_>>()?;
    let parked: Vec<_> =
        reductions().map(|row| row.parked.as_ref().map(to_json).transpose()).collect::<Result<_>>()?;
    let version = |row: &&RowWrite<'_>| match row.version.0.checked_sub(before.0) {
        Some(given) if given > 0 => -signed(given),
        _ => signed(row.version.0),
    };
    text.bind(domains(store, rows.iter().copied())?)?.push(", ");
    text.bind(reductions().map(|row| entity_key(row.entity)).collect::<Vec<_>>())?.push(", ");
    text.bind(rows.iter().map(|row| model(row)).collect::<Vec<_>>())?.push(", ");
    text.bind(rows.iter().map(version).collect::<Vec<_>>())?.push(", ");
    text.bind(reductions().map(|row| signed(row.folded.0)).collect::<Vec<_>>())?.push(", ");
    text.bind(reductions().map(|row| signed(row.emitted.0)).collect::<Vec<_>>())?.push(", ");
    text.bind(reductions().map(|row| row.last.map(kept)).collect::<Vec<Option<Uuid>>>())?.push(", ");
    text.bind(made_by.iter().map(|((activation, _), _)| *activation).collect::<Vec<_>>())?.push(", ");
    text.bind(made_by.iter().map(|((_, since), _)| *since).collect::<Vec<_>>())?.push(", ");
    text.bind(sparse(made_by.into_iter().map(|(_, older)| older)))?.push(", ");
    text.bind(sparse(parked.into_iter()))?.push(", ");
    text.bind(reductions().map(|row| signed(row.events)).collect::<Vec<_>>())?;
    Ok(())
}

/// Values that are mostly missing. Where all are, the list is empty: what `unnest` finds too short it fills up.
fn sparse<T>(values: impl Iterator<Item = Option<T>>) -> Vec<Option<T>> {
    let values: Vec<_> = values.collect();
    if values.iter().all(Option::is_none) { Vec::new() } else { values }
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
