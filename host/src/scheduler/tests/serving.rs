//! What a row needs from the module in force, and which old events stay silent.

use crate::{
    store::Activation,
    words::{Descriptor, EventType, History, Position, Row, Segment, Upgrade},
};

use super::{activation, descriptor, keeps, serving};
use crate::scheduler::serving::Stance::{self, Continue, Refold};

fn rebuilds() -> Descriptor {
    descriptor(&[])
}

fn resumes() -> Descriptor {
    Descriptor { upgrade: Upgrade::Resume, ..rebuilds() }
}

/// Activations 1, 2, … of these modules.
fn chain(modules: &[Option<(&str, Descriptor)>]) -> Vec<Activation> {
    modules.iter().zip(1..).map(|(module, number)| activation(number, 0, module.clone())).collect()
}

/// How a row stands that these activations made, one after the other.
fn stance(modules: &[Option<(&str, Descriptor)>], made_by: &[u64]) -> Stance {
    let made_by = made_by.iter().zip(1..).map(|(number, from)| Segment { activation: *number, from });
    let row = Row { folded: Position(9), made_by: made_by.collect(), ..Row::default() };
    serving(chain(modules), keeps).stance(Some(&row))
}

#[test]
fn a_row_of_the_module_in_force_goes_on() {
    assert_eq!(stance(&[Some(("one", rebuilds()))], &[1]), Continue);
    assert_eq!(stance(&[Some(("one", rebuilds())), Some(("two", rebuilds()))], &[2]), Continue);
    assert_eq!(stance(&[Some(("one", rebuilds())), Some(("two", resumes()))], &[1, 2]), Continue);
}

#[test]
fn what_was_never_folded_needs_no_refold() {
    let two = [Some(("one", rebuilds())), Some(("two", rebuilds()))];
    assert_eq!(serving(chain(&two), keeps).stance(None), Continue);
    let parked_at_once = Row::default();
    assert_eq!(serving(chain(&two), keeps).stance(Some(&parked_at_once)), Continue);
}

#[test]
fn the_new_module_says_how_an_old_row_goes_on() {
    assert_eq!(stance(&[Some(("one", resumes())), Some(("two", rebuilds()))], &[1]), Refold);
    assert_eq!(stance(&[Some(("one", rebuilds())), Some(("two", resumes()))], &[1]), Continue);
    let retired_between = [Some(("one", resumes())), None, Some(("two", rebuilds()))];
    assert_eq!(stance(&retired_between, &[1]), Refold);
    let resumed_since = [Some(("one", rebuilds())), None, Some(("two", resumes()))];
    assert_eq!(stance(&resumed_since, &[1]), Continue);
}

#[test]
fn a_rebuild_that_did_not_reach_a_row_is_made_good() {
    let modules = [Some(("one", rebuilds())), Some(("two", rebuilds())), Some(("three", resumes()))];
    assert_eq!(stance(&modules, &[1]), Refold, "not reached");
    assert_eq!(stance(&modules, &[2]), Continue, "reached");
    let more = [&modules[..], &[Some(("four", resumes()))]].concat();
    assert_eq!(stance(&more, &[1]), Refold, "however many resume after it");
    assert_eq!(stance(&more, &[2, 3]), Continue);
}

#[test]
fn a_module_that_comes_back_finds_its_own_rows_good() {
    let retired = [Some(("one", rebuilds())), None, Some(("one", rebuilds()))];
    assert_eq!(stance(&retired, &[1]), Continue);
    let rolled_back = [Some(("one", rebuilds())), Some(("two", rebuilds())), Some(("one", rebuilds()))];
    assert_eq!(stance(&rolled_back, &[1]), Continue, "the other never reached it");
    assert_eq!(stance(&rolled_back, &[2]), Refold);
}

#[test]
fn a_row_that_two_modules_made_is_nobodys_own() {
    let modules = [Some(("one", rebuilds())), Some(("two", resumes())), Some(("one", rebuilds()))];
    assert_eq!(stance(&modules, &[1, 2]), Refold);
    let twice = [Some(("one", resumes())), Some(("one", resumes())), Some(("two", rebuilds()))];
    assert_eq!(stance(&twice, &[1, 2]), Refold);
}

/// Up to where events of a type are silent, after activations at heads 10, 20, 30.
fn silent(modules: [Option<Descriptor>; 3], event_type: &str) -> u64 {
    let modules = modules.into_iter().zip(1..);
    let chain = modules.map(|(module, n)| activation(n, 10 * n, module.map(|descriptor| ("m", descriptor))));
    let event_type: EventType = event_type.parse().unwrap();
    serving(chain.collect(), keeps).silent_up_to(&event_type).0
}

fn silent_history(types: &[&str]) -> Descriptor {
    Descriptor { history: History::Silent, ..descriptor(types) }
}

#[test]
fn the_first_module_says_whether_history_emits() {
    let then = || Some(descriptor(&["A", "B"]));
    assert_eq!(silent([Some(silent_history(&["A"])), then(), then()], "A"), 10);
    assert_eq!(silent([Some(descriptor(&["A"])), then(), then()], "A"), 0);
    let late = || Some(silent_history(&["A"]));
    assert_eq!(silent([Some(descriptor(&["A"])), late(), late()], "A"), 0, "only the first is asked");
    assert_eq!(silent([Some(silent_history(&[])), then(), then()], "C"), 10, "it takes all types");
}

#[test]
fn a_type_that_is_taken_later_is_silent_up_to_there() {
    let first = || Some(descriptor(&["A"]));
    let both = || Some(descriptor(&["A", "B"]));
    assert_eq!(silent([first(), both(), both()], "B"), 20);
    assert_eq!(silent([first(), None, both()], "B"), 30);
    assert_eq!(silent([first(), both(), Some(descriptor(&["B"]))], "B"), 20, "from when it was first taken");
    assert_eq!(silent([both(), first(), both()], "B"), 0, "it was taken from the beginning");
    assert_eq!(silent([Some(silent_history(&["A"])), both(), both()], "B"), 20);
    assert_eq!(silent([first(), both(), both()], "C"), 0);
}
