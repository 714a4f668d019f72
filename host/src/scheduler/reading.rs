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
        if domain.reading || domain.cursor >= head {
            return false;
        }
        let recent = self.feed.next(domain.cursor, PAGE as usize);
        if let Some(recent) = recent.filter(|recent| !recent.is_empty()) {
            for event in recent {
                domain.push(event);
            }
            return true;
        }
        domain.reading = true;
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
        domain.visit.reading = true;
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
                domain.reading = false;
                let is_last = events.len() < PAGE as usize;
                for event in events {
                    domain.push(Arc::new(event));
                }
                if is_last {
                    domain.cursor = domain.cursor.max(self.head);
                }
            }
            Err(error) => {
                domain.failed_to_read = true;
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
                domain.failed_to_read = true;
                tracing::warn!(domain = %self.key, %error, "entities could not be read; it is tried again");
            }
        }
    }
}
