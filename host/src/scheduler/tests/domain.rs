//! What waits in a domain, and how far it says it has got.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use proptest::prelude::*;

use crate::{
    scheduler::{
        domain::Domain,
        reduce::{Task, Waiting},
        visit::Visit,
    },
    words::{Descriptor, EntityId, Event, Fact, Fold, Position},
};

use super::{activation, cart, descriptor, entity, event, fact, keeps, serving};

/// Events that one call takes at most.
const CALL: usize = 2;

fn domain_of(descriptor: Descriptor, visit: Visit) -> Domain {
    let mut serving = serving(vec![activation(1, 0, Some(("m", descriptor)))], keeps);
    serving.limits.call_events = CALL;
    Domain::new(Arc::new(serving), Position(0), visit, 1 << 20)
}

fn domain() -> Domain {
    domain_of(descriptor(&[]), Visit::not_needed())
}

/// What a worker is given: of each entity the positions, or none if the store must be asked.
fn taken(domain: &mut Domain) -> Vec<(Option<EntityId>, Option<Vec<u64>>)> {
    let positions = |events: Vec<Arc<Event>>| events.iter().map(|event| event.position.0).collect();
    let task = |Task { entity, waiting, .. }| match waiting {
        Waiting::These(events) => (entity, Some(positions(events))),
        Waiting::Unknown | Waiting::Again => (entity, None),
    };
    domain.take(8).into_iter().map(task).collect()
}

/// When every pause is over.
fn later() -> Instant {
    Instant::now() + Duration::from_secs(3600)
}

fn one() -> Option<EntityId> {
    Some(entity(1))
}

fn two() -> Option<EntityId> {
    Some(entity(2))
}

#[test]
fn an_entity_is_reduced_by_one_worker_at_a_time() {
    let mut domain = domain();
    // What is read twice waits once.
    [1, 1].into_iter().for_each(|position| domain.push(event(position, 1)));
    assert_eq!(taken(&mut domain), [(one(), Some(vec![1]))]);
    domain.push(event(2, 1));
    domain.push(event(3, 2));
    assert_eq!(taken(&mut domain), [(two(), Some(vec![3]))], "what comes meanwhile waits");
    assert!(!domain.has_work());
    domain.done(one(), false);
    assert!(domain.has_work());
    assert_eq!(taken(&mut domain), [(one(), Some(vec![2]))]);
}

#[test]
fn what_waits_is_taken_together_up_to_a_limit() {
    let mut domain = domain();
    for position in 1..=5 {
        domain.push(event(position, if position == 4 { 2 } else { 1 }));
    }
    assert_eq!(domain.pending(), 5);
    assert_eq!(taken(&mut domain), [(one(), Some(vec![1, 2])), (two(), Some(vec![4]))]);
    assert_eq!(domain.pending(), 2);
    domain.done(one(), false);
    assert_eq!(taken(&mut domain), [(one(), Some(vec![3, 5]))]);
    assert_eq!(domain.pending(), 0);
}

#[test]
fn what_the_module_does_not_take_does_not_wait() {
    let mut domain = domain_of(descriptor(&["A"]), Visit::not_needed());
    let other_type = Fact { event_type: "B".parse().unwrap(), ..fact(1, 1) };
    domain.push(Arc::new(Event { fact: Arc::new(other_type), ..(*event(1, 1)).clone() }));
    domain.push(Arc::new(Event { context: "bank".parse().unwrap(), ..(*event(2, 1)).clone() }));
    assert_eq!((domain.has_work(), domain.pending(), domain.mark()), (false, 0, Position(2)));
}

#[test]
fn a_whole_context_waits_as_one() {
    let mut domain =
        domain_of(Descriptor { fold: Fold::WholeContext, ..descriptor(&[]) }, Visit::not_needed());
    domain.push(event(1, 1));
    domain.push(event(2, 2));
    assert_eq!(taken(&mut domain), [(None, Some(vec![1, 2]))]);
}

