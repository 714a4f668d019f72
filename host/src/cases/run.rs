//! A case is folded twice: in one call, and one call for each event.

use std::sync::Arc;

use crate::{
    sandbox::Failure,
    scheduler::{Bench, Folded},
    words::{Event, EventId, Fact},
};

use super::case::Case;

/// What became of a case in one of the two ways.
#[derive(Debug)]
pub(super) enum Outcome {
    Folded {
        model: Option<Arc<[u8]>>,
        events: Vec<Arc<Fact>>,
    },
    Failed {
        /// The event that it is about, where that is known.
        event: Option<EventId>,
        failure: Failure,
    },
}

/// What became of a case in both ways.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) in_one_call: Outcome,
    pub(super) one_by_one: Outcome,
}

/// Folds a case in both ways.
///
/// # Errors
/// Why what is given could not be folded.
pub(super) fn run(case: &Case, bench: &Bench, call_events: usize) -> Result<Ran, Failure> {
    let mut model = case.model.clone();
    for events in case.given.chunks(call_events) {
        model = bench.fold(case.entity, model, events)?.model;
    }
    let in_one_call = fold(case, bench, model.clone(), case.when.len());
    let one_by_one = fold(case, bench, model, 1);
    Ok(Ran { in_one_call, one_by_one })
}

/// Folds the events that come now, so many in each call.
fn fold(case: &Case, bench: &Bench, mut model: Option<Arc<[u8]>>, at_once: usize) -> Outcome {
    let mut emitted = Vec::new();
    for call in case.when.chunks(at_once) {
        match bench.fold(case.entity, model, call) {
            Ok(Folded { model: after, events }) => {
                model = after;
                emitted.extend(events);
            }
            Err(failure) => return Outcome::Failed { event: about(call, &failure), failure },
        }
    }
    Outcome::Folded { model, events: emitted }
}

fn about(call: &[Arc<Event>], failure: &Failure) -> Option<EventId> {
    let event = match call {
        [only] => Some(only),
        _ => failure.event.and_then(|index| call.get(index)),
    };
    event.map(|event| event.fact.id)
}
