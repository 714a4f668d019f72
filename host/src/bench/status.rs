//! What the host says about its domains, and waiting until they have folded.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{
    BenchError,
    client::Client,
    options::{Plan, Workload},
};
use crate::words::{Descriptor, DomainName};

/// How often the host is asked how far it is: the end of a run is known as exactly as this.
const ASK_AGAIN: Duration = Duration::from_millis(5);
/// How long a domain may stand still before nobody waits for it any more.
const PATIENCE: Duration = Duration::from_secs(30);

/// `GET /_/reducers`
#[derive(Debug, Deserialize)]
pub(super) struct Reducers {
    /// The log's head.
    pub(super) head: u64,
    reducers: Vec<Reducer>,
}

#[derive(Debug, Clone, Deserialize)]
struct Reducer {
    context: String,
    domain: String,
    module: Option<String>,
    descriptor: Option<Descriptor>,
    state: State,
    position: u64,
    counts: Counts,
}

#[derive(Debug, Clone, Deserialize)]
struct State {
    name: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Counts {
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

/// The domains whose folds are waited for.
#[derive(Debug, Clone)]
pub(super) struct Domains {
    context: String,
    /// Each with whether it keeps one model for all entities.
    pub(super) chosen: Vec<(String, bool)>,
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
    fn folded(&self, domains: &Domains) -> Option<u64> {
        self.of(domains).map(|reducer| reducer.position).min()
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

    /// The domains that the plan names, or else all that take its events.
    pub(super) fn choose(&self, plan: &Plan) -> Result<Domains, BenchError> {
        let options = &plan.options;
        let context = options.context.as_str();
        let serving: Vec<_> =
            self.reducers.iter().filter(|one| one.context == context && one.is_serving()).collect();
        let reads = options.workload == Workload::Read;
        let takes = |one: &Reducer| {
            reads || one.descriptor.as_ref().is_some_and(|descriptor| descriptor.takes(&options.event_type))
        };
        let named = |name: &DomainName| {
            let refused = |why| BenchError::Domain { domain: name.to_string(), why };
            let Some(one) = serving.iter().find(|one| one.domain == name.as_str()) else {
                return Err(refused(format!("no module serves it in context {context}{}", list(&serving))));
            };
            if takes(one) {
                return Ok(*one);
            }
            let event_type = &options.event_type;
            let why = format!(
                "does not take events of type {event_type}: choose one that it takes with --event-type"
            );
            Err(refused(why))
        };
        let chosen = if options.domains.is_empty() {
            serving.iter().copied().filter(|one| takes(one)).collect()
        } else {
            options.domains.iter().map(named).collect::<Result<Vec<_>, _>>()?
        };
        if matches!(options.workload, Workload::Live | Workload::Read) && chosen.len() != 1 {
            let why = format!("name it with --domain{}", list(&serving));
            return Err(BenchError::OneDomain { workload: options.workload.name(), why });
        }
        let chosen = chosen.into_iter().map(|one| (one.domain.clone(), one.is_whole_context())).collect();
        Ok(Domains { context: context.to_owned(), chosen })
    }
}

impl Reducer {
    fn is_serving(&self) -> bool {
        self.module.is_some() && !matches!(self.state.name.as_str(), "retired" | "failed" | "compiling")
    }

    fn is_whole_context(&self) -> bool {
        self.descriptor.as_ref().is_some_and(Descriptor::is_whole_context)
    }
}

fn list(serving: &[&Reducer]) -> String {
    if serving.is_empty() {
        return " (none is served there: put a reducer into the context's folder)".to_owned();
    }
    let names: Vec<_> = serving.iter().map(|one| one.domain.as_str()).collect();
    format!(" (there are {})", names.join(", "))
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
    let (mut furthest, mut since) = (0, Instant::now());
    loop {
        tokio::select! {
            // Whoever has stopped the run gets at least one look.
            biased;
            _ = again.tick() => {}
            () = stop.cancelled() => return Ok(None),
        }
        let Some(now) = Reducers::ask(client).await?.folded(domains) else { return Ok(None) };
        if now >= position {
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
mod tests {
    use serde_json::json;

    use super::*;
    use crate::bench::{BenchOptions, options::tests::options};

    fn reducers() -> Reducers {
        let one = |domain: &str, types: &[&str], fold: serde_json::Value, state: &str, position: u64| {
            json!({
                "context": if domain == "other" { "elsewhere" } else { "shop" }, "domain": domain,
                "module": "ab", "state": {"name": state}, "position": position, "counts": {"parked": 2},
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

    fn choose(workload: Workload, named: &[&str]) -> Result<Vec<String>, String> {
        let domains = named.iter().map(|name| name.parse().unwrap()).collect();
        let plan = Plan::new(BenchOptions { domains, ..options(workload) }).unwrap();
        let chosen = reducers().choose(&plan).map_err(|error| error.to_string())?;
        Ok(chosen.chosen.into_iter().map(|(name, whole)| format!("{name} {whole}")).collect())
    }

    #[test]
    fn domains_that_take_the_events_are_waited_for() {
        assert_eq!(choose(Workload::AppendFold, &[]).unwrap(), ["cart false", "tally true"]);
        assert_eq!(choose(Workload::Hot, &["cart"]).unwrap(), ["cart false"]);
        assert_eq!(choose(Workload::Read, &["coupons"]).unwrap(), ["coupons false"], "reads need no type");
    }

    #[test]
    fn domains_that_cannot_be_measured_are_refused_with_the_way_out() {
        for (workload, named, words) in [
            (
                Workload::Hot,
                &["gone"][..],
                "--domain gone: no module serves it in context shop (there are cart",
            ),
            (Workload::Hot, &["coupons"], "does not take events of type item_added"),
            (
                Workload::Live,
                &[],
                "live needs one domain: name it with --domain (there are cart, coupons, tally)",
            ),
            (Workload::Read, &["cart", "tally"], "read needs one domain"),
        ] {
            let said = choose(workload, named).unwrap_err();
            assert!(said.contains(words), "{said}");
        }
    }

    #[test]
    fn the_slowest_domain_says_how_far_all_have_folded() {
        let plan = Plan::new(options(Workload::Batches)).unwrap();
        let domains = reducers().choose(&plan).unwrap();
        assert_eq!(reducers().folded(&domains), Some(70));
        let served = reducers().served(&domains);
        assert_eq!((served[0].domain.as_str(), served[0].position, served[1].parked), ("cart", 80, 2));
        let none = Domains { context: "shop".to_owned(), chosen: Vec::new() };
        assert_eq!(reducers().folded(&none), None);
    }
}
