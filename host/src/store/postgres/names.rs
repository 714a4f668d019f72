//! Names of contexts and domains. Other hosts add some as well: whatever is missing is read again.

use sqlx::{PgConnection, PgPool};

use crate::{
    store::{Group, Result, names::Names},
    words::{ContextName, DomainKey},
};

use super::PostgresStore;

/// Reads them all; those that are known stay.
pub(super) async fn read(names: &Names, connection: &mut PgConnection) -> Result<()> {
    // Domains first: of every domain that is found, the context is there.
    let domains = sqlx::query_as("SELECT id, context, name FROM domains").fetch_all(&mut *connection).await?;
    let contexts = sqlx::query_as("SELECT id, name FROM contexts").fetch_all(&mut *connection).await?;
    names.add(contexts, domains)
}

/// Reads those that a group is about, if they are missing.
pub(super) async fn of_group(names: &Names, connection: &mut PgConnection, group: &Group) -> Result<()> {
    let contexts = group.appends.iter().all(|append| names.context(&append.context).is_some());
    let domains = group.reductions.iter().all(|reduction| names.domain(&reduction.key).is_some());
    let marks = group.marks.iter().all(|mark| names.domain(&mark.key).is_some());
    if contexts && domains && marks { Ok(()) } else { read(names, connection).await }
}

impl PostgresStore {
    async fn read_names(&self) -> Result<()> {
        let pool: &PgPool = &self.readers;
        read(&self.names, &mut *pool.acquire().await?).await
    }

    /// A context's number; none if there is no such context.
    pub(super) async fn context(&self, context: &ContextName) -> Result<Option<i64>> {
        if self.names.context(context).is_none() {
            self.read_names().await?;
        }
        Ok(self.names.context(context))
    }

    /// A domain's number; none if there is no such domain.
    pub(super) async fn domain(&self, key: &DomainKey) -> Result<Option<i64>> {
        if self.names.domain(key).is_none() {
            self.read_names().await?;
        }
        Ok(self.names.domain(key))
    }

    /// Makes sure that the names of these contexts and domains are known.
    pub(super) async fn name(
        &self,
        contexts: impl IntoIterator<Item = i64> + Send,
        domains: impl IntoIterator<Item = i64> + Send,
    ) -> Result<()> {
        let contexts = contexts.into_iter().all(|number| self.names.context_name(number).is_ok());
        let domains = domains.into_iter().all(|number| self.names.domain_key(number).is_ok());
        if contexts && domains { Ok(()) } else { self.read_names().await }
    }
}
