//! Those who wait until something is folded.

use std::sync::Arc;

use tokio::sync::oneshot::{self, Receiver, error::TryRecvError};

use crate::{
    scheduler::{
        domain::{Domain, Tried, Wait},
        turns::Turns,
        visit::Visit,
    },
    words::{EntityId, Position, Row, Segment},
};

use super::{activation, cart, descriptor, entity, event, keeps, serving};

const STILL: Result<Tried, TryRecvError> = Err(TryRecvError::Empty);
const GONE: Result<Tried, TryRecvError> = Err(TryRecvError::Closed);

fn domain_with(visit: Visit) -> Domain {
    let serving = serving(vec![activation(1, 0, Some(("m", descriptor(&[]))))], keeps);
    Domain::new(Arc::new(serving), Position(0), visit, 1 << 20)
}

fn domain() -> Domain {
    domain_with(Visit::not_needed())
}

fn one() -> Option<EntityId> {
    Some(entity(1))
}

fn two() -> Option<EntityId> {
    Some(entity(2))
}

fn wait(entity: Option<EntityId>, position: u64) -> (Wait, Receiver<Tried>) {
    let (told, hears) = oneshot::channel();
    (Wait { entity, position: Position(position), told }, hears)
}

/// Somebody begins to wait.
fn waits(domain: &mut Domain, entity: Option<EntityId>, position: u64) -> Receiver<Tried> {
    let (wait, hears) = wait(entity, position);
    domain.waits.add(wait);
    domain.take_up_waits();
    hears
}

fn done(domain: &mut Domain, entity: Option<EntityId>, again: bool) {
    domain.done(entity, again);
    domain.tell_waits(entity);
}

#[test]
fn whoever_waits_is_told_when_it_was_tried_and_not_before() {
    let mut domain = domain();
    let mut first = waits(&mut domain, one(), 2);
    domain.push(event(1, 1));
    domain.push(event(2, 1));
    domain.push(event(3, 2));
    domain.take_up_waits();
    let mut second = waits(&mut domain, one(), 2);
    domain.take(8);
    done(&mut domain, two(), false);
    assert_eq!((first.try_recv(), second.try_recv()), (STILL, STILL), "that was another");
    domain.push(event(4, 1));
    done(&mut domain, one(), false);
    assert_eq!(
        (first.try_recv(), second.try_recv()),
        (Ok(Tried::Here), Ok(Tried::Here)),
        "4 waits, which they did not ask for"
    );
    let mut third = waits(&mut domain, one(), 4);
    assert_eq!(third.try_recv(), STILL);
    domain.take(8);
    done(&mut domain, one(), true);
    assert_eq!(third.try_recv(), STILL, "it was stale");
    domain.take(8);
    done(&mut domain, one(), false);
    assert_eq!(third.try_recv(), Ok(Tried::Here));
}

#[test]
fn what_is_tried_already_needs_no_waiting_and_what_is_to_come_does() {
    let mut domain = domain();
    domain.push(event(1, 1));
    domain.take(8);
    done(&mut domain, one(), false);
    assert_eq!(waits(&mut domain, one(), 1).try_recv(), Ok(Tried::Here));
    assert_eq!(
        waits(&mut domain, two(), 1).try_recv(),
        Ok(Tried::Here),
        "nothing of it was there to be tried"
    );
    let mut hears = waits(&mut domain, two(), 2);
    assert_eq!(hears.try_recv(), STILL, "the log has not come so far");
    domain.push(event(2, 1));
    domain.take_up_waits();
    assert_eq!(hears.try_recv(), Ok(Tried::Here), "2 is not its own");
    assert!(domain.waits.is_empty());
}

#[test]
fn of_a_busy_entity_the_row_tells() {
    let mut domain = domain();
    domain.push(event(1, 1));
    domain.take(8);
    domain.made_way(one());
    domain.push(event(2, 1));
    domain.take_up_waits();
    let (mut first, mut second) = (waits(&mut domain, one(), 1), waits(&mut domain, one(), 2));
    let folded = |position, activation| {
        let made_by = vec![Segment { activation, from: 1 }];
        Arc::new(Row { folded: Position(position), made_by, ..Row::default() })
    };
    domain.rows.put(one(), folded(2, 7));
    done(&mut domain, one(), true);
    assert_eq!((first.try_recv(), second.try_recv()), (STILL, STILL), "another module made that");
    domain.take(8);
    domain.rows.put(one(), folded(1, 1));
    done(&mut domain, one(), true);
    assert_eq!((first.try_recv(), second.try_recv()), (Ok(Tried::Here), STILL));
}

#[test]
fn until_all_are_visited_the_store_is_asked_for_whom_somebody_waits() {
    let mut domain = domain_with(Visit::begin());
    domain.cursor = Position(5);
    let mut first = waits(&mut domain, one(), 5);
    let mut second = waits(&mut domain, one(), 5);
    assert_eq!((first.try_recv(), domain.take(8).len(), domain.has_work()), (STILL, 1, false));
    // What runs has begun before the third one came.
    let mut third = waits(&mut domain, one(), 5);
    done(&mut domain, one(), false);
    assert_eq!((first.try_recv(), third.try_recv()), (STILL, STILL), "and so it is looked at again");
    assert_eq!(domain.take(8).len(), 1);
    done(&mut domain, one(), false);
    for hears in [&mut first, &mut second, &mut third] {
        assert_eq!(hears.try_recv(), Ok(Tried::Here));
    }
    assert!(!domain.visit.is_settled(), "that was not its visit");
}

#[test]
fn a_wait_goes_on_under_the_next_module_and_ends_with_the_last() {
    let mut turns = Turns::default();
    let ((early, mut first), (late, mut second)) = (wait(one(), 1), wait(two(), 9));
    turns.wait(cart(), early);
    turns.insert(domain());
    turns.wait(cart(), late);
    let served = turns.served(&cart()).unwrap();
    served.push(event(1, 1));
    served.take_up_waits();
    assert_eq!((first.try_recv(), second.try_recv()), (STILL, STILL));
    drop(turns.remove(&cart()));
    turns.insert(domain());
    let served = turns.served(&cart()).unwrap();
    served.take_up_waits();
    assert_eq!(first.try_recv(), STILL, "the next one has read nothing yet");
    served.push(event(1, 1));
    served.take_up_waits();
    served.take(8);
    done(served, one(), false);
    assert_eq!((first.try_recv(), second.try_recv()), (Ok(Tried::Here), STILL));
    drop(turns.remove(&cart()));
    turns.give_up(&cart());
    assert_eq!(second.try_recv(), GONE);
}

#[test]
fn who_went_away_is_forgotten() {
    let mut turns = Turns::default();
    turns.insert(domain());
    let (ahead, hears_ahead) = wait(one(), 9);
    turns.wait(cart(), ahead);
    let served = turns.served(&cart()).unwrap();
    served.push(event(1, 1));
    let hears = waits(served, one(), 1);
    turns.forget_gone();
    assert!(!turns.served(&cart()).unwrap().waits.is_empty());
    drop((hears, hears_ahead));
    turns.forget_gone();
    assert!(turns.served(&cart()).unwrap().waits.is_empty());
}
