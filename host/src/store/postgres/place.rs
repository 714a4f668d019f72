//! Where a commit came to lie. Its numbers are given by the database, which alone knows what others wrote before it.

use sqlx::{Row as _, postgres::PgRow};

use crate::{
    store::{Head, Result, judge::Plan, rows::number},
    words::{ActivationNumber, Position, Version},
};

use super::types::Micros;

/// Where the counters were before a commit, and when it recorded its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub(super) before: Head,
    pub(super) recorded_at: i64,
}

impl Place {
    pub(super) fn new((position, version, recorded_at): (i64, i64, Micros)) -> Result<Self> {
        let before = Head { position: Position(number(position)?), version: Version(number(version)?) };
        Ok(Self { before, recorded_at: recorded_at.0 })
    }

    /// Reads what a commit's first statement told, behind the number of the commit.
    pub(super) fn told(row: &PgRow) -> Result<(i64, Self)> {
        Ok((row.try_get(0)?, Self::new((row.try_get(1)?, row.try_get(2)?, row.try_get(3)?))?))
    }
}

/// An answer whose numbers may depend on where a commit came to lie.
pub(super) trait Placed {
    /// Sets them. To do so twice is harmless.
    fn place(&mut self, place: Place);
}

impl Placed for Plan<'_> {
    fn place(&mut self, place: Place) {
        Self::place(self, place.before, place.recorded_at);
    }
}

/// An activation's number and the log's head, which were read under the lock.
impl Placed for (ActivationNumber, Position) {
    fn place(&mut self, _: Place) {}
}
