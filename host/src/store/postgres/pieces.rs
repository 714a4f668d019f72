//! What is to be written, cut into pieces that one statement can take.

use std::{ops::Range, sync::Arc};

use crate::{
    store::{
        CaptureWrite, Mark, ModelWrite,
        judge::{Plan, RowWrite},
    },
    words::Event,
};

use super::snapshots::{Change, Changes};

/// A statement has values of so many bytes at most (or a single one that is larger): Postgres takes no message of
/// a gigabyte. In tests few, so that they cover several pieces.
const PIECE_BYTES: usize = if cfg!(test) { 32 << 10 } else { 32 << 20 };

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
