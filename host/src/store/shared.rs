//! What hosts that share a store ask of it: who else is there, and what was written elsewhere.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use crate::words::{ActivationNumber, ContextName, DomainKey, EntityId, LeaseEpoch, Version};

use super::{Head, Result};

/// One run of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Made at random for this run, so that a host that comes back is another.
    pub id: Uuid,
    /// How people call it.
    pub node: String,
    /// Where it listens.
    pub listen: String,
    /// What it reduces.
    pub reduces: Reduces,
}

/// To what a host is limited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reduces {
    /// Only domains of these contexts; empty: of all.
    pub contexts: Vec<ContextName>,
    /// Only these domains; empty: all.
    pub domains: Vec<DomainKey>,
}

impl Reduces {
    /// Whether a domain is among it.
    #[must_use]
    pub fn includes(&self, key: &DomainKey) -> bool {
        (self.contexts.is_empty() || self.contexts.contains(&key.context))
            && (self.domains.is_empty() || self.domains.contains(key))
    }
}

/// A host says that it is there.
#[derive(Debug, Clone)]
pub struct Renewal {
    /// The host.
    pub holder: Holder,
    /// For how long others must believe that, by the store's clock.
    pub lasts: Duration,
}

/// Who shares the store. Whenever that changes, the epoch rises and slots move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leases {
    /// Under which reductions and marks are written now.
    pub epoch: LeaseEpoch,
    /// Every host, by id.
    pub holders: Vec<Holder>,
}

/// How far a store has come, whoever wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct News {
    /// How far it has counted.
    pub head: Head,
    /// The number of the newest activation.
    pub activation: ActivationNumber,
    /// How many contexts there are.
    pub contexts: u64,
    /// The lease epoch in force.
    pub leases: LeaseEpoch,
}

/// A model that was written or deleted.
pub type Change = (DomainKey, Option<EntityId>, Version);

/// A store that many hosts share. As for [`Store`](super::Store), each method is one whole transaction.
#[async_trait]
pub trait Shared: Send + Sync {
    /// Says that a host is there, which lets it take part from then on, and removes those that have not said so
    /// in time. Where that changes who is there, the lease epoch rises under the counters' lock, and the marks
    /// of all are brought down to the least of them in the same transaction.
    async fn renew(&self, renewal: &Renewal) -> Result<Leases>;

    /// A host takes part no longer. Others get its slots at once.
    async fn leave(&self, holder: Uuid) -> Result<()>;

    /// How far the store has come.
    async fn news(&self) -> Result<News>;

    /// Waits until another host may have written something. It may have written nothing, and it may have done
    /// so some while ago: ask for [`news`](Self::news) then.
    async fn moved(&self);

    /// The models that were written or deleted behind this version, by version; those written more than once
    /// stand at their last one. At most `limit`.
    async fn changes(&self, after: Version, limit: u32) -> Result<Vec<Change>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_reduces_what_it_is_not_kept_from() {
        let key = |text: &str| text.parse::<DomainKey>().unwrap();
        let contexts = vec!["shop".parse().unwrap()];
        let all = Reduces::default();
        let of_shop = Reduces { contexts: contexts.clone(), domains: Vec::new() };
        let cart = Reduces { contexts: Vec::new(), domains: vec![key("shop/cart")] };
        let both = Reduces { contexts, domains: vec![key("bank/account"), key("shop/cart")] };
        for (reduces, expected) in [
            (all, [true; 3]),
            (of_shop, [true, true, false]),
            (cart, [true, false, false]),
            (both, [true, false, false]),
        ] {
            let found = ["shop/cart", "shop/stock", "bank/account"].map(|name| reduces.includes(&key(name)));
            assert_eq!(found, expected, "{reduces:?}");
        }
    }
}
