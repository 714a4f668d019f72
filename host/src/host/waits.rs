//! Waiting until a domain has folded what was appended.

use std::time::Duration;

use tokio::time::timeout;

use super::{Host, Result};
use crate::{
    error::Error,
    scheduler::Tried,
    store::{HistoryCursor, HistoryQuery, LogQuery},
    words::{DomainKey, EntityId, EventType, Model, Parked, Position},
};

/// Events that are read at once to find what a parked entity has not folded.
const PAGE: u32 = 1000;

/// How often the scheduler is asked again whether an entity that another host reduces has become this host's.
const ASKED_AGAIN: Duration = Duration::from_secs(1);

/// How a wait ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waited {
    /// No event up to the position that the domain takes is unfolded. The model as it is then, also without
    /// data; none where the domain never reduced the entity.
    Folded(Option<Model>),
    /// Such an event could not be folded: its entity is parked.
    Parked(Parked),
    /// The time was over before either.
    TimeOver,
}

impl Host {
    /// In whose model of a domain an event of this type goes: its entity's, or (none) the context's.
    ///
    /// # Errors
    /// [`Error::UnknownContext`], [`Error::UnknownDomain`], [`Error::NotServed`], [`Error::NotTaken`].
    pub fn folds_into(
        &self,
        key: &DomainKey,
        event_type: &EventType,
        entity: EntityId,
    ) -> Result<Option<EntityId>> {
        let domain = self.require_domain(key)?;
        let active = domain.active().and_then(|activation| activation.module.as_ref());
        let Some((_, descriptor)) = active else { return Err(Error::NotServed(key.clone())) };
        if !descriptor.takes(event_type) {
            return Err(Error::NotTaken(key.clone(), event_type.clone()));
        }
        Ok(if descriptor.is_whole_context() { None } else { Some(entity) })
    }

    /// Waits until no event of an entity (none: of the context) up to this position is unfolded, or one of them
    /// is parked after its own retry; at most for so long. It holds nothing meanwhile. A module that takes the
    /// place of the one in force folds them anew, and that is waited for. A position that the log has not
    /// reached may still come.
    ///
    /// # Errors
    /// [`Error::UnknownContext`], [`Error::UnknownDomain`], [`Error::OtherFold`], [`Error::NotServed`] (also
    /// if the domain is retired meanwhile), [`Error::Closing`], [`Error::Store`].
    pub async fn wait(
        &self,
        key: &DomainKey,
        entity: Option<EntityId>,
        position: Position,
        most: Duration,
    ) -> Result<Waited> {
        self.require_fold(key, entity.is_none())?;
        let ended = timeout(most, self.wait_on(key, entity, position)).await;
        ended.unwrap_or(Ok(Waited::TimeOver))
    }

    async fn wait_on(&self, key: &DomainKey, entity: Option<EntityId>, position: Position) -> Result<Waited> {
        let mut elsewhere = self.0.feed.watch_elsewhere();
        loop {
            self.require_served(key)?;
            match self.0.scheduler.tried(key, entity, position).await {
                // What was tried was committed before it was told: the row knows what became of it.
                Some(Tried::Here) => {}
                Some(Tried::Elsewhere) => {
                    elsewhere.mark_unchanged();
                    if self.is_untried(key, entity, position).await? {
                        // Whoever reduces it may have been this host by now, if nothing was heard for long.
                        drop(timeout(ASKED_AGAIN, elsewhere.changed()).await);
                        continue;
                    }
                }
                None => {
                    self.require_served(key)?;
                    return Err(Error::Closing);
                }
            }
            let row = self.0.store.rows(key, &[entity]).await?.pop().flatten();
            let Some(row) = row else { return Ok(Waited::Folded(None)) };
            if let Some(parked) = &row.parked
                && self.is_parked_at(key, entity, row.folded, parked, position).await?
            {
                return Ok(Waited::Parked(parked.clone()));
            }
            return Ok(Waited::Folded(Some(self.to_model(key, entity, row))));
        }
    }

    /// Whether another host has yet to fold something of an entity (none: of the context) up to a position. One
    /// that is parked was tried.
    async fn is_untried(
        &self,
        key: &DomainKey,
        entity: Option<EntityId>,
        position: Position,
    ) -> Result<bool> {
        if self.0.feed.head().position < position {
            return Ok(true);
        }
        let row = self.0.store.rows(key, &[entity]).await?.pop().flatten();
        let (folded, tried) = row.map_or((Position(0), Position(0)), |row| {
            (row.folded, Position(row.parked.map_or(0, |parked| parked.tried)))
        });
        Ok(tried < position && self.takes_between(key, entity, folded, position).await?)
    }

    fn require_served(&self, key: &DomainKey) -> Result<()> {
        let is_served = self.require_domain(key)?.active().is_some();
        if is_served { Ok(()) } else { Err(Error::NotServed(key.clone())) }
    }

    /// Whether a parked row, which is folded up to one position, has an event to fold up to another.
    async fn is_parked_at(
        &self,
        key: &DomainKey,
        entity: Option<EntityId>,
        folded: Position,
        parked: &Parked,
        position: Position,
    ) -> Result<bool> {
        if (folded.0 + 1..=position.0).contains(&parked.position) {
            return Ok(true);
        }
        // A context's model waits at the first event behind what it has folded. An entity's may have failed at
        // an older event, because of a late one.
        if entity.is_none() {
            return Ok(false);
        }
        self.takes_between(key, entity, folded, position).await
    }

    /// Whether an entity (none: its context) has events that the domain takes, behind one position and up to
    /// another.
    async fn takes_between(
        &self,
        key: &DomainKey,
        entity: Option<EntityId>,
        mut after: Position,
        position: Position,
    ) -> Result<bool> {
        let domain = self.require_domain(key)?;
        let Some((_, descriptor)) = domain.module() else { return Ok(false) };
        let Some(entity) = entity else {
            let types = descriptor.event_types.iter().filter_map(|name| name.parse().ok()).collect();
            let (context, up_to) = (Some(key.context.clone()), Some(position));
            let query = LogQuery { context, after, since: None, up_to, types, limit: 1 };
            return Ok(!self.0.store.log(&query).await?.is_empty());
        };
        while after < position {
            let (context, up_to) = (key.context.clone(), Some(position));
            let after_position = HistoryCursor::Position(after);
            let query = HistoryQuery { context, entity, after: after_position, up_to, limit: PAGE };
            let events = self.0.store.history(&query).await?;
            if events.iter().any(|event| descriptor.takes(&event.fact.event_type)) {
                return Ok(true);
            }
            match events.last() {
                Some(last) if events.len() == PAGE as usize => after = last.position,
                _ => break,
            }
        }
        Ok(false)
    }
}
