//! Reads the log and the entities for the scheduler, without ever holding it up: what is not in memory
//! is read by a task of its own, which answers with a message.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use crate::{
    feed::Feed,
    store::{LogQuery, Result, Store},
    words::{DomainKey, EntityId, Event, Position},
};

use super::{domain::Domain, message::Message, serving::Under, workers::Tools};

/// Events or entities read at once.
const PAGE: u32 = 1000;

pub(super) struct Reading {
    store: Arc<dyn Store>,
    feed: Arc<Feed>,
    inbox: UnboundedSender<Message>,
}

/// Where the next page of something is. Each thing that is read has its own: one that fails says nothing of
/// another that is on its way, and what is asked for twice would be counted twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Page {
    /// Nobody has asked for it.
    #[default]
    Unasked,
    /// It is on its way from the store.
    Awaited,
    /// The store failed to give it; it is asked again after a while.
    Failed,
}

impl Page {
    /// Lets the store be asked again where it failed.
    pub(super) fn ask_again(&mut self) {
        if *self == Self::Failed {
            *self = Self::Unasked;
        }
    }
}

/// A page of the log.
pub(super) struct LogRead {
    pub(super) key: DomainKey,
    pub(super) under: Under,
    /// The log's head before it was read.
    head: Position,
    events: Result<Vec<Event>>,
}

/// A page of entities to be visited.
pub(super) struct EntitiesRead {
    pub(super) key: DomainKey,
    pub(super) under: Under,
    entities: Result<Vec<EntityId>>,
    /// How many there are in all; asked for once.
    total: Option<u64>,
}

impl Reading {
    pub(super) fn new(tools: &Tools) -> Self {
        Self { store: Arc::clone(&tools.store), feed: Arc::clone(&tools.feed), inbox: tools.inbox.clone() }
    }

    /// Brings new events to a domain: at once if they are in memory, otherwise by a message. Tells whether
    /// more can be had at once.
    pub(super) fn log(&self, domain: &mut Domain, head: Position) -> bool {
        if domain.page != Page::Unasked || domain.cursor >= head {
            return false;
        }
        let recent = self.feed.next(domain.cursor, PAGE as usize);
        if let Some(recent) = recent.filter(|recent| !recent.is_empty()) {
            for event in recent {
                domain.push(event);
            }
            return true;
        }
        domain.page = Page::Awaited;
        let (store, inbox) = (Arc::clone(&self.store), self.inbox.clone());
        let (key, under) = (domain.serving.key.clone(), domain.serving.under());
        let query = LogQuery {
            context: Some(key.context.clone()),
            after: domain.cursor,
            since: None,
            up_to: None,
            types: Vec::new(),
            limit: PAGE,
        };
        tokio::spawn(async move {
            let events = store.log(&query).await;
            drop(inbox.send(Message::LogRead(LogRead { key, under, head, events })));
        });
        false
    }

    /// Brings the next entities that are to be visited to a domain, by a message.
    pub(super) fn entities(&self, domain: &mut Domain) {
        if domain.serving.share.slots.are_none() {
            return domain.visit.arrived(0, None, true);
        }
        if domain.serving.module.descriptor().is_whole_context() {
            let is_here = domain.serving.holds(None);
            domain.visit.arrived(usize::from(is_here), None, true);
            if is_here {
                domain.visit(None);
            }
            return;
        }
        domain.visit.page = Page::Awaited;
        let (store, inbox) = (Arc::clone(&self.store), self.inbox.clone());
        let (key, under) = (domain.serving.key.clone(), domain.serving.under());
        let (after, is_whole) = (domain.visit.after, domain.serving.share.slots.are_all());
        // How many of them are this host's is seen only on the way.
        let is_first = is_whole && domain.visit.total.is_none();
        tokio::spawn(async move {
            let entities = store.entities(&key.context, after, PAGE).await;
            let total = if is_first { store.count_entities(&key.context).await.ok() } else { None };
            drop(inbox.send(Message::EntitiesRead(EntitiesRead { key, under, entities, total })));
        });
    }
}

impl LogRead {
    pub(super) fn arrive(self, domain: &mut Domain) {
        match self.events {
            Ok(events) => {
                domain.page = Page::Unasked;
                let is_last = events.len() < PAGE as usize;
                for event in events {
                    domain.push(Arc::new(event));
                }
                if is_last {
                    domain.cursor = domain.cursor.max(self.head);
                }
            }
            Err(error) => {
                domain.page = Page::Failed;
                tracing::warn!(domain = %self.key, %error, "the log could not be read; it is tried again");
            }
        }
    }
}

impl EntitiesRead {
    pub(super) fn arrive(self, domain: &mut Domain) {
        domain.visit.total = domain.visit.total.or(self.total);
        match self.entities {
            Ok(entities) => {
                let is_last = entities.len() < PAGE as usize;
                let last = entities.last().copied();
                let here: Vec<_> =
                    entities.into_iter().map(Some).filter(|entity| domain.serving.holds(*entity)).collect();
                domain.visit.arrived(here.len(), last, is_last);
                here.into_iter().for_each(|entity| domain.visit(entity));
            }
            Err(error) => {
                domain.visit.page = Page::Failed;
                tracing::warn!(domain = %self.key, %error, "entities could not be read; it is tried again");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        scheduler::{
            tests::{activation, descriptor, entity, keeps, serving},
            visit::Visit,
        },
        store::StoreError,
    };

    use super::*;

    fn log_read(domain: &Domain, events: Result<Vec<Event>>) -> LogRead {
        let (key, under) = (domain.serving.key.clone(), domain.serving.under());
        LogRead { key, under, head: Position(7), events }
    }

    fn entities_read(domain: &Domain, entities: Result<Vec<EntityId>>) -> EntitiesRead {
        let (key, under) = (domain.serving.key.clone(), domain.serving.under());
        EntitiesRead { key, under, entities, total: None }
    }

    /// A domain for which both the log and the entities are being read.
    fn domain() -> Domain {
        let serving = serving(vec![activation(1, 0, Some(("m", descriptor(&[]))))], keeps);
        let mut domain = Domain::new(Arc::new(serving), Position(0), Visit::begin(), 1 << 20);
        (domain.page, domain.visit.page) = (Page::Awaited, Page::Awaited);
        domain
    }

    #[test]
    fn entities_that_are_on_their_way_are_not_asked_for_again_because_the_log_failed() {
        let mut domain = domain();
        log_read(&domain, Err(StoreError::crashed())).arrive(&mut domain);
        assert_eq!(domain.page, Page::Failed, "not at once");
        domain.read_again();
        assert_eq!((domain.page, domain.visit.wants_more()), (Page::Unasked, false));
        entities_read(&domain, Ok(vec![entity(1)])).arrive(&mut domain);
        assert_eq!(domain.visit.progress(), (0, 1));
    }

    #[test]
    fn the_log_that_is_on_its_way_is_not_asked_for_again_because_entities_failed() {
        let mut domain = domain();
        entities_read(&domain, Err(StoreError::crashed())).arrive(&mut domain);
        assert!(!domain.visit.wants_more(), "not at once");
        domain.read_again();
        assert_eq!((domain.page, domain.visit.wants_more()), (Page::Awaited, true));
        log_read(&domain, Ok(Vec::new())).arrive(&mut domain);
        assert_eq!((domain.page, domain.cursor), (Page::Unasked, Position(7)));
    }
}
