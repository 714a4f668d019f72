//! Contexts and domains as the tables name them. There are few of them and they never go away, so all
//! are kept in memory; whoever adds one writes the table first.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use sqlx::SqliteConnection;

use crate::{
    store::{Result, StoreError},
    words::{ContextName, DomainKey},
};

#[derive(Debug, Default)]
struct Known {
    contexts: HashMap<ContextName, i64>,
    context_names: HashMap<i64, ContextName>,
    domains: HashMap<DomainKey, i64>,
    domain_names: HashMap<i64, DomainKey>,
}

#[derive(Debug, Default)]
pub(super) struct Names(RwLock<Known>);

impl Names {
    pub(super) async fn load(connection: &mut SqliteConnection) -> Result<Self> {
        let names = Self::default();
        let contexts: Vec<(i64, String)> =
            sqlx::query_as("SELECT id, name FROM contexts").fetch_all(&mut *connection).await?;
        for (id, name) in contexts {
            names.add_context(&name.parse().map_err(damaged)?, id);
        }
        let domains: Vec<(i64, i64, String)> =
            sqlx::query_as("SELECT id, context, name FROM domains").fetch_all(&mut *connection).await?;
        for (id, context, name) in domains {
            let context = names.context_name(context)?;
            names.add_domain(&DomainKey { context, domain: name.parse().map_err(damaged)? }, id);
        }
        Ok(names)
    }

    pub(super) fn add_context(&self, context: &ContextName, id: i64) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.contexts.insert(context.clone(), id);
        known.context_names.insert(id, context.clone());
    }

    pub(super) fn add_domain(&self, key: &DomainKey, id: i64) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.domains.insert(key.clone(), id);
        known.domain_names.insert(id, key.clone());
    }

    pub(super) fn context(&self, context: &ContextName) -> Option<i64> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contexts.get(context).copied()
    }

    pub(super) fn domain(&self, key: &DomainKey) -> Option<i64> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).domains.get(key).copied()
    }

    pub(super) fn context_name(&self, id: i64) -> Result<ContextName> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.context_names.get(&id).cloned().ok_or_else(|| damaged(format!("context number {id}")))
    }

    pub(super) fn domain_key(&self, id: i64) -> Result<DomainKey> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.domain_names.get(&id).cloned().ok_or_else(|| damaged(format!("domain number {id}")))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "so that it can be given to map_err")]
pub(super) fn damaged(what: impl ToString) -> StoreError {
    StoreError::Damaged(what.to_string())
}
