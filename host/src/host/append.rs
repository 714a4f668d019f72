//! Events come in.

use std::sync::Arc;

use super::{Host, Result};
use crate::{
    committer::Slot,
    error::{Error, Invalid},
    ingest::RawEvent,
    store::{Append, Appended, Expectation},
    words::{ContextName, Fact},
};

/// Room for one request that appends: with it, the request is not refused for want of room any more.
/// Dropping it gives the room back.
#[must_use = "without it there may be no room when the request comes"]
pub struct Admission {
    host: Host,
    slot: Slot,
}

/// Events that were checked, with the room for them.
pub(crate) struct Checked {
    admission: Admission,
    facts: Vec<Arc<Fact>>,
    expected: Option<Expectation>,
}

impl Host {
    /// Takes room for a request of so many bytes, before it is read from wherever it comes.
    ///
    /// # Errors
    /// [`Error::Overloaded`] names the limit.
    pub fn admit(&self, bytes: usize) -> Result<Admission> {
        Ok(Admission { host: self.clone(), slot: self.0.committer.admit(bytes)? })
    }

    async fn accept_context(&self, context: &ContextName) -> Result<()> {
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

impl Admission {
    /// Appends as [`Host::append`] does, if the entity (all events are of one then) is as expected. Once all
    /// of them are in the log, the same again is answered as before, whatever is expected.
    ///
    /// # Errors
    /// [`Error::Unmet`], [`Invalid::SeveralEntities`], and those of [`Host::append`].
    pub async fn append(
        self,
        context: &ContextName,
        events: &[RawEvent<'_>],
        expected: Option<Expectation>,
    ) -> Result<Vec<Appended>> {
        self.check(events, expected)?.append(context).await
    }

    /// Checks raw events, which are not needed any more then.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub(crate) fn check(self, events: &[RawEvent<'_>], expected: Option<Expectation>) -> Result<Checked> {
        let facts = self.host.0.ingest.accept(events, self.host.0.clock.now())?;
        if expected.is_some() {
            require_one_entity(&facts)?;
        }
        Ok(Checked { admission: self, facts, expected })
    }
}

impl Checked {
    /// Appends the events to a context: all of them, or none.
    pub(crate) async fn append(self, context: &ContextName) -> Result<Vec<Appended>> {
        let Self { admission: Admission { host, slot }, facts, expected } = self;
        host.accept_context(context).await?;
        host.0.committer.append(Append { context: context.clone(), facts, expected }, slot).await
    }
}

fn require_one_entity(facts: &[Arc<Fact>]) -> std::result::Result<(), Invalid> {
    let Some((first, rest)) = facts.split_first() else { return Ok(()) };
    match rest.iter().find(|fact| fact.entity != first.entity) {
        None => Ok(()),
        Some(fact) => Err(Invalid::SeveralEntities { one: first.entity, other: fact.entity }),
    }
}
