//! Parked entities that are to be tried again, and those who wait for it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::mpsc::{self, Receiver, error::TryRecvError};

use crate::{
    scheduler::{
        domain::{Asker, Domain},
        reduce::{Task, Waiting},
        visit::Visit,
    },
    words::{EntityId, Position},
};

use super::{activation, descriptor, entity, event, keeps, serving};

fn domain() -> Domain {
    let serving = serving(vec![activation(1, 0, Some(("m", descriptor(&[]))))], keeps);
    Domain::new(Arc::new(serving), Position(0), Visit::not_needed(), 1 << 20)
}

fn one() -> Option<EntityId> {
    Some(entity(1))
}

fn asker() -> (Asker, Receiver<bool>) {
    mpsc::channel(2)
}

/// What a worker is given: of each entity whether it is tried again.
fn taken(domain: &mut Domain) -> Vec<(Option<EntityId>, bool)> {
    let again = |Task { entity, waiting, .. }| (entity, matches!(waiting, Waiting::Again));
    domain.take(8).into_iter().map(again).collect()
}

#[test]
fn it_is_tried_although_nothing_waits() {
    let mut domain = domain();
    let (asker, mut told) = asker();
    domain.retry(one(), asker.clone());
    domain.retry(Some(entity(2)), asker);
    assert_eq!(taken(&mut domain), [(one(), true), (Some(entity(2)), true)]);
    domain.tell(one(), true);
    domain.done(one(), false);
    assert_eq!(told.try_recv(), Ok(true));
    assert_eq!(told.try_recv(), Err(TryRecvError::Empty), "the other is still on its way");
    domain.tell(Some(entity(2)), false);
    domain.done(Some(entity(2)), false);
    assert_eq!((told.try_recv(), told.try_recv()), (Ok(false), Err(TryRecvError::Disconnected)));
    assert!(!domain.has_work());
}

#[test]
fn what_runs_already_is_taken_up_again_behind_it() {
    let mut domain = domain();
    let (asker, mut told) = asker();
    domain.push(event(1, 1));
    assert_eq!(taken(&mut domain), [(one(), false)]);
    domain.retry(one(), asker);
    assert!(!domain.has_work(), "not beside it");
    domain.tell(one(), false);
    domain.done(one(), false);
    assert_eq!(told.try_recv(), Err(TryRecvError::Empty), "what ran had begun before");
    assert_eq!(taken(&mut domain), [(one(), true)]);
    domain.tell(one(), true);
    assert_eq!(told.try_recv(), Ok(true));
}

#[test]
fn what_is_queued_is_tried_once_for_all() {
    let mut domain = domain();
    let ((first, mut told_first), (second, mut told_second)) = (asker(), asker());
    domain.push(event(1, 1));
    domain.retry(one(), first);
    domain.retry(one(), second);
    assert_eq!(taken(&mut domain), [(one(), true)]);
    assert_eq!((domain.pending(), domain.mark()), (0, Position(0)), "its event is folded by the same call");
    domain.tell(one(), true);
    domain.done(one(), false);
    assert_eq!((told_first.try_recv(), told_second.try_recv()), (Ok(true), Ok(true)));
    assert!(!domain.has_work());
}

#[test]
fn what_was_stale_or_failed_in_the_store_is_tried_again() {
    let mut domain = domain();
    let (asker, mut told) = asker();
    domain.retry(one(), asker);
    taken(&mut domain);
    domain.done(one(), true);
    assert_eq!(taken(&mut domain), [(one(), true)], "it was stale");
    domain.delay(one(), false);
    assert!(!domain.has_work(), "not at once");
    domain.resume_delayed(Instant::now() + Duration::from_secs(60));
    assert_eq!(taken(&mut domain), [(one(), true)], "the store had failed");
    assert_eq!(told.try_recv(), Err(TryRecvError::Empty));
    domain.tell(one(), true);
    assert_eq!(told.try_recv(), Ok(true));
}

#[test]
fn another_module_answers_those_who_asked_the_one_before() {
    let mut before = domain();
    let (asker, mut told) = asker();
    before.retry(one(), asker.clone());
    taken(&mut before);
    before.retry(one(), asker);
    let mut after = domain();
    before.into_askers().for_each(|(entity, asker)| after.retry(entity, asker));
    assert_eq!(taken(&mut after), [(one(), true)]);
    after.tell(one(), true);
    assert_eq!((told.try_recv(), told.try_recv()), (Ok(true), Ok(true)));
}

#[test]
fn whoever_waits_for_a_domain_that_ends_hears_it() {
    let mut domain = domain();
    let (asker, mut told) = asker();
    domain.retry(one(), asker);
    drop(domain);
    assert_eq!(told.try_recv(), Err(TryRecvError::Disconnected));
}
