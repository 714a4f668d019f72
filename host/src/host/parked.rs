//! What waits to be mended: listed, looked at, tried again.

use super::{Host, Result};
use crate::{
    error::Error,
    scheduler::Retried,
    words::{ContextName, DomainKey, DomainName, EntityId, ModuleHash, Parked},
};

/// Rows that are read, and entities that are tried again, at once.
const PAGE: u32 = 1000;

/// Which parked entities to list.
#[derive(Debug, Clone)]
pub struct ParkedQuery {
    /// Only of this context; none: of all.
    pub context: Option<ContextName>,
    /// Only of domains of this name; none: of all.
    pub domain: Option<DomainName>,
    /// Only behind this one, by context, domain and entity.
    pub after: Option<(DomainKey, Option<EntityId>)>,
    /// At most so many.
    pub limit: u32,
}

/// An entity that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedRow {
    /// The domain.
    pub key: DomainKey,
    /// The entity; none under `whole-context`.
    pub entity: Option<EntityId>,
    /// The module that failed.
    pub module: Option<ModuleHash>,
    /// Why it waits.
    pub parked: Parked,
}

impl Host {
    /// Entities that wait, by context, domain and entity, also those of retired domains.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn parked(&self, query: &ParkedQuery) -> Result<Vec<ParkedRow>> {
        let ParkedQuery { context, domain, after, limit } = query;
        let is_asked_for = |key: &DomainKey| {
            context.as_ref().is_none_or(|context| key.context == *context)
                && domain.as_ref().is_none_or(|domain| key.domain == *domain)
                // The only row of a `whole-context` domain has none behind it.
                && after.as_ref().is_none_or(|(last, entity)| key > last || key == last && entity.is_some())
        };
        let mut listed = Vec::new();
        for (key, _) in self.catalog().all().into_iter().filter(|(key, _)| is_asked_for(key)) {
            let left = limit.saturating_sub(u32::try_from(listed.len()).unwrap_or(u32::MAX));
            if left == 0 {
                break;
            }
            let after = after.as_ref().filter(|(last, _)| *last == key).and_then(|(_, entity)| *entity);
            let rows = self.0.store.parked(&key, after, left).await?;
            listed.extend(rows.into_iter().map(|(entity, parked)| {
                let module = self.catalog().module_of(&key, parked.activation);
                ParkedRow { key: key.clone(), entity, module, parked }
            }));
        }
        Ok(listed)
    }

    /// The call that a parked entity (none: the context) failed at: a [`Capture`](crate::words::Capture) as
    /// JSON.
    ///
    /// # Errors
    /// [`Error::UnknownContext`], [`Error::UnknownDomain`], [`Error::OtherFold`], [`Error::NotParked`],
    /// [`Error::NoCapture`], [`Error::Store`].
    pub async fn capture(&self, key: &DomainKey, entity: Option<EntityId>) -> Result<Vec<u8>> {
        self.require_parked(key, entity).await?;
        let capture = self.0.store.capture(key, entity).await?;
        capture.ok_or_else(|| Error::NoCapture(key.clone(), entity))
    }

    /// Tries one parked entity (none: the context) again, and waits until that is committed.
    ///
    /// # Errors
    /// [`Error::UnknownContext`], [`Error::UnknownDomain`], [`Error::OtherFold`], [`Error::NotParked`],
    /// [`Error::NotServed`], [`Error::Store`].
    pub async fn retry(&self, key: &DomainKey, entity: Option<EntityId>) -> Result<Retried> {
        self.require_parked(key, entity).await?;
        served(key, self.0.scheduler.retry(key, vec![entity]).await)
    }

    /// Tries every parked entity of a domain again, and waits until all of that is committed.
    ///
    /// # Errors
    /// [`Error::UnknownContext`], [`Error::UnknownDomain`], [`Error::NotServed`], [`Error::Store`].
    pub async fn retry_domain(&self, key: &DomainKey) -> Result<Retried> {
        if self.require_domain(key)?.active().is_none() {
            return Err(Error::NotServed(key.clone()));
        }
        served(key, self.retry_rows(key).await?)
    }

    /// Tries every parked entity again, of every domain that a module serves, and waits until all of that
    /// is committed.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn retry_all(&self) -> Result<Retried> {
        let mut all = Retried::default();
        for (key, domain) in self.catalog().all() {
            if domain.active().is_some() {
                all = all + self.retry_rows(&key).await?;
            }
        }
        Ok(all)
    }

    async fn retry_rows(&self, key: &DomainKey) -> Result<Retried> {
        let mut all = Retried::default();
        let mut after = None;
        loop {
            let rows = self.0.store.parked(key, after, PAGE).await?;
            let is_last = rows.len() < PAGE as usize;
            let entities: Vec<_> = rows.into_iter().map(|(entity, _)| entity).collect();
            after = entities.last().copied().flatten();
            all = all + self.0.scheduler.retry(key, entities).await;
            if is_last || all.unserved > 0 {
                return Ok(all);
            }
        }
    }

    async fn require_parked(&self, key: &DomainKey, entity: Option<EntityId>) -> Result<()> {
        self.require_fold(key, entity.is_none())?;
        let row = self.0.store.rows(key, &[entity]).await?.pop().flatten();
        let is_parked = row.is_some_and(|row| row.parked.is_some());
        if is_parked { Ok(()) } else { Err(Error::NotParked(key.clone(), entity)) }
    }
}

