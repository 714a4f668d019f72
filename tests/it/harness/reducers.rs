//! What `GET /_/reducers` says about a domain, and waiting for it.

use serde_json::Value;

use super::{Guest, Host, guest, wait_until};

/// One entry of `GET /_/reducers`.
#[derive(Debug, Clone)]
pub(crate) struct Reducer(pub(crate) Value);

impl Reducer {
    /// The name of its state.
    pub(crate) fn state(&self) -> &str {
        self.0["state"]["name"].as_str().unwrap_or_default()
    }

    /// The hash of the module that serves, or served last.
    pub(crate) fn module(&self) -> &str {
        self.0["module"].as_str().unwrap_or_default()
    }

    /// Why the newest file is not in force; empty if it is.
    pub(crate) fn refused(&self) -> &str {
        self.0["refused"].as_str().unwrap_or_default()
    }

    #[track_caller]
    pub(crate) fn count(&self, name: &str) -> u64 {
        self.0["counts"][name].as_u64().unwrap_or_else(|| panic!("no count {name} in {}", self.0))
    }

    /// How many positions it is behind the head.
    pub(crate) fn lag(&self) -> u64 {
        self.0["lag"].as_u64().unwrap()
    }

    /// What it says about a parked entity.
    pub(crate) fn parked(&self, entity: &str) -> Option<&Value> {
        self.0["parked"].as_array()?.iter().find(|parked| parked["entity"] == entity)
    }
}

impl Host {
    /// What is known of a domain.
    pub(crate) async fn reducer(&self, context: &str, domain: &str) -> Option<Reducer> {
        let all = self.get("/_/reducers").await.expect(200).json();
        let mut all = all["reducers"].as_array().unwrap().iter();
        all.find(|one| one["context"] == context && one["domain"] == domain).cloned().map(Reducer)
    }

    /// Waits until a domain is as `is` says.
    pub(crate) async fn reducer_that(
        &self,
        what: &str,
        context: &str,
        domain: &str,
        is: impl Fn(&Reducer) -> bool,
    ) -> Reducer {
        wait_until(&format!("{context}/{domain} to {what}"), async || {
            match self.reducer(context, domain).await {
                Some(reducer) if is(&reducer) => Ok(reducer),
                other => Err(format!("{other:?}")),
            }
        })
        .await
    }

    /// Waits until a guest serves a domain and has visited all entities.
    pub(crate) async fn serves(&self, context: &str, domain: &str, guest: &Guest) -> Reducer {
        let active = |reducer: &Reducer| reducer.state() == "active" && reducer.module() == guest.hash;
        self.reducer_that("be served", context, domain, active).await
    }

    /// A host in whose shop the ledger serves.
    pub(crate) async fn with_ledger() -> Self {
        let host = Self::start(|_| {}).await;
        host.deploy("shop", "ledger", guest("ledger")).await;
        host
    }

    /// Deploys a guest and waits until it serves.
    pub(crate) async fn deploy(&self, context: &str, domain: &str, guest: &Guest) -> Reducer {
        self.put_file(context, domain, &guest.bytes);
        self.serves(context, domain, guest).await
    }

    /// Waits until the newest file of a domain is refused with a sentence that holds all of `words`.
    pub(crate) async fn refuses(&self, context: &str, domain: &str, words: &[&str]) -> Reducer {
        let named = |reducer: &Reducer| {
            let why = reducer.refused();
            !why.is_empty() && words.iter().all(|word| why.contains(word))
        };
        self.reducer_that(&format!("be refused with {words:?}"), context, domain, named).await
    }

    /// Waits until an entity is parked, and gives what is said about it.
    pub(crate) async fn parks(&self, context: &str, domain: &str, entity: &str) -> Value {
        let parks = |reducer: &Reducer| reducer.parked(entity).is_some();
        let reducer = self.reducer_that(&format!("park {entity}"), context, domain, parks).await;
        reducer.parked(entity).cloned().unwrap()
    }
}
