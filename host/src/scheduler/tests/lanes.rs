//! Which domain has its turn in which lane, and how many workers it may have.

use std::{sync::Arc, time::Duration};

use crate::{
    sandbox::{Call, Failure, Reduced},
    scheduler::{domain::Domain, lanes::Lane, pace::time_of_thread, turns::Turns, visit::Visit},
    words::{DomainKey, Position},
};

use super::{activation, cart, descriptor, entity, event, keeps, serving};

/// Takes its time for the first entity.
fn takes_long(call: &Call<'_>) -> Result<Reduced, Failure> {
    let until = time_of_thread() + Duration::from_millis(20);
    while call.entity == Some(entity(1)) && time_of_thread() < until {}
    keeps(call)
}

/// A domain of this name with much to do.
fn busy(name: &str) -> Domain {
    let mut serving = serving(vec![activation(1, 0, Some(("m", descriptor(&[]))))], takes_long);
    serving.key = DomainKey { domain: name.parse().unwrap(), ..cart() };
    let mut domain = Domain::new(Arc::new(serving), Position(0), Visit::not_needed(), 1 << 20);
    (1..=9).for_each(|number| domain.push(event(number, u8::try_from(number).unwrap())));
    domain
}

fn call(domain: &Domain, number: u8) {
    let key = cart();
    let call = Call { key: &key, entity: Some(entity(number)), model: None, events: &[event(1, number)] };
    domain.serving.reduce(&call).unwrap();
}

fn slow(name: &str) -> Domain {
    let domain = busy(name);
    // The first one may just have waited for a processor.
    call(&domain, 1);
    call(&domain, 1);
    domain
}

/// Who has turns in a lane of four workers, until nobody may have another.
fn turns(turns: &mut Turns, lane: Lane) -> Vec<String> {
    let mut names = Vec::new();
    while let Some(domain) = turns.next(lane, 4) {
        domain.running += 1;
        names.push(domain.serving.key.domain.to_string());
    }
    names
}

fn served(domains: impl IntoIterator<Item = Domain>) -> Turns {
    let mut turns = Turns::default();
    domains.into_iter().for_each(|domain| turns.insert(domain));
    turns
}

#[test]
fn slow_domains_are_at_the_back_and_leave_the_front_to_the_quick_ones() {
    let mut domains = served([busy("a"), slow("b")]);
    assert_eq!(turns(&mut domains, Lane::Front), ["a"; 4], "nobody else is there");
    assert_eq!(turns(&mut domains, Lane::Back), ["b"; 2], "half of them");
}

#[test]
fn domains_in_one_lane_have_half_of_its_workers_each() {
    let mut domains = served([busy("a"), busy("b"), busy("c")]);
    assert_eq!(turns(&mut domains, Lane::Front), ["a", "b", "c", "a", "b", "c"]);
    assert_eq!(turns(&mut domains, Lane::Back), [""; 0]);
}

#[test]
fn a_slow_domain_that_is_alone_has_all_workers_at_the_back() {
    let mut domains = served([slow("a")]);
    assert_eq!(turns(&mut domains, Lane::Front), [""; 0]);
    assert_eq!(turns(&mut domains, Lane::Back), ["a"; 4]);
}

#[test]
fn a_quick_call_brings_a_domain_to_the_front_again() {
    let domain = slow("a");
    assert_eq!(domain.serving.lane(), Lane::Back);
    call(&domain, 2);
    assert_eq!(domain.serving.lane(), Lane::Front);
}
