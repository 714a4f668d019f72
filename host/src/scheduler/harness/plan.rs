//! What happens in one case: who posts and deploys what, and when the store fails or the host dies.

use std::{fmt, sync::Arc};

use proptest::{bool::weighted, collection::vec, option, prelude::*};

use crate::{
    store::Append,
    words::{DomainKey, EventId, Fact, derived_id},
};

use super::{
    cast::{MODULES, ROLES, cast},
    script::{Data, ENTITIES, entity},
};

/// One case.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// Decides where tasks let others go first.
    pub(super) seed: u64,
    /// Threads that run reducers.
    pub(super) workers: usize,
    /// Whether queues, calls and caches are so small that they are full all the time.
    pub(super) tight: bool,
    /// What each client does, one after the other.
    pub(super) clients: Vec<Vec<Post>>,
    /// What is deployed, one after the other.
    pub(super) deploys: Vec<Deploy>,
    /// What befalls each host but the last, which takes over where the one before was killed.
    pub(super) lives: Vec<Faults>,
}

/// A request with these events.
#[derive(Clone)]
pub(super) struct Post {
    /// Whether it is made only once nothing waits.
    pub(super) rested: bool,
    pub(super) to_bank: bool,
    pub(super) events: Vec<Pick>,
}

/// An event from a small world, so that the same is posted again and again, and most of it comes late.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pick {
    /// The event of this id.
    Plain(u16),
    /// Another event of that id.
    Other(u16),
    /// An event that takes the id of what the echo will emit for that event.
    Squat(u16),
}

/// A change of a domain, once so many requests were answered.
#[derive(Clone)]
pub(super) struct Deploy {
    pub(super) after: usize,
    pub(super) role: usize,
    pub(super) act: Act,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    /// This module serves from now on.
    Serve(usize),
    Retire,
    /// All that is parked is tried again.
    Retry,
}

/// What befalls one host: after so many operations of its store.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    pub(super) fails: Vec<(u32, When)>,
    pub(super) stops: Option<(u32, When)>,
}

/// When a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Before the store has done anything.
    Before,
    /// After it was done, and before anybody hears of it.
    After,
}

/// Ids in the small world.
const IDS: u16 = 90;

pub(super) fn plan() -> impl Strategy<Value = Plan> {
    let parts = (
        any::<u64>(),
        1..4_usize,
        any::<bool>(),
        vec(vec(post(), 1..24), 1..5),
        vec(deploy(), 4..24),
        vec(faults(), 0..4),
    );
    parts.prop_map(|(seed, workers, tight, clients, deploys, lives)| Plan {
        seed,
        workers,
        tight,
        clients,
        deploys,
        lives,
    })
}

fn post() -> impl Strategy<Value = Post> {
    let pick = prop_oneof![
        30 => (0..IDS).prop_map(Pick::Plain),
        2 => (0..IDS).prop_map(Pick::Other),
        1 => (0..IDS).prop_map(Pick::Squat),
    ];
    let picks = prop_oneof![3 => vec(pick.clone(), 1), 1 => vec(pick, 2..12)];
    (weighted(0.06), weighted(0.2), picks).prop_map(|(rested, to_bank, events)| Post {
        rested,
        to_bank,
        events,
    })
}

fn deploy() -> impl Strategy<Value = Deploy> {
    let act = prop_oneof![
        8 => (0..MODULES).prop_map(Act::Serve),
        1 => Just(Act::Retire),
        1 => Just(Act::Retry),
    ];
    // Half of it before there is much to be folded.
    (prop_oneof![0..3_usize, 0..60_usize], 0..ROLES, act).prop_map(|(after, role, act)| Deploy {
        after,
        role,
        act,
    })
}

fn faults() -> impl Strategy<Value = Faults> {
    let when = || prop_oneof![Just(When::Before), Just(When::After)];
    (vec((0..250_u32, when()), 0..5), option::weighted(0.8, (0..250_u32, when())))
        .prop_map(|(fails, stops)| Faults { fails, stops })
}

/// A line for each step, or nobody could read a plan.
impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rested = if self.rested { "rested, " } else { "" };
        write!(f, "{rested}to {}: {:?}", if self.to_bank { "bank" } else { "shop" }, self.events)
    }
}

impl fmt::Debug for Deploy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after {}, {}: {:?}", self.after, cast()[self.role].key, self.act)
    }
}

impl Post {
    pub(super) fn append(&self) -> Append {
        let context = if self.to_bank { "bank" } else { "shop" };
        let facts = self.events.iter().map(|pick| Arc::new(pick.fact())).collect();
        Append { context: context.parse().unwrap(), facts, expected: None }
    }
}

impl Pick {
    /// The same for the same pick, whenever and by whomever it is posted.
    fn fact(self) -> Fact {
        let (Self::Plain(number) | Self::Other(number) | Self::Squat(number)) = self;
        let mut chance = fastrand::Rng::with_seed(u64::from(number));
        let id = EventId::from_parts(1_000_000 + 1_000 * u64::from(number), [7; 8]);
        let of = chance.u8(0..ENTITIES);
        let event_type = match chance.u8(0..20) {
            0..8 => "Said",
            8..11 => "Noted",
            11..16 => "Ball",
            16..18 => "Poison",
            _ => "Forget",
        };
        let to = (0..chance.u8(0..3)).map(|_| chance.u8(0..ENTITIES)).collect();
        // What is passed on too often meets the limit of causes.
        let left = if event_type == "Ball" { chance.u32(0..8) } else { 0 };
        let data = Data { n: u64::from(number), to, left };
        let plain = Fact {
            id,
            entity: entity(of),
            event_type: event_type.parse().unwrap(),
            data: serde_json::to_vec(&data).unwrap(),
            metadata: Vec::new(),
            cause: None,
            depth: 0,
            origin: None,
        };
        match self {
            Self::Plain(_) => plain,
            Self::Other(_) => Fact { data: serde_json::to_vec(&Data { n: 1_000, ..data }).unwrap(), ..plain },
            Self::Squat(_) => {
                let echo = DomainKey { context: "shop".parse().unwrap(), domain: "echo".parse().unwrap() };
                let id = derived_id(&echo, Some(&plain.entity), id, 0).unwrap();
                Fact { id, event_type: "Noted".parse().unwrap(), ..plain }
            }
        }
    }
}
