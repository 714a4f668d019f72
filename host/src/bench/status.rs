//! What the host says about its domains, and waiting until they have folded.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{BenchError, client::Client, domains::Domains};
use crate::words::Descriptor;

/// How often the host is asked how far it is: the end of a run is known as exactly as this.
const ASK_AGAIN: Duration = Duration::from_millis(5);
/// How long a domain may stand still before nobody waits for it any more.
const PATIENCE: Duration = Duration::from_secs(30);

/// `GET /_/reducers`
#[derive(Debug, Deserialize)]
pub(super) struct Reducers {
    /// The log's head.
    pub(super) head: u64,
    pub(super) reducers: Vec<Reducer>,
}

/// One domain.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Reducer {
    pub(super) context: String,
    pub(super) domain: String,
    pub(super) module: Option<String>,
    pub(super) descriptor: Option<Descriptor>,
    pub(super) state: State,
    position: u64,
    counts: Counts,
}

/// What it is doing.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct State {
    pub(super) name: String,
    /// Of a domain that visits its entities: how many it has visited.
    #[serde(default)]
    done: u64,
}

/// What of it waits.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Counts {
    parked: u64,
}

/// A domain that folds what is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Served {
    /// Its name.
    pub domain: String,
    /// The SHA-256 of its module.
    pub module: String,
    /// What it was doing at the end, such as `active`.
    pub state: String,
    /// Up to where it had folded at the end.
    pub position: u64,
    /// How many of its entities were parked at the end: what is sent to those is not folded.
    pub parked: u64,
}

impl Reducers {
    pub(super) async fn ask(client: &mut Client) -> Result<Self, BenchError> {
        client.get("/_/reducers").await
    }

    fn of<'a>(&'a self, domains: &'a Domains) -> impl Iterator<Item = &'a Reducer> {
        let is_chosen = |one: &&Reducer| domains.chosen.iter().any(|(name, _)| *name == one.domain);
        self.reducers.iter().filter(|one| one.context == domains.context).filter(is_chosen)
    }

    /// How far the last of these domains is; `None` if there are none.
    fn progress(&self, domains: &Domains) -> Option<Progress> {
        let progress = |reducer: &Reducer| Progress {
            position: reducer.position,
            visited: reducer.state.done,
            is_settled: reducer.state.name == "active",
        };
        let least = |one: Progress, other: Progress| Progress {
            position: one.position.min(other.position),
            visited: one.visited + other.visited,
            is_settled: one.is_settled && other.is_settled,
        };
        self.of(domains).map(progress).reduce(least)
    }

    /// The domains as they are shown.
    pub(super) fn served(&self, domains: &Domains) -> Vec<Served> {
        let served = |reducer: &Reducer| Served {
            domain: reducer.domain.clone(),
            module: reducer.module.clone().unwrap_or_default(),
            state: reducer.state.name.clone(),
            position: reducer.position,
            parked: reducer.counts.parked,
        };
        self.of(domains).map(served).collect()
    }
}

/// How far domains are. More is later.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Progress {
    /// Every event up to here is folded, except by entities that are still to be visited.
    position: u64,
    /// Entities visited.
    visited: u64,
    /// Whether all were visited.
    is_settled: bool,
}

impl Progress {
    /// Whether nothing up to this position is left to fold.
    fn covers(&self, position: u64) -> bool {
        self.is_settled && self.position >= position
    }
}

/// Waits until all of the domains have folded up to this position. Gives when that was seen; `None` if there
/// is no domain, if one of them stood still for too long, or if `stop` fired.
pub(super) async fn folded(
    client: &mut Client,
    domains: &Domains,
    position: u64,
    stop: &CancellationToken,
) -> Result<Option<Instant>, BenchError> {
    let mut again = interval(ASK_AGAIN);
    again.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut furthest, mut since) = (Progress::default(), Instant::now());
    loop {
        tokio::select! {
            // Whoever has stopped the run gets at least one look.
            biased;
            _ = again.tick() => {}
            () = stop.cancelled() => return Ok(None),
        }
        let Some(now) = Reducers::ask(client).await?.progress(domains) else { return Ok(None) };
        if now.covers(position) {
            return Ok(Some(Instant::now()));
        }
        if now > furthest {
            (furthest, since) = (now, Instant::now());
        }
        if since.elapsed() >= PATIENCE {
            return Ok(None);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;
    use crate::bench::{
        Workload,
        options::{Plan, tests::options},
    };

    /// Three domains of the shop that are served, one that is not, and one elsewhere.
    pub(crate) fn reducers() -> Reducers {
        let one = |domain: &str, types: &[&str], fold: serde_json::Value, state: &str, position: u64| {
            json!({
                "context": if domain == "other" { "elsewhere" } else { "shop" }, "domain": domain,
                "module": "ab", "state": {"name": state, "done": 3}, "position": position, "counts": {"parked": 2},
                "descriptor": {"event_types": types, "fold": fold, "upgrade": "rebuild", "history": "emit",
                    "content_type": null, "emits": [], "attributes": []},
            })
        };
        let entity = json!({"entity": "occurred"});
        let all = json!({"head": 90, "reducers": [
            one("cart", &["item_added"], entity.clone(), "active", 80),
            one("coupons", &["used"], entity.clone(), "active", 90),
            one("gone", &[], entity.clone(), "retired", 1),
            one("other", &[], entity, "active", 1),
            one("tally", &[], json!("whole-context"), "rebuilding", 70),
        ]});
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn the_slowest_domain_says_how_far_all_have_folded() {
        let plan = Plan::new(options(Workload::Batches)).unwrap();
        let domains = Domains::choose(&reducers(), &plan).unwrap();
        let slowest = Progress { position: 70, visited: 6, is_settled: false };
        assert_eq!(reducers().progress(&domains), Some(slowest));
        assert!(!slowest.covers(70), "entities are still to be visited");
        let settled = Progress { is_settled: true, ..slowest };
        assert!(settled.covers(70) && !settled.covers(71));
        let served = reducers().served(&domains);
        assert_eq!((served[0].domain.as_str(), served[0].position, served[1].parked), ("cart", 80, 2));
        let none = Domains { context: "shop".to_owned(), chosen: Vec::new() };
        assert_eq!(reducers().progress(&none), None);
    }
}