#[test]
fn the_mark_never_leads() {
    let mut domain = domain();
    for (position, number) in [(1, 1), (2, 2), (3, 1), (4, 1)] {
        domain.push(event(position, number));
    }
    assert_eq!(domain.mark(), Position(0));
    taken(&mut domain);
    domain.done(two(), false);
    assert_eq!(domain.mark(), Position(0), "1 is taken, and not folded yet");
    domain.done(one(), false);
    assert_eq!(domain.mark(), Position(3), "4 still waits");
    taken(&mut domain);
    domain.push(event(5, 1));
    domain.done(one(), true);
    assert_eq!(domain.mark(), Position(3), "whether 4 is folded only the store knows");
    assert_eq!(taken(&mut domain), [(one(), None)]);
    domain.done(one(), false);
    assert_eq!(domain.mark(), Position(5));
}

#[test]
fn what_the_store_failed_at_is_taken_up_later() {
    let mut domain = domain();
    domain.push(event(1, 1));
    taken(&mut domain);
    domain.delay(one(), false);
    domain.push(event(2, 1));
    assert!(!domain.has_work(), "not at once");
    assert_eq!(domain.mark(), Position(0));
    domain.resume_delayed(later());
    assert_eq!(taken(&mut domain), [(one(), None)]);
    domain.done(one(), false);
    assert_eq!((domain.mark(), domain.pending(), domain.has_work()), (Position(2), 0, false));
}

#[test]
fn pauses_grow_while_the_machine_fails_and_are_forgotten_when_it_does_not() {
    let mut domain = domain();
    domain.push(event(1, 1));
    let mut failed = Vec::new();
    for _ in 0..4 {
        let task = domain.take(8).pop().unwrap();
        failed.push(task.failed);
        domain.delay(one(), true);
        domain.resume_delayed(Instant::now() + Duration::from_millis(450) * (1 << task.failed));
        assert!(!domain.has_work(), "the pause doubles: {failed:?}");
        domain.resume_delayed(later());
    }
    assert_eq!(failed, [0, 1, 2, 3]);
    assert_eq!(domain.take(8).pop().unwrap().failed, 4);
    domain.push(event(2, 1));
    domain.done(one(), false);
    assert_eq!(domain.take(8).pop().unwrap().failed, 0);
}

#[test]
fn while_many_folds_take_long_nobody_is_visited_but_new_events_are_taken() {
    let mut domain = visited(40);
    let taken = domain.take(20);
    taken[..16].iter().for_each(|task| domain.made_way(task.entity));
    domain.made_way(taken[0].entity);
    assert!(!domain.has_work(), "twenty wait, and sixteen go on beside others");
    domain.push(event(101, 101));
    assert_eq!(domain.take(8).len(), 1, "the one with news");
    domain.done(taken[0].entity, false);
    assert!(domain.has_work());
    domain.made_way(taken[16].entity);
    assert!(!domain.has_work());
    domain.delay(taken[16].entity, false);
    assert!(domain.has_work(), "what failed is no longer going on");
}

#[test]
fn what_comes_for_a_fold_that_takes_long_is_read_from_the_store_when_it_ends() {
    let mut domain = domain();
    domain.push(event(1, 1));
    assert_eq!(taken(&mut domain), [(one(), Some(vec![1]))]);
    domain.push(event(2, 1));
    assert_eq!(domain.pending(), 1);
    domain.made_way(one());
    (3..100).for_each(|position| domain.push(event(position, 1)));
    assert_eq!(domain.pending(), 0, "the log is read on for all others");
    domain.done(one(), false);
    assert_eq!(domain.mark(), Position(0), "what waits may be as old as what was known of before");
    assert_eq!(taken(&mut domain), [(one(), None)]);
    domain.done(one(), false);
    assert_eq!(domain.mark(), Position(99));
}

/// A domain with so many entities to be visited.
fn visited(count: u8) -> Domain {
    let mut domain = domain_of(descriptor(&[]), Visit::begin());
    domain.visit.arrived(usize::from(count), Some(entity(count)), true);
    (1..=count).for_each(|number| domain.visit(Some(entity(number))));
    domain
}

