//! Contexts and domains as the tables name them. There are few of them and they never go away, so all
//! are kept in memory; whoever adds one writes the table first.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use crate::words::{ContextName, DomainKey};

use super::{Result, rows::damaged};

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
    /// Adds what the tables hold: of each context its number and name, of each domain its number, its context's
    /// and its name.
    pub(super) fn add(&self, contexts: Vec<(i64, String)>, domains: Vec<(i64, i64, String)>) -> Result<()> {
        for (id, name) in contexts {
            self.add_context(&name.parse().map_err(damaged)?, id);
        }
        for (id, context, name) in domains {
            let context = self.context_name(context)?;
            self.add_domain(&DomainKey { context, domain: name.parse().map_err(damaged)? }, id);
        }
        Ok(())
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
