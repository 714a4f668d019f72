//! What came of a case, judged.

use std::sync::Arc;

use crate::{
    cases::{
        case::Case,
        compare::{Finding, compare},
        report::{Colour, report},
        run::{Outcome, Ran},
    },
    sandbox::{Failure, LogLine},
    words::{EventId, Fact},
};

use super::read;

/// A case of two events that expects this.
fn expects(then: &str) -> Case {
    let text = format!("name: x\nwhen: [{{type: a, data: 1}}, {{type: b, data: 2}}]\nthen: {then}\n");
    read(&text).unwrap().remove(0)
}

fn folded(model: Option<&str>, events: Vec<Fact>) -> Outcome {
    let model = model.map(|model| Arc::from(model.as_bytes()));
    Outcome::Folded { model, events: events.into_iter().map(Arc::new).collect() }
}

/// An event of type `a` that the event of this index led to.
fn emitted(case: &Case, cause: usize, data: &str) -> Fact {
    let fact = (*case.when[cause].fact).clone();
    Fact { event_type: "a".parse().unwrap(), data: data.into(), cause: Some(case.written[cause]), ..fact }
}

fn failed(event: Option<EventId>, code: &str) -> Outcome {
    let log = vec![LogLine { level: "warn".into(), message: "it is\nempty".into() }];
    let trace = Some("cart: apply\ncart: reduce\n".into());
    let message = "there is none left".into();
    Outcome::Failed {
        event,
        failure: Failure { event: None, code: code.into(), message, trace, log, transient: false },
    }
}

/// What is said about a case that gave this in both ways.
fn judged(then: &str, outcome: impl Fn(&Case) -> Outcome) -> String {
    ways(then, &outcome, &outcome)
}

/// What is said about a case that gave this in one call and that one by one; nothing if it passes.
fn ways(then: &str, first: impl Fn(&Case) -> Outcome, second: impl Fn(&Case) -> Outcome) -> String {
    let case = expects(then);
    let ran = Ran { in_one_call: first(&case), one_by_one: second(&case) };
    let findings: Vec<Finding> = compare(&case, &ran);
    if findings.is_empty() { String::new() } else { report(&case, &findings, Colour::Off) }
}

#[track_caller]
fn says(said: &str, words: &[&str]) {
    for words in words {
        assert!(said.contains(words), "{words:?} is not in:\n{said}");
    }
}

