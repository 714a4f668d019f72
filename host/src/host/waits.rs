//! Waiting until a domain has folded what was appended.

use std::time::Duration;

use super::{Host, Result};
use crate::{
    error::Error,
    store::{HistoryCursor, HistoryQuery},
    words::{DomainKey, EntityId, EventType, Model, Parked, Position},
};

/// Events that are read at once to find what a parked entity has not folded.
const PAGE: u32 = 1000;

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
        self.require_served(key)?;
        match tokio::time::timeout(most, self.0.scheduler.tried(key, entity, position)).await {
            Err(_) => return Ok(Waited::TimeOver),
            Ok(true) => {}
            Ok(false) => {
                self.require_served(key)?;
                return Err(Error::Closing);
            }
        }
        // What was tried was committed before it was told: the row knows what became of it.
        let row = self.0.store.rows(key, &[entity]).await?.pop().flatten();
        let Some(row) = row else { return Ok(Waited::Folded(None)) };
        if let Some(parked) = &row.parked
            && self.is_unfolded(key, entity, row.folded, parked, position).await?
        {
            return Ok(Waited::Parked(parked.clone()));
        }
        Ok(Waited::Folded(Some(self.to_model(key, entity, row))))
    }

    fn require_served(&self, key: &DomainKey) -> Result<()> {
        let is_served = self.require_domain(key)?.active().is_some();
        if is_served { Ok(()) } else { Err(Error::NotServed(key.clone())) }
    }

    /// Whether a parked row, which is folded up to one position, has an event to fold up to another.
    async fn is_unfolded(
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
        let Some(entity) = entity else { return Ok(false) };
        let domain = self.require_domain(key)?;
        let Some((_, descriptor)) = domain.module() else { return Ok(false) };
        let mut after = folded;
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
