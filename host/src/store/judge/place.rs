//! Plans that are written further on than they were judged.

use std::sync::Arc;

use super::*;

impl Known {
    /// Whether something of it is newer than the head: the store has counted on since that was read.
    #[must_use]
    pub fn is_ahead(&self) -> bool {
        let Head { position, version } = self.head;
        self.events.values().any(|(at, _)| *at > position)
            || self.rows.values().any(|(at, folded)| *at > version || *folded > position)
    }
}

impl Plan<'_> {
    /// Moves all numbers that the plan gives: others wrote since it was judged, and the store had counted so far
    /// when it was written. Of what was known, nothing may be newer than the plan's own head before.
    pub fn place(&mut self, before: Head, recorded_at: i64) {
        let from = std::mem::replace(&mut self.before, before);
        let position = |at: &mut Position| {
            if *at > from.position {
                at.0 = at.0 - from.position.0 + before.position.0;
            }
        };
        let version = |at: &mut Version| {
            if *at > from.version {
                at.0 = at.0 - from.version.0 + before.version.0;
            }
        };
        position(&mut self.head.position);
        version(&mut self.head.version);
        // Where it gives none, they are where they were.
        self.head.position = self.head.position.max(before.position);
        self.head.version = self.head.version.max(before.version);
        for event in &mut self.events {
            // Nobody else has it yet, so nothing is copied.
            let event = Arc::make_mut(event);
            position(&mut event.position);
            event.recorded_at = recorded_at;
        }
        self.rows.iter_mut().for_each(|row| version(&mut row.version));
        for answer in &mut self.appends {
            match answer {
                Ok(appended) => appended.iter_mut().for_each(|one| position(&mut one.position)),
                Err(AppendRefusal::Conflict { position: at, .. }) => position(at),
                Err(AppendRefusal::Unmet { .. }) => {}
            }
        }
        for outcome in &mut self.reductions {
            if let ReductionOutcome::Committed { version: at, .. } = outcome {
                version(at);
            }
        }
    }
}
