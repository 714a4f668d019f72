//! What is asked of a store about snapshots, and which of them stay.

use std::collections::{BTreeMap, BTreeSet};

use crate::words::{ActivationNumber, DomainKey, EntityId, EventId, Position, Snapshot, thin};

/// What becomes of the snapshots of a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SnapshotWrite {
    /// Those go whose newest event is this one or sorts behind it: it came late, and belongs inside.
    pub void_from: Option<EventId>,
    /// New ones, oldest first. None of them is void.
    pub taken: Vec<Snapshot>,
}

impl SnapshotWrite {
    /// Whether nothing becomes of them.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.void_from.is_none() && self.taken.is_empty()
    }

    /// This and then another, in one.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        let is_void = |taken: &Snapshot| next.void_from.is_some_and(|from| taken.last >= from);
        let stays = self.taken.iter().filter(|taken| !is_void(taken));
        Self {
            void_from: [self.void_from, next.void_from].into_iter().flatten().min(),
            taken: stays.chain(&next.taken).cloned().collect(),
        }
    }
}

/// From where a fold could go on.
#[derive(Debug, Clone)]
pub struct SnapshotQuery {
    /// The domain.
    pub key: DomainKey,
    /// The entity.
    pub entity: EntityId,
    /// Only snapshots whose newest event sorts before this one; none: any.
    pub before: Option<EventId>,
    /// Only snapshots that hold no event behind this position.
    pub up_to: Position,
    /// Only snapshots made under these, whose module is the same; the last is in force. What it made needs no
    /// look at the log: whatever came late since then has voided it.
    pub activations: Vec<ActivationNumber>,
    /// The event types that the module takes; empty: all.
    pub types: Vec<String>,
}

/// Which snapshots of a row stay, once some were taken under this activation: of its own those that [`thin`]
/// leaves; of older ones, which only going back to an older module can use, the newest for which there is room.
/// Given are, by their newest events, the activation that made each and how many events are folded in it.
fn staying(snapshots: &Present, activation: ActivationNumber) -> BTreeSet<EventId> {
    let (mut own, older): (Vec<_>, Vec<_>) = snapshots.iter().partition(|(_, (by, _))| *by == activation);
    thin(&mut own, |(_, (_, events))| *events);
    let room = Snapshot::MOST - own.len();
    let older = older.into_iter().rev().take(room);
    own.into_iter().chain(older).map(|(last, _)| *last).collect()
}

/// The snapshots of a row, by their newest events: the activation that made each, and how many events are folded
/// in it.
pub(super) type Present = BTreeMap<EventId, (ActivationNumber, u64)>;

/// How the snapshots of a row change.
#[derive(Debug)]
pub(super) struct SnapshotChange<'a> {
    /// Those that go, by their newest events. None of them is among the new ones.
    pub(super) gone: Vec<EventId>,
    /// Those that come. One of the same newest event is replaced.
    pub(super) new: Vec<&'a Snapshot>,
}

/// What a write does to the snapshots that are there, under an activation.
pub(super) fn change<'a>(
    present: &Present,
    write: &'a SnapshotWrite,
    activation: ActivationNumber,
) -> SnapshotChange<'a> {
    let is_void = |last: &EventId| write.void_from.is_some_and(|from| *last >= from);
    let kept = present.iter().filter(|(last, _)| !is_void(last)).map(|(last, made)| (*last, *made));
    let taken = write.taken.iter().map(|taken| (taken.last, (taken.activation, taken.events)));
    let all: Present = kept.chain(taken).collect();
    // Where none is taken, none is one too many.
    let stays = if write.taken.is_empty() { all.into_keys().collect() } else { staying(&all, activation) };
    SnapshotChange {
        gone: present.keys().filter(|last| !stays.contains(last)).copied().collect(),
        new: write.taken.iter().filter(|taken| stays.contains(&taken.last)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(ticks: u64) -> EventId {
        EventId::from_parts(ticks, [1; 8])
    }

    fn snapshot(ticks: u64) -> Snapshot {
        let (position, activation) = (Position(ticks), ActivationNumber(1));
        Snapshot { last: id(ticks), position, activation, events: ticks, model: None }
    }

    fn write(void_from: Option<u64>, taken: &[u64]) -> SnapshotWrite {
        let taken = taken.iter().copied().map(snapshot).collect();
        SnapshotWrite { void_from: void_from.map(id), taken }
    }

    #[test]
    fn one_write_and_then_another_is_one() {
        let nothing = SnapshotWrite::default();
        for (one, other, both) in [
            (nothing.clone(), nothing.clone(), nothing.clone()),
            (write(Some(3), &[2]), nothing.clone(), write(Some(3), &[2])),
            (nothing, write(Some(3), &[2]), write(Some(3), &[2])),
            (write(None, &[1, 2]), write(Some(2), &[4]), write(Some(2), &[1, 4])),
            (write(Some(2), &[9]), write(Some(5), &[6]), write(Some(2), &[6])),
        ] {
            assert_eq!(one.then(&other), both);
        }
    }

    #[test]
    fn what_is_void_goes_and_what_is_taken_comes() {
        let made = |ticks| (id(ticks), (ActivationNumber(1), ticks));
        let present: Present = [1, 2, 3].map(made).into();
        let changed = |write: &SnapshotWrite| {
            let SnapshotChange { gone, new } = change(&present, write, ActivationNumber(1));
            (gone, new.into_iter().map(|taken| taken.events).collect::<Vec<_>>())
        };
        assert_eq!(changed(&SnapshotWrite::default()), (vec![], vec![]));
        assert_eq!(changed(&write(Some(2), &[])), (vec![id(2), id(3)], vec![]));
        assert_eq!(changed(&write(Some(2), &[3])), (vec![id(2)], vec![3]), "replaced, not gone");
        assert_eq!(changed(&write(None, &[9])), (vec![id(2)], vec![9]), "and one is thinned out");
    }

    #[test]
    fn older_ones_stay_while_there_is_room() {
        let (old, new) = (ActivationNumber(1), ActivationNumber(2));
        let of_old = (1..=20).map(|n| (id(n), (old, n)));
        let all: BTreeMap<_, _> = of_old.chain([(id(30), (new, 100)), (id(40), (new, 200))]).collect();
        let stays: Vec<_> = staying(&all, new).into_iter().collect();
        let newest: Vec<_> = (7..=20).chain([30, 40]).map(id).collect();
        assert_eq!(stays, newest);
        let of_new = (1..=1_000).map(|n| (id(n), (new, n)));
        let all: BTreeMap<_, _> = of_new.chain([(id(2_000), (old, 1))]).collect();
        let stays = staying(&all, new);
        assert!(stays.len() <= Snapshot::MOST && stays.contains(&id(2_000)) && stays.contains(&id(1_000)));
        assert!(stays.contains(&id(1)) && !stays.contains(&id(998)), "its own are thinned out: {stays:?}");
    }
}