#[test]
fn a_model_is_compared_as_a_value() {
    let model = |then: &str, model: Option<&str>| judged(then, |_| folded(model, vec![]));
    assert_eq!(model("{model: {b: [1.0, '1'], a: null}}", Some(r#"{"a":null,"b":[1,"1"]}"#)), "");
    assert_eq!(model("{model: null}", None), "");
    assert_eq!(model("{events: []}", Some("7")), "", "it is not looked at");
    says(&model("{model: null}", Some("null")), &["    - no model\n    + null\n"]);
    says(&model("{model: {}}", None), &["the model is not as expected", "    - {}\n    + no model\n"]);
    let said = model("{model: {apples: 3, pears: 1}}", Some(r#"{"apples":2,"pears":1}"#));
    says(
        &said,
        &["cases.yaml: x\n", "    -   \"apples\": 3,\n    +   \"apples\": 2,\n        \"pears\": 1\n"],
    );
}

#[test]
fn of_emitted_events_only_what_is_named_is_compared() {
    let both = |case: &Case| folded(None, vec![emitted(case, 0, "{\"n\":1}"), emitted(case, 1, "2")]);
    assert_eq!(judged("{model: null}", both), "");
    assert_eq!(judged("{events: [{type: a}, {type: a}]}", both), "");
    let full =
        "{type: a, data: {n: 1.0}, entity: 7c9e6679-7425-40de-944b-e07fc1f90ae7, metadata: {}, cause: 0}";
    assert_eq!(judged(&format!("{{events: [{full}, {{type: a, data: 2, cause: 1}}]}}"), both), "");
    let said = judged("{events: [{type: a, cause: 1}, {type: a, data: 3}]}", both);
    says(
        &said,
        &["-     \"cause\": 1,\n    +     \"cause\": 0,\n", "-     \"data\": 3,\n    +     \"data\": 2,\n"],
    );
    says(
        &judged("{events: []}", both),
        &["emitted events are not", "    - []\n    + [\n", "+     \"entity\": \"7c9e"],
    );
    says(&judged("{events: [{type: a}, {type: a}, {type: b}]}", both), &["-     \"type\": \"b\"\n"]);
}

#[test]
fn a_result_that_depends_on_the_cut_is_told_even_if_nobody_looks_at_it() {
    let model = |model: &'static str| move |_: &Case| folded(Some(model), vec![]);
    says(
        &ways("{events: []}", model("{\"calls\":1}"), model("{\"calls\":2}")),
        &["the model depends on how events are cut", "-   \"calls\": 1\n    +   \"calls\": 2\n"],
    );
    // The same value in other bytes: shown as it is written.
    says(
        &ways("{model: {a: 1, b: 2}}", model(r#"{"a":1,"b":2}"#), model(r#"{"b":2,"a":1}"#)),
        &["    - {\"a\":1,\"b\":2}\n    + {\"b\":2,\"a\":1}\n"],
    );
    let caused = |cause| move |case: &Case| folded(None, vec![emitted(case, cause, "1")]);
    says(&ways("{model: null}", caused(0), caused(1)), &["the emitted events depend", "\"cause\": 1"]);
    says(&ways("{model: null}", caused(0), |_| folded(None, vec![])), &["+ []"]);
}

#[test]
fn a_failure_is_told_with_its_trace_and_log() {
    let said = judged("{model: 1}", |case| failed(Some(case.written[1]), "sold-out"));
    says(
        &said,
        &[
            "the reduction failed\n    sold-out: there is none left\n    at event 1 of `when`: b\n",
            "    trace:\n      cart: apply\n      cart: reduce\n    log:\n      warn  it is\n            empty\n",
        ],
    );
    assert_eq!(said.matches("sold-out").count(), 1, "{said}");
    let passes = |_: &Case| folded(Some("1"), vec![]);
    let fails = |_: &Case| failed(None, "sold-out");
    says(&ways("{model: 1}", fails, passes), &["in one call it fails, one by one it does not\n    sold-out"]);
    says(&ways("{model: 2}", passes, fails), &["one by one it fails", "    - 2\n    + 1\n"]);
}

#[test]
fn a_failure_can_be_expected_in_both_ways() {
    let at = |index: usize| move |case: &Case| failed(Some(case.written[index]), "sold-out");
    let unsaid = |_: &Case| failed(None, "sold-out");
    let then = "{failure: {code: sold-out, message: none left, event: 1}}";
    assert_eq!(judged(then, at(1)), "");
    assert_eq!(ways(then, unsaid, at(1)), "", "in one call the event need not be known");
    assert_eq!(judged("{failure: {}}", at(0)), "");
    says(&judged(then, at(0)), &["it failed, but not as expected: not with event 1 of `when`"]);
    says(
        &judged("{failure: {code: x, message: y}}", at(0)),
        &["not with the code \"x\", a message with \"y\""],
    );
    says(&ways(then, at(0), at(1)), &["the failure depends on how"]);
    says(&ways("{failure: {}}", at(1), |_| failed(None, "other")), &["the failure depends on how"]);
    let said = judged(then, |_| folded(None, vec![]));
    assert_eq!(said.matches("it was expected to fail, but it did not").count(), 1, "{said}");
    says(&ways(then, at(1), |_| folded(None, vec![])), &["one by one it does not", "but it did not"]);
}

#[test]
fn colours_are_for_terminals() {
    let case = expects("{model: 1}");
    let outcome = || folded(Some("2"), vec![]);
    let findings = compare(&case, &Ran { in_one_call: outcome(), one_by_one: outcome() });
    assert!(report(&case, &findings, Colour::On).contains("\u{1b}[31m    - 1\u{1b}[0m\n"));
    assert!(!report(&case, &findings, Colour::Off).contains('\u{1b}'));
}
