//! What reducers emit otherwise than it was emitted before, one by one.

use serde::Serialize;

use super::{
    render::{self, Answer},
    visit::Visit,
};
use crate::{
    catalog::Diverged,
    words::{ContextName, Difference, DomainKey, DomainName, Time},
};

/// A divergence as an entry of a list.
#[derive(Serialize)]
struct Entry<'a> {
    context: &'a str,
    domain: &'a str,
    entity: Option<String>,
    id: String,
    #[serde(rename = "type")]
    event_type: &'a str,
    cause: Option<String>,
    difference: Difference,
    data: Option<&'a str>,
    at: Time,
    message: String,
}

/// `GET /_/divergences`: those that this host has found since it was started, the newest of each domain, in the
/// contexts that the visitor administers.
pub(super) async fn list(visit: Visit) -> Answer {
    let query = visit.query(&["context", "domain", "limit"])?;
    let context: Option<ContextName> = query.parsed("context", "it must be the name of a context")?;
    let domain: Option<DomainName> = query.parsed("domain", "it must be the name of a domain")?;
    let limit = query.limit(visit.host().config().limits.page)?;
    let is_asked_for = |key: &DomainKey| {
        visit.administers(&key.context)
            && context.as_ref().is_none_or(|context| key.context == *context)
            && domain.as_ref().is_none_or(|domain| key.domain == *domain)
    };
    let all = visit.host().catalog().all();
    let asked_for = all.iter().filter(|(key, _)| is_asked_for(key));
    let mut found: Vec<&Diverged> = asked_for.flat_map(|(_, domain)| domain.divergences.iter()).collect();
    // Those of one time stay in their order.
    found.sort_by_key(|diverged| std::cmp::Reverse(diverged.at.0));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(render::page(visit.form(), "divergences", &found, write, None))
}

fn write(out: &mut String, diverged: &&Diverged) {
    let Diverged { at, divergence } = diverged;
    let entry = Entry {
        context: divergence.key.context.as_str(),
        domain: divergence.key.domain.as_str(),
        entity: divergence.entity.map(|entity| entity.to_string()),
        id: divergence.id.to_string(),
        event_type: divergence.event_type.as_str(),
        cause: divergence.cause.map(|cause| cause.to_string()),
        difference: divergence.difference,
        data: divergence.data.as_deref(),
        at: *at,
        message: divergence.to_string(),
    };
    out.push_str(&serde_json::to_string(&entry).unwrap_or_default());
}
