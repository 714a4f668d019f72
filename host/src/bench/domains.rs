//! Which domains a run is about.

use super::{
    BenchError, Workload,
    options::Plan,
    status::{Reducer, Reducers},
};
use crate::words::{Descriptor, DomainName};

/// The domains whose folds are waited for.
#[derive(Debug, Clone)]
pub(super) struct Domains {
    pub(super) context: String,
    /// Each with whether it keeps one model for all entities.
    pub(super) chosen: Vec<(String, bool)>,
}

impl Domains {
    /// The domains that the plan names, or else all that take its events.
    pub(super) fn choose(reducers: &Reducers, plan: &Plan) -> Result<Self, BenchError> {
        let options = &plan.options;
        let context = options.context.as_str();
        let serving: Vec<_> =
            reducers.reducers.iter().filter(|one| one.context == context && one.is_serving()).collect();
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
        let needs_one = matches!(options.workload, Workload::Live | Workload::FanOut | Workload::Read);
        if needs_one && chosen.len() != 1 {
            let why = format!("name it with --domain{}", list(&serving));
            return Err(BenchError::OneDomain { workload: options.workload.name(), why });
        }
        let chosen = chosen.into_iter().map(|one| (one.domain.clone(), one.is_whole_context())).collect();
        Ok(Self { context: context.to_owned(), chosen })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{BenchOptions, options::tests::options, status::tests::reducers};

    fn choose(workload: Workload, named: &[&str]) -> Result<Vec<String>, String> {
        let domains = named.iter().map(|name| name.parse().unwrap()).collect();
        let plan = Plan::new(BenchOptions { domains, ..options(workload) }).unwrap();
        let chosen = Domains::choose(&reducers(), &plan).map_err(|error| error.to_string())?;
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
            (Workload::FanOut, &[], "fan-out needs one domain"),
            (Workload::Read, &["cart", "tally"], "read needs one domain"),
        ] {
            let said = choose(workload, named).unwrap_err();
            assert!(said.contains(words), "{said}");
        }
    }
}
