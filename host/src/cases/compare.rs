//! What became of a case, against what is expected, and one way of folding against the other.

use crate::{sandbox::Failure, words::EventId};

use super::{
    case::{Case, Then},
    json::Json,
    run::{Outcome, Ran},
    show,
};

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Two texts that should be the same.
    Differs {
        /// What differs, and which text is which.
        what: String,
        /// The first text: what was expected, or what one call gave.
        first: String,
        /// The second text: what came, or what several calls gave.
        second: String,
    },
    /// A sentence, and whatever explains it.
    Says {
        /// The sentence.
        what: String,
        /// What explains it, on several lines; may be empty.
        why: String,
    },
}

/// Everything that is wrong; nothing if the case passes.
pub(super) fn compare(case: &Case, ran: &Ran) -> Vec<Finding> {
    let mut findings = ways(case, ran);
    let expected = expected(case, ran);
    // What is said of both ways is said once.
    findings.extend(expected.into_iter().fold(Vec::new(), |mut all, finding| {
        if !all.contains(&finding) {
            all.push(finding);
        }
        all
    }));
    findings
}

/// How what one call gave differs from what a call for each event gave: byte for byte.
fn ways(case: &Case, ran: &Ran) -> Vec<Finding> {
    match (&ran.in_one_call, &ran.one_by_one) {
        (Outcome::Folded { model, events }, Outcome::Folded { model: other, events: others }) => {
            let mut findings = Vec::new();
            if model != other {
                let shown = [model, other].map(|model| model.as_deref().map(Json::of_bytes));
                let written = [model, other]
                    .map(|model| String::from_utf8_lossy(model.as_deref().unwrap_or_default()).into_owned());
                findings.push(depends("the model", shown.map(|model| show::model(model.as_ref())), written));
            }
            if events != others {
                let shown = [events, others].map(|facts| {
                    Json::List(facts.iter().map(|fact| show::whole(case, fact)).collect()).pretty()
                });
                let written = [events, others].map(|facts| {
                    facts.iter().map(|fact| String::from_utf8_lossy(&fact.data) + "\n").collect()
                });
                findings.push(depends("the emitted events", shown, written));
            }
            findings
        }
        (Outcome::Failed { event, failure }, Outcome::Failed { event: other, failure: later }) => {
            let about_another = event.is_some_and(|event| Some(event) != *other);
            if failure.code == later.code && !about_another {
                return Vec::new();
            }
            let first = told(case, *event, failure);
            vec![depends("the failure", [first.clone(), told(case, *other, later)], [first, String::new()])]
        }
        (Outcome::Failed { event, failure }, Outcome::Folded { .. }) => {
            vec![fails(case, *event, failure, "in one call it fails, one by one it does not")]
        }
        (Outcome::Folded { .. }, Outcome::Failed { event, failure }) => {
            vec![fails(case, *event, failure, "one by one it fails, in one call it does not")]
        }
    }
}

/// The result depends on how the events were cut. What looks the same is shown as it is written.
fn depends(what: &str, shown: [String; 2], written: [String; 2]) -> Finding {
    let [first, second] = if shown[0] == shown[1] { written } else { shown };
    let verb = if what.ends_with('s') { "depend" } else { "depends" };
    let what = format!("{what} {verb} on how events are cut into calls (- in one call, + one by one)");
    Finding::Differs { what, first, second }
}

/// How what came differs from what is expected.
fn expected(case: &Case, ran: &Ran) -> Vec<Finding> {
    match (&case.then, &ran.in_one_call, &ran.one_by_one) {
        (Then::Failure { .. }, first, second) => {
            [first, second].into_iter().filter_map(|outcome| failure(case, outcome)).collect()
        }
        (Then::Folded { .. }, Outcome::Failed { .. }, Outcome::Failed { event, failure }) => {
            vec![fails(case, *event, failure, "the reduction failed")]
        }
        // If one way fails, that was said; what the other gives is held against the expectation.
        (Then::Folded { model, events }, Outcome::Folded { model: came, events: emitted }, _)
        | (Then::Folded { model, events }, _, Outcome::Folded { model: came, events: emitted }) => {
            let mut findings = Vec::new();
            if let Some(model) = model {
                let came = came.as_deref().map(Json::of_bytes);
                if *model != came {
                    let (first, second) = (show::model(model.as_ref()), show::model(came.as_ref()));
                    findings.push(differs("the model", first, second));
                }
            }
            if let Some(events) = events {
                let came = show::emitted(case, emitted.iter().map(|fact| &**fact), events);
                let expected = show::expected(case, events);
                if expected != came {
                    findings.push(differs("the emitted events", expected.pretty(), came.pretty()));
                }
            }
            findings
        }
    }
}

fn differs(what: &str, first: String, second: String) -> Finding {
    let verb = if what.ends_with('s') { "are" } else { "is" };
    Finding::Differs { what: format!("{what} {verb} not as expected (- expected, + actual)"), first, second }
}

/// What is wrong with the failure that is expected, if anything is.
fn failure(case: &Case, outcome: &Outcome) -> Option<Finding> {
    let Then::Failure { code, message, event } = &case.then else { return None };
    let Outcome::Failed { event: about, failure } = outcome else {
        let what = "it was expected to fail, but it did not".to_owned();
        return Some(Finding::Says { what, why: String::new() });
    };
    let wrong = [
        code.as_ref().filter(|code| **code != failure.code).map(|code| format!("the code {code:?}")),
        message
            .as_ref()
            .filter(|part| !failure.message.contains(*part))
            .map(|part| format!("a message with {part:?}")),
        event
            .filter(|event| about.is_some_and(|about| about != *event))
            .map(|event| format!("event {} of `when`", case.index_of(event).unwrap_or_default())),
    ];
    let wrong: Vec<_> = wrong.into_iter().flatten().collect();
    let what = format!("it failed, but not as expected: not with {}", wrong.join(", "));
    (!wrong.is_empty()).then(|| fails(case, *about, failure, &what))
}

/// A failure in full.
pub(super) fn fails(case: &Case, event: Option<EventId>, failure: &Failure, what: &str) -> Finding {
    Finding::Says { what: what.to_owned(), why: told(case, event, failure) }
}

fn told(case: &Case, event: Option<EventId>, failure: &Failure) -> String {
    let mut told = format!("{}: {}\n", failure.code, failure.message);
    let index = event.and_then(|event| case.index_of(event));
    let events = case.when.iter().find(|known| Some(known.fact.id) == event);
    if let (Some(index), Some(event)) = (index, events) {
        told += &format!("at event {index} of `when`: {}\n", event.fact.event_type);
    }
    if let Some(trace) = &failure.trace {
        told += "trace:\n";
        told.extend(trace.lines().map(|line| format!("  {line}\n")));
    }
    if !failure.log.is_empty() {
        told += "log:\n";
        for line in &failure.log {
            let message = line.message.replace('\n', "\n        ");
            told += &format!("  {:<5} {message}\n", line.level);
        }
    }
    told
}