fn served(key: &DomainKey, retried: Retried) -> Result<Retried> {
    if retried.unserved == 0 { Ok(retried) } else { Err(Error::NotServed(key.clone())) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        Config,
        store::{
            CaptureWrite, Group, ModelWrite, NewActivation, Reduction, SnapshotWrite, Store,
            sqlite::SqliteStore,
        },
        words::{Descriptor, Fold, History, LeaseEpoch, Order, Position, Upgrade, Version},
    };

    fn cart() -> DomainKey {
        DomainKey { context: "shop".parse().unwrap(), domain: "cart".parse().unwrap() }
    }

    fn entity() -> Option<EntityId> {
        "7d444840-9dc0-41d1-b245-5ffdce74fad2".parse().ok()
    }

    /// Parks an entity as hosts did before failed reductions were captured.
    async fn park(store: &dyn Store) {
        let descriptor = Descriptor {
            event_types: Vec::new(),
            fold: Fold::Entity(Order::Occurred),
            upgrade: Upgrade::Rebuild,
            history: History::Emit,
            content_type: None,
            emits: Vec::new(),
            attributes: Vec::new(),
        };
        let bytes = b"no module at all";
        let module = Some((ModuleHash::of(bytes), Arc::from(&bytes[..]), descriptor));
        let new = NewActivation { key: cart(), module, file: None, at: 1 };
        let activation = store.activate(&new).await.unwrap().number;
        let (code, message, event) = ("c".to_owned(), "m".to_owned(), "e".to_owned());
        let parked = Parked { position: 1, event, activation: activation.0, code, message, tried: 1 };
        let reduction = Reduction {
            key: cart(),
            entity: entity(),
            activation,
            leases: LeaseEpoch(0),
            seen: (Version(0), Position(0)),
            model: ModelWrite::Keep,
            folded: Position(0),
            emitted: Position(0),
            last: None,
            events: 0,
            made_by: Vec::new(),
            parked: Some(parked),
            capture: CaptureWrite::Keep,
            snapshots: SnapshotWrite::default(),
            emissions: Vec::new(),
        };
        let reductions = vec![Arc::new(reduction)];
        store.commit(&Group { reductions, ..Group::default() }).await.unwrap();
    }

    #[tokio::test]
    async fn what_was_parked_before_captures_is_listed_and_says_why_there_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("log.db").display().to_string();
        let store = SqliteStore::open(&place, "a test").await.unwrap();
        park(&store).await;
        store.close().await;
        let mut config = Config::embedded();
        config.store = format!("sqlite:{place}");
        config.reducers = folder.path().join("reducers");
        let host = Host::start(config).await.unwrap();
        let query = ParkedQuery { context: None, domain: None, after: None, limit: 9 };
        let listed = host.parked(&query).await.unwrap();
        assert_eq!(
            (listed[0].entity, listed[0].module),
            (entity(), Some(ModuleHash::of(b"no module at all")))
        );
        let why = host.capture(&cart(), entity()).await.unwrap_err();
        assert!(matches!(why, Error::NoCapture(..)), "{why}");
        // Its module cannot be loaded: nobody can try it again.
        for why in [host.retry(&cart(), entity()).await, host.retry_domain(&cart()).await] {
            assert!(matches!(why, Err(Error::NotServed(_))), "{why:?}");
        }
        assert_eq!(host.retry_all().await.unwrap().unserved, 1);
        host.shut_down().await.unwrap();
    }
}
