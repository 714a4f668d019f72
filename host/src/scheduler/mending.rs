//! A row that is stuck under `occurred`, with more waiting than one page: what mends it may lie further on.

use crate::store::{HistoryCursor, StoreError};

use super::{history::Halt, outcome::Folded, reduce::Reducer, state::Fold};

impl Reducer<'_> {
    /// Goes through the pages behind the one that a fold is stuck in, in the order of positions, until an event
    /// that sorts before the failing one mends it. Without this a row would be tried with its first page again
    /// and again, because a mending event is known to wait.
    pub(super) async fn mend(&self, fold: &Fold<'_>, mut folded: Folded) -> Result<Folded, StoreError> {
        while folded.more
            && let Some(stuck) = &folded.stuck
        {
            self.history.turn.make_way().await;
            let page = self.history.read(fold, HistoryCursor::Position(folded.tried), None).await?;
            folded.more = page.len() == self.history.serving.events_at_once();
            let newest = page.last().map_or(folded.tried, |event| event.position);
            let mut failing = stuck.event.fact.id;
            for event in self.history.taken(page) {
                if event.fact.id >= failing {
                    continue;
                }
                match self.history.refold(fold, event.position).await {
                    Ok(state) => {
                        // What lies behind it waits on, as for any row that goes on.
                        return Ok(Folded {
                            state,
                            refolded: true,
                            tried: event.position,
                            more: true,
                            stuck: None,
                        });
                    }
                    Err(Halt::Stuck(stuck)) => {
                        failing = stuck.event.fact.id;
                        folded.stuck = Some(stuck);
                    }
                    Err(Halt::Store(error)) => return Err(error),
                }
            }
            folded.tried = folded.tried.max(newest);
        }
        Ok(folded)
    }
}
