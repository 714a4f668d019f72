//! Events come in.

use std::sync::Arc;

use super::Host;
use crate::{
    error::{Error, Invalid},
    ingest::RawEvent,
    store::{Append, Appended, Expectation},
    words::{ContextName, Fact},
};

impl Host {
    /// Appends as [`Host::append`] does, if the entity (all events are of one) is as expected. Once all of
    /// them are in the log, the same again is answered as before, whatever is expected.
    ///
    /// # Errors
    /// [`Error::Unmet`], [`Invalid::SeveralEntities`], and those of [`Host::append`].
    pub async fn append_expecting(
        &self,
        context: &ContextName,
        events: &[RawEvent<'_>],
        expected: Option<Expectation>,
    ) -> Result<Vec<Appended>, Error> {
        let facts = self.0.ingest.accept(events, self.0.clock.now())?;
        if expected.is_some() {
            require_one_entity(&facts)?;
        }
        self.accept_context(context).await?;
        self.0.committer.append(Append { context: context.clone(), facts, expected }).await
    }

    async fn accept_context(&self, context: &ContextName) -> Result<(), Error> {
        if self.0.catalog.knows(context) {
            return Ok(());
        }
        if !self.0.config.auto_create_contexts {
            return Err(Error::UnknownContext(context.clone()));
        }
        self.0.store.name_context(context).await?;
        self.0.catalog.name_context(context);
        Ok(())
    }
}

fn require_one_entity(facts: &[Arc<Fact>]) -> Result<(), Invalid> {
    let Some((first, rest)) = facts.split_first() else { return Ok(()) };
    match rest.iter().find(|fact| fact.entity != first.entity) {
        None => Ok(()),
        Some(fact) => Err(Invalid::SeveralEntities { one: first.entity, other: fact.entity }),
    }
}