#[test]
fn until_all_are_visited_the_store_is_asked() {
    let mut domain = visited(1);
    domain.push(event(7, 2));
    assert_eq!(taken(&mut domain), [(two(), None), (one(), None)]);
    domain.done(two(), false);
    domain.done(one(), true);
    assert!(!domain.visit.is_settled(), "more of it waits in the store");
    assert_eq!(taken(&mut domain), [(one(), None)]);
    domain.done(one(), false);
    assert!(domain.visit.is_settled());
    domain.push(event(8, 1));
    assert_eq!(taken(&mut domain), [(one(), Some(vec![8]))]);
}

#[test]
fn a_visit_waits_for_the_reduction_that_runs() {
    let mut domain = domain_of(descriptor(&[]), Visit::begin());
    domain.push(event(1, 1));
    taken(&mut domain);
    domain.visit.arrived(1, one(), true);
    domain.visit(one());
    assert!(!domain.has_work());
    domain.done(one(), false);
    assert!(!domain.visit.is_settled(), "what ran had begun before");
    assert_eq!(taken(&mut domain), [(one(), None)]);
    domain.done(one(), false);
    assert!(domain.visit.is_settled());
}

#[test]
fn visits_make_way_but_end() {
    let mut domain = visited(20);
    assert_eq!(domain.take(8).len(), 8, "alone they have all places");
    (101..=110).for_each(|number| domain.push(event(u64::from(number), number)));
    let next = taken(&mut domain);
    let news = next.iter().filter(|(entity, _)| *entity > Some(super::entity(100))).count();
    assert_eq!((news, next.len(), domain.visits_waiting()), (6, 8, 10), "a quarter is kept for them");
    for round in 0.. {
        (111..=120).for_each(|number| domain.push(event(200 + round, number)));
        let batch = taken(&mut domain);
        batch.into_iter().for_each(|(entity, _)| domain.done(entity, false));
        if domain.visits_waiting() == 0 {
            break;
        }
        assert!(round < 5, "they never end under load");
    }
}

proptest! {
    /// Whatever happens in whatever order: the mark stays below what is not folded, nobody has an entity
    /// twice, and in the end all is folded.
    #[test]
    fn nothing_is_lost(steps in proptest::collection::vec((0..6_u8, 1..4_u8), 1..60)) {
        let mut domain = domain();
        let mut unfolded: Vec<Arc<Event>> = Vec::new();
        let mut running: Vec<(Option<EntityId>, Option<Vec<u64>>)> = Vec::new();
        let end = [(3, 1); 60].into_iter().chain([(5, 1)]).chain([(2, 1), (3, 1)].into_iter().cycle().take(400));
        for (step, number) in steps.into_iter().chain(end) {
            match step {
                0 | 1 => {
                    let event = event(domain.cursor.0 + 1, number);
                    unfolded.push(Arc::clone(&event));
                    domain.push(event);
                }
                2 => running.extend(taken(&mut domain)),
                3 | 4 if !running.is_empty() => {
                    let (entity, these) = running.remove(0);
                    // A reduction that asked the store folds all that was committed; one in two was stale.
                    let stale = step == 4;
                    let folds = |event: &Event| {
                        Some(event.fact.entity) == entity
                            && these.as_ref().is_none_or(|these| these.contains(&event.position.0))
                    };
                    if !stale {
                        unfolded.retain(|event| !folds(event));
                    }
                    domain.done(entity, stale);
                }
                5 => {
                    if let Some((entity, _)) = running.pop() {
                        domain.delay(entity, number == 1);
                    }
                    domain.resume_delayed(later());
                }
                _ => {}
            }
            let mut entities: Vec<_> = running.iter().map(|(entity, _)| *entity).collect();
            entities.sort_unstable();
            entities.dedup();
            prop_assert_eq!(entities.len(), running.len(), "an entity is with two workers");
            let oldest = unfolded.iter().map(|event| event.position).min();
            prop_assert!(oldest.is_none_or(|oldest| domain.mark() < oldest), "the mark leads");
        }
        prop_assert_eq!(unfolded.len(), 0);
        prop_assert_eq!((domain.mark(), domain.pending()), (domain.cursor, 0));
        prop_assert_eq!(&domain.serving.key, &cart());
    }
}
