//! What became of events with those who follow the models: when the first had seen them, and when the last.
//!
//! An event counts as seen once a frame came whose position covers it. The frame may come before the answer to
//! the POST that says which position the event has.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use super::{
    BenchError,
    tally::{Latencies, latencies, record},
};

/// Rises of one model that are remembered for answers that are still to come.
const REMEMBERED: usize = 1_024;

/// What was seen of all models.
pub(super) struct Updates {
    models: Vec<Mutex<Audience>>,
    latencies: Mutex<Seen>,
}

/// How long it took until events were seen, from when they were due.
#[derive(Clone)]
pub(super) struct Seen {
    /// By the first who follows their model.
    pub(super) first: Latencies,
    /// By the last.
    pub(super) last: Latencies,
}

/// Everyone who follows one model.
#[derive(Debug, Default)]
struct Audience {
    /// How many have seen everything up to which position.
    seen: BTreeMap<u64, usize>,
    first: Sight,
    last: Sight,
}

/// Up to where something was seen, and the events that wait for it.
#[derive(Debug, Default)]
struct Sight {
    /// Position, and when the event was due.
    waiting: Vec<(u64, Instant)>,
    /// Up to which position, and since when; both rise.
    rises: VecDeque<(u64, Instant)>,
}

impl Sight {
    /// An event was appended. Gives when it was seen, if it was.
    fn posted(&mut self, position: u64, due: Instant) -> Option<Instant> {
        let seen = self.rises.iter().find(|(covers, _)| *covers >= position);
        if seen.is_none() {
            self.waiting.push((position, due));
        }
        seen.map(|(_, at)| *at)
    }

    /// Everything up to this position is seen. Gives when the events that are so only now were due.
    fn covers(&mut self, covers: u64, at: Instant) -> impl Iterator<Item = Instant> {
        if self.rises.back().is_none_or(|(before, _)| *before < covers) {
            if self.rises.len() == REMEMBERED {
                self.rises.pop_front();
            }
            self.rises.push_back((covers, at));
        }
        let seen = self.waiting.extract_if(.., move |(position, _)| *position <= covers);
        seen.map(|(_, due)| due)
    }
}

impl Audience {
    /// Somebody has seen everything up to a position, and before that up to another.
    fn moved(&mut self, before: Option<u64>, covers: u64) {
        *self.seen.entry(covers).or_default() += 1;
        if let Some(left) = before.and_then(|before| self.seen.get_mut(&before)) {
            *left -= 1;
        }
        // What nobody stands at is not the least.
        self.seen.retain(|_, left| *left > 0);
    }

    fn least(&self) -> u64 {
        self.seen.first_key_value().map_or(0, |(position, _)| *position)
    }
}

impl Updates {
    /// Of so many models.
    pub(super) fn new(models: usize) -> Result<Self, BenchError> {
        let models = (0..models).map(|_| Mutex::default()).collect();
        Ok(Self { models, latencies: Mutex::new(Seen { first: latencies()?, last: latencies()? }) })
    }

    /// Somebody follows a model, and has it up to this position. All have to join before the first event is posted.
    pub(super) fn joined(&self, model: usize, covers: u64) {
        self.model(model).moved(None, covers);
    }

    /// An event of this entity was appended at a position; it was due then. One model for all entities is the first
    /// one's.
    pub(super) fn posted(&self, subject: usize, position: u64, due: Instant) {
        let mut model = self.model(subject);
        let mut latencies = lock(&self.latencies);
        if let Some(at) = model.first.posted(position, due) {
            record(&mut latencies.first, due, at);
        }
        if let Some(at) = model.last.posted(position, due) {
            record(&mut latencies.last, due, at);
        }
    }

    /// Somebody who had a model up to one position has it up to another.
    pub(super) fn frame(&self, model: usize, before: u64, covers: u64, at: Instant) {
        let mut model = self.model(model);
        model.moved(Some(before), covers);
        let least = model.least();
        let mut latencies = lock(&self.latencies);
        model.first.covers(covers, at).for_each(|due| record(&mut latencies.first, due, at));
        model.last.covers(least, at).for_each(|due| record(&mut latencies.last, due, at));
    }

    /// Events that not everybody has seen.
    pub(super) fn unseen(&self) -> u64 {
        self.models.iter().map(|model| lock(model).last.waiting.len() as u64).sum()
    }

    /// What was seen so far.
    pub(super) fn seen(&self) -> Seen {
        lock(&self.latencies).clone()
    }

    fn model(&self, subject: usize) -> MutexGuard<'_, Audience> {
        lock(&self.models[subject % self.models.len()])
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_frame_shows_every_event_up_to_its_position() {
        let start = Instant::now();
        let mut sight = Sight::default();
        assert_eq!(sight.posted(3, start), None);
        assert_eq!(sight.posted(9, start + MS), None);
        assert_eq!(sight.posted(5, start + 2 * MS), None);
        assert_eq!(sight.covers(2, start + 3 * MS).count(), 0);
        assert_eq!(sight.covers(5, start + 4 * MS).collect::<Vec<_>>(), [start, start + 2 * MS]);
        assert_eq!(sight.waiting, [(9, start + MS)]);
    }

    #[test]
    fn a_frame_that_came_before_the_answer_counts_from_when_it_came() {
        let start = Instant::now();
        let updates = Updates::new(1).unwrap();
        updates.joined(0, 1);
        for (before, covers, n) in [(1, 3, 1), (3, 7, 2), (7, 8, 3)] {
            updates.frame(0, before, covers, start + n * MS);
        }
        updates.posted(0, 4, start);
        assert_eq!(updates.unseen(), 0);
        let Seen { first, last } = updates.seen();
        assert!(last.len() == 1 && last.equivalent(last.max(), 2_000), "the second one");
        assert_eq!(first, last, "nobody else follows");
    }

    #[test]
    fn the_last_one_counts_as_well_as_the_first() {
        let start = Instant::now();
        let updates = Updates::new(1).unwrap();
        (0..3).for_each(|_| updates.joined(0, 1));
        updates.frame(0, 1, 2, start + MS);
        updates.posted(0, 2, start);
        updates.posted(0, 3, start);
        // One is slow and skips to the newest.
        for (before, covers, n) in [(2, 3, 4), (1, 2, 5), (1, 3, 8)] {
            assert_eq!(updates.unseen(), 2);
            updates.frame(0, before, covers, start + n * MS);
        }
        let seen = |us: [u64; 2]| {
            let mut expected = latencies().unwrap();
            us.into_iter().for_each(|us| expected.record(us).unwrap());
            expected
        };
        assert_eq!(updates.unseen(), 1, "one still has only the second event");
        assert_eq!(updates.seen().first, seen([1_000, 4_000]));
        updates.frame(0, 2, 3, start + 9 * MS);
        assert_eq!((updates.unseen(), updates.seen().last), (0, seen([8_000, 9_000])));
    }

    #[test]
    fn rises_are_not_remembered_for_ever() {
        let mut sight = Sight::default();
        for covers in 0..=REMEMBERED as u64 {
            sight.covers(covers, Instant::now()).for_each(drop);
        }
        assert_eq!(sight.rises.len(), REMEMBERED);
        assert_eq!(sight.rises[0].0, 1);
    }
}
