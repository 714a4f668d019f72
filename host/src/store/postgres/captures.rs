//! Captures of failed reductions: written where a row parks, deleted where it does so no more.

use crate::store::{CaptureWrite, Result, judge::RowWrite};

use super::{PostgresStore, rows::domains, statement::Statement, types::entity_key};

/// Adds what becomes of captures to a statement. Where no row parks or is mended, nothing is added.
pub(super) fn write(text: &mut Statement, store: &PostgresStore, rows: &[RowWrite<'_>]) -> Result<()> {
    let entities =
        |rows: &[&RowWrite<'_>]| rows.iter().map(|row| entity_key(row.reduction.entity)).collect::<Vec<_>>();
    let gone: Vec<_> = rows.iter().filter(|row| *row.capture == CaptureWrite::Delete).collect();
    if !gone.is_empty() {
        text.push(", g AS (DELETE FROM captures USING c, unnest(")
            .bind(domains(store, gone.iter().copied())?)?;
        text.push(", ").bind(entities(&gone))?;
        text.push(") AS g (of_domain, of_entity) WHERE domain = of_domain AND entity = of_entity)");
    }
    let put: Vec<_> = rows.iter().filter(|row| capture(row).is_some()).collect();
    if !put.is_empty() {
        text.push(", p AS (INSERT INTO captures SELECT domain, entity, capture FROM c CROSS JOIN unnest(");
        text.bind(domains(store, put.iter().copied())?)?.push(", ").bind(entities(&put))?.push(", ");
        text.bind(put.iter().map(|row| capture(row)).collect::<Vec<_>>())?;
        text.push(") AS p (domain, entity, capture) ");
        text.push("ON CONFLICT (domain, entity) DO UPDATE SET capture = excluded.capture)");
    }
    Ok(())
}

fn capture<'a>(row: &RowWrite<'a>) -> Option<&'a [u8]> {
    match row.capture {
        CaptureWrite::Put(capture) => Some(capture),
        CaptureWrite::Keep | CaptureWrite::Delete => None,
    }
}
