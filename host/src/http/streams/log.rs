//! Reads the log on and on: a context's events, those of them that a domain folds, or an entity's.

use std::sync::Arc;

use crate::{
    Host,
    error::Error,
    http::render,
    store::{Head, LogQuery},
    words::{ContextName, DomainKey, DomainName, EntityId, Event, EventType, Position, TypePattern},
};

/// So many positions are looked at for one answer where a stream asks, so that it hears how far it has come.
const STRETCH: u64 = 50_000;

/// A place in the log, and what is wanted from there on.
pub(crate) struct LogReader {
    host: Host,
    /// Whose events.
    pub(crate) context: ContextName,
    domain: Option<DomainName>,
    /// Only those of this entity.
    pub(crate) entity: Option<EntityId>,
    /// Only events of these types; empty: of all.
    pub(crate) types: Vec<TypePattern>,
    /// Only events recorded at or after this time, in microseconds since the Unix epoch.
    pub(crate) since: Option<i64>,
    /// Everything up to here was read or is not wanted.
    pub(crate) after: Position,
}

impl LogReader {
    /// The events of a context, from the start of the log.
    pub(crate) fn of_context(host: Host, context: ContextName) -> Self {
        Self { host, context, domain: None, entity: None, types: Vec::new(), since: None, after: Position(0) }
    }

    /// The events of a context that a domain folds, from the start of the log.
    pub(crate) fn of_domain(host: Host, key: DomainKey) -> Self {
        Self { domain: Some(key.domain), ..Self::of_context(host, key.context) }
    }

    /// The events of an entity, from the start of the log.
    pub(crate) fn of_entity(host: Host, context: ContextName, entity: EntityId) -> Self {
        Self { entity: Some(entity), ..Self::of_context(host, context) }
    }

    pub(super) fn host(&self) -> &Host {
        &self.host
    }

    /// The next events, at most `limit`. Fewer means that no more are there yet.
    pub(crate) async fn read(&mut self, limit: u32) -> Result<Vec<Arc<Event>>, Error> {
        self.read_up_to(None, limit).await
    }

    /// The next events of the stretch of the log that comes next, at most `limit`: fewer, or none, means that it
    /// was read to its end.
    pub(super) async fn read_stretch(&mut self, limit: u32) -> Result<Vec<Arc<Event>>, Error> {
        // Where a time is to be found first, the stretch begins there.
        let up_to = self.since.is_none().then(|| Position(self.after.0.saturating_add(STRETCH)));
        self.read_up_to(up_to, limit).await
    }

    async fn read_up_to(&mut self, up_to: Option<Position>, limit: u32) -> Result<Vec<Arc<Event>>, Error> {
        // Taken before reading: what is committed meanwhile may be missing from the answer.
        let Head { position: head, .. } = self.host.head();
        let end = up_to.map_or(head, |up_to| up_to.min(head));
        let Some(types) = self.wanted()? else {
            self.after = self.after.max(end);
            return Ok(Vec::new());
        };
        let context = Some(self.context.clone());
        let query = LogQuery { context, after: self.after, since: self.since, up_to, types, limit };
        let events = match self.entity {
            Some(entity) => self.host.log_of(entity, &query).await?,
            None => self.host.log(&query).await?,
        };
        if let Some(last) = events.last() {
            self.after = last.position;
            // Times never run backwards: what follows is recent enough.
            self.since = None;
        }
        if !render::is_full(events.len(), limit) {
            self.after = self.after.max(end);
        }
        Ok(events)
    }

    /// The types to ask for (empty: all), or none if no type is wanted at all. A domain's module may
    /// change while its events are followed, so this is asked for each page.
    fn wanted(&self) -> Result<Option<Vec<TypePattern>>, Error> {
        let Some(domain) = &self.domain else { return Ok(Some(self.types.clone())) };
        let key = DomainKey { context: self.context.clone(), domain: domain.clone() };
        let domain = self.host.require_domain(&key)?;
        let taken = domain.module().map_or(&[][..], |(_, descriptor)| &descriptor.event_types);
        Ok(both(&self.types, taken.iter().filter_map(|name| name.parse().ok())))
    }
}

/// The types that are in both, where none at all stand for all types; none if there is no such type.
fn both(asked: &[TypePattern], taken: impl Iterator<Item = EventType>) -> Option<Vec<TypePattern>> {
    let mut taken = taken.peekable();
    if taken.peek().is_none() {
        return Some(asked.to_vec());
    }
    let common = taken.filter(|name| TypePattern::any_matches(asked, name)).map(TypePattern::Exactly);
    let common: Vec<_> = common.collect();
    if common.is_empty() { None } else { Some(common) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common(asked: &[&str], taken: &[&str]) -> Option<Vec<String>> {
        let asked: Vec<TypePattern> = asked.iter().map(|name| name.parse().unwrap()).collect();
        let common = both(&asked, taken.iter().map(|name| name.parse().unwrap()))?;
        Some(common.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn an_empty_list_stands_for_all_types() {
        let list = |names: &[&str]| Some(names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(common(&[], &[]), list(&[]));
        assert_eq!(common(&["A*"], &[]), list(&["A*"]));
        assert_eq!(common(&[], &["A"]), list(&["A"]));
        assert_eq!(common(&["A", "B"], &["B", "C"]), list(&["B"]));
        assert_eq!(common(&["B*", "D"], &["A", "Bc", "B"]), list(&["Bc", "B"]));
        assert_eq!(common(&["A"], &["B"]), None);
    }
}
