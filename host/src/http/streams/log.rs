//! Reads the log on and on: a context's events, or those of them that a domain folds.

use std::sync::Arc;

use crate::{
    Host,
    error::Error,
    http::render,
    store::LogQuery,
    words::{ContextName, DomainKey, DomainName, Event, EventType, Position},
};

/// A place in the log, and what is wanted from there on.
pub(crate) struct LogReader {
    host: Host,
    /// Whose events.
    pub(crate) context: ContextName,
    domain: Option<DomainName>,
    /// Only events of these types; empty: of all.
    pub(crate) types: Vec<EventType>,
    /// Only events recorded at or after this time, in microseconds since the Unix epoch.
    pub(crate) since: Option<i64>,
    /// Everything up to here was read or is not wanted.
    pub(crate) after: Position,
}

impl LogReader {
    /// The events of a context, from the start of the log.
    pub(crate) fn of_context(host: Host, context: ContextName) -> Self {
        Self { host, context, domain: None, types: Vec::new(), since: None, after: Position(0) }
    }

    /// The events of a context that a domain folds, from the start of the log.
    pub(crate) fn of_domain(host: Host, key: DomainKey) -> Self {
        Self { domain: Some(key.domain), ..Self::of_context(host, key.context) }
    }

    pub(super) fn host(&self) -> &Host {
        &self.host
    }

    /// The next events, at most `limit`. Fewer means that no more are there yet.
    pub(crate) async fn read(&mut self, limit: u32) -> Result<Vec<Arc<Event>>, Error> {
        // Taken before reading: what is committed meanwhile may be missing from the answer.
        let head = self.host.head().position;
        let Some(types) = self.wanted()? else {
            self.after = self.after.max(head);
            return Ok(Vec::new());
        };
        let context = Some(self.context.clone());
        let query = LogQuery { context, after: self.after, since: self.since, types, limit };
        let events = self.host.log(&query).await?;
        if let Some(last) = events.last() {
            self.after = last.position;
            // Times never run backwards: what follows is recent enough.
            self.since = None;
        }
        if !render::is_full(events.len(), limit) {
            self.after = self.after.max(head);
        }
        Ok(events)
    }

    /// The types to ask for (empty: all), or none if no type is wanted at all. A domain's module may
    /// change while its events are followed, so this is asked for each page.
    fn wanted(&self) -> Result<Option<Vec<EventType>>, Error> {
        let Some(domain) = &self.domain else { return Ok(Some(self.types.clone())) };
        let key = DomainKey { context: self.context.clone(), domain: domain.clone() };
        let domain = self.host.require_domain(&key)?;
        let taken = domain.module().map_or(&[][..], |(_, descriptor)| &descriptor.event_types);
        let taken: Vec<EventType> = taken.iter().filter_map(|name| name.parse().ok()).collect();
        Ok(both(&self.types, taken))
    }
}

/// The types in both lists, where an empty list stands for all types; none if there is no such type.
fn both(asked: &[EventType], taken: Vec<EventType>) -> Option<Vec<EventType>> {
    if asked.is_empty() {
        return Some(taken);
    }
    if taken.is_empty() {
        return Some(asked.to_vec());
    }
    let common: Vec<_> = taken.into_iter().filter(|name| asked.contains(name)).collect();
    if common.is_empty() { None } else { Some(common) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(names: &[&str]) -> Vec<EventType> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn an_empty_list_stands_for_all_types() {
        assert_eq!(both(&[], types(&[])), Some(types(&[])));
        assert_eq!(both(&types(&["A"]), types(&[])), Some(types(&["A"])));
        assert_eq!(both(&[], types(&["A"])), Some(types(&["A"])));
        assert_eq!(both(&types(&["A", "B"]), types(&["B", "C"])), Some(types(&["B"])));
        assert_eq!(both(&types(&["A"]), types(&["B"])), None);
    }
}
