//! Events by position.

use std::sync::Arc;

use super::{Host, Result};
use crate::{
    store::{HistoryCursor, HistoryQuery, LogQuery},
    words::{EntityId, Event, Position, TypePattern},
};

impl Host {
    /// Events by position, as the query asks. Answered from memory where the reader is nearly up to date.
    ///
    /// # Errors
    /// [`Error::Store`](crate::error::Error::Store).
    pub async fn log(&self, query: &LogQuery) -> Result<Vec<Arc<Event>>> {
        if let Some(recent) = self.recent(query, |_| true) {
            return Ok(recent);
        }
        Ok(self.0.store.log(query).await?.into_iter().map(Arc::new).collect())
    }

    /// The same of one entity, found by the index: it takes no longer where others have many events. Without a
    /// context there are none.
    ///
    /// # Errors
    /// As for [`Self::log`].
    pub async fn log_of(&self, entity: EntityId, query: &LogQuery) -> Result<Vec<Arc<Event>>> {
        let Some(context) = &query.context else { return Ok(Vec::new()) };
        if let Some(recent) = self.recent(query, |event| event.fact.entity == entity) {
            return Ok(recent);
        }
        let most = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let (mut found, mut after) = (Vec::new(), query.after);
        loop {
            let page = HistoryQuery {
                context: context.clone(),
                entity,
                after: HistoryCursor::Position(after),
                up_to: query.up_to,
                limit: query.limit,
            };
            let events = self.0.store.history(&page).await?;
            let is_last = events.len() < most;
            after = events.last().map_or(after, |event| event.position);
            found.extend(events.into_iter().filter(|event| is_wanted(query, event)).map(Arc::new));
            if is_last || found.len() >= most {
                found.truncate(most);
                return Ok(found);
            }
        }
    }

    fn recent(&self, query: &LogQuery, also: impl Fn(&Event) -> bool) -> Option<Vec<Arc<Event>>> {
        if query.since.is_some() {
            return None;
        }
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        self.0.feed.recent(query.after, limit, |event| is_wanted(query, event) && also(event))
    }
}

fn is_wanted(query: &LogQuery, event: &Event) -> bool {
    query.context.as_ref().is_none_or(|context| event.context == *context)
        && query.up_to.unwrap_or(Position(u64::MAX)) >= event.position
        && query.since.is_none_or(|since| event.recorded_at >= since)
        && TypePattern::any_matches(&query.types, &event.fact.event_type)
}
