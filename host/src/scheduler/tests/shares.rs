//! A domain of which this host reduces a part.

use std::sync::Arc;

use tokio::sync::oneshot;
use uuid::Uuid;

use crate::{
    scheduler::{
        domain::{Domain, Tried, Wait},
        serving::{Serving, Share},
        visit::Visit,
    },
    sharing::Slots,
    store::{Holder, Leases, Reduces},
    words::{Descriptor, EntityId, Fold, LeaseEpoch, Position},
};

use super::{activation, cart, descriptor, entity, event, keeps, serving};

const HERE: Uuid = Uuid::from_u128(1);
const ELSEWHERE: Uuid = Uuid::from_u128(2);

fn leases() -> Leases {
    let holder = |id| Holder { id, node: String::new(), listen: String::new(), reduces: Reduces::default() };
    Leases { epoch: LeaseEpoch(7), holders: [HERE, ELSEWHERE].map(holder).to_vec() }
}

fn part_of(descriptor: Descriptor, host: Uuid) -> Serving {
    let leases = leases();
    let share = Share { leases: leases.epoch, slots: Slots::of(&leases, host, &cart()) };
    serving(vec![activation(1, 0, Some(("m", descriptor)))], keeps).sharing(share)
}

fn domain() -> Domain {
    Domain::new(Arc::new(part_of(descriptor(&[]), HERE)), Position(0), Visit::not_needed(), 1 << 20)
}

/// An entity of this host's, and one of the other's.
fn entities() -> (u8, u8) {
    let is_here = |number: &u8| Slots::of(&leases(), HERE, &cart()).hold(&cart(), Some(entity(*number)));
    ((1..).find(is_here).unwrap(), (1..).find(|number| !is_here(number)).unwrap())
}

fn wait(domain: &mut Domain, entity: Option<EntityId>, position: u64) -> oneshot::Receiver<Tried> {
    let (told, hears) = oneshot::channel();
    domain.waits.add(Wait { entity, position: Position(position), told });
    domain.take_up_waits();
    hears
}

#[test]
fn what_is_another_hosts_does_not_wait_here() {
    let (here, elsewhere) = entities();
    let mut domain = domain();
    domain.push(event(1, elsewhere));
    assert_eq!((domain.has_work(), domain.pending(), domain.mark()), (false, 0, Position(1)));
    domain.push(event(2, here));
    domain.push(event(3, elsewhere));
    let taken: Vec<_> = domain.take(9).into_iter().map(|task| task.entity).collect();
    assert_eq!(taken, [Some(entity(here))]);
    assert_eq!(domain.mark(), Position(1));
    domain.done(Some(entity(here)), false);
    assert_eq!(domain.mark(), Position(3));
}

#[test]
fn whoever_waits_for_another_hosts_entity_is_told_so_once_its_position_was_read() {
    let (here, elsewhere) = entities();
    let mut domain = domain();
    let mut other = wait(&mut domain, Some(entity(elsewhere)), 1);
    assert!(other.try_recv().is_err(), "it may be this host's by then");
    domain.push(event(1, elsewhere));
    domain.push(event(2, here));
    domain.take_up_waits();
    assert_eq!(other.try_recv(), Ok(Tried::Elsewhere));
    let mut own = wait(&mut domain, Some(entity(here)), 2);
    assert!(own.try_recv().is_err());
    domain.take(9);
    domain.done(Some(entity(here)), false);
    domain.tell_waits(Some(entity(here)));
    assert_eq!(own.try_recv(), Ok(Tried::Here));
}

#[test]
fn one_host_folds_the_whole_context() {
    let whole = |host| part_of(Descriptor { fold: Fold::WholeContext, ..descriptor(&[]) }, host);
    assert_eq!([HERE, ELSEWHERE].iter().filter(|host| whole(**host).holds(None)).count(), 1);
}

#[test]
fn what_was_folded_under_other_leases_is_told_apart() {
    let alone = serving(vec![activation(1, 0, Some(("m", descriptor(&[]))))], keeps);
    let shared = part_of(descriptor(&[]), HERE);
    assert_eq!(alone.under().activation, shared.under().activation);
    assert_ne!(alone.under(), shared.under());
}
