//! Which hosts share the store, and who reduces what.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    render::{self, Answer},
    visit::Visit,
};
use crate::{
    sharing::{SLOTS, Slots},
    store::Holder,
    words::{ContextName, DomainKey, LeaseEpoch},
};

#[derive(Serialize)]
struct Shown<'a> {
    id: String,
    node: &'a str,
    listen: &'a str,
    /// Whether it is the host that answers.
    this: bool,
    contexts: Vec<&'a str>,
    domains: Vec<String>,
    /// How many slots of each domain it has.
    slots: BTreeMap<String, usize>,
}

impl<'a> Shown<'a> {
    fn new(holder: &'a Holder, visit: &Visit, domains: &[DomainKey]) -> Self {
        let membership = visit.host().membership();
        let leases = membership.leases();
        let slots = |key: &DomainKey| (key.to_string(), Slots::of(&leases, holder.id, key).count());
        Self {
            id: holder.id.to_string(),
            node: &holder.node,
            listen: &holder.listen,
            this: holder.id == membership.me().id,
            contexts: holder.reduces.contexts.iter().map(ContextName::as_str).collect(),
            domains: holder.reduces.domains.iter().map(ToString::to_string).collect(),
            slots: domains.iter().map(slots).collect(),
        }
    }
}

#[derive(Serialize)]
struct Hosts<'a> {
    lease_epoch: LeaseEpoch,
    /// How many slots each domain has.
    slots: usize,
    hosts: Vec<Shown<'a>>,
}

/// `GET /_/hosts`
pub(super) async fn list(visit: Visit) -> Answer {
    visit.query(&[])?;
    let leases = visit.host().membership().leases();
    let all = visit.host().catalog().all();
    let served = all.into_iter().filter(|(_, domain)| domain.active().is_some());
    let domains: Vec<DomainKey> = served.map(|(key, _)| key).collect();
    let hosts = leases.holders.iter().map(|holder| Shown::new(holder, &visit, &domains)).collect();
    let shown = Hosts { lease_epoch: leases.epoch, slots: SLOTS, hosts };
    Ok(render::json(serde_json::to_vec(&shown).unwrap_or_default()))
}
