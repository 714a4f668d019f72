//! What waits in one domain: which entities, with which events, and who is being reduced.

mod waits;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::mpsc;

use crate::words::{EntityId, Event, Position};

use super::{
    reading::Page,
    reduce::{Task, Waiting},
    rows::Rows,
    serving::Serving,
    visit::Visit,
};

pub use waits::Tried;
pub(super) use waits::{Wait, Waits};

/// Somebody who asked for a parked entity to be tried again: told whether it was mended. Dropped untold
/// where the domain is served no more.
pub(super) type Asker = mpsc::Sender<bool>;

/// An entity that something waits for.
#[derive(Default)]
struct Entry {
    /// The events that wait, by position, as far as they were read.
    events: VecDeque<Arc<Event>>,
    /// Whether the store must be asked what waits.
    unknown: bool,
    /// Whether a worker has it. One reduction of an entity at a time.
    running: bool,
    /// Whether it is in one of the queues.
    queued: bool,
    /// Whether its visit is part of bringing every row under the module in force.
    visited: bool,
    /// Whether its fold takes long, and makes way for others again and again.
    makes_way: bool,
    /// How often in a row the machine failed it.
    failed: u32,
    /// The oldest event that is not known to be folded.
    oldest: Option<Position>,
    /// Who asked for it to be tried again, and waits for a reduction that has not begun.
    asked: Vec<Asker>,
    /// Who waits for the reduction that runs; where that came to nothing, for the next one.
    asking: Vec<Asker>,
}

/// Folds of one domain that take long and go on beside its others: each holds a model in memory. While there
/// are so many (a batch may add some), no entity is visited, ...
const LONG_VISITS: usize = 16;
/// ... and while there are so many, none is taken up.
const LONG_FOLDS: usize = 128;
/// The pause before a task is repeated for the first time; it doubles from one failure of the machine to the
/// next, ...
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// ... but not further than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A domain that a module serves.
pub(super) struct Domain {
    pub(super) serving: Arc<Serving>,
    pub(super) rows: Rows,
    pub(super) visit: Visit,
    /// The log is read up to here.
    pub(super) cursor: Position,
    /// The next page of the log.
    pub(super) page: Page,
    /// Batches that workers have.
    pub(super) running: usize,
    /// Who waits for something to be folded.
    pub(super) waits: Waits,
    entries: HashMap<Option<EntityId>, Entry>,
    /// Entities with new events.
    ready: VecDeque<Option<EntityId>>,
    /// Entities to be visited; they make way for those with new events, but not altogether.
    visits: VecDeque<Option<EntityId>>,
    /// Entities to be taken up again, and when, because the store or the machine failed.
    delayed: Vec<(Option<EntityId>, Instant)>,
    /// Folds that make way for others.
    long_folds: usize,
    pending: usize,
}

impl Domain {
    pub(super) fn new(serving: Arc<Serving>, cursor: Position, visit: Visit, cached_bytes: usize) -> Self {
        Self {
            serving,
            rows: Rows::new(cached_bytes),
            visit,
            cursor,
            page: Page::default(),
            running: 0,
            waits: Waits::default(),
            entries: HashMap::new(),
            ready: VecDeque::new(),
            visits: VecDeque::new(),
            delayed: Vec::new(),
            long_folds: 0,
            pending: 0,
        }
    }

    /// How many events wait in memory.
    pub(super) fn pending(&self) -> usize {
        self.pending
    }

    /// Whether something could be given to a worker.
    pub(super) fn has_work(&self) -> bool {
        self.may_visit() || (self.long_folds < LONG_FOLDS && !self.ready.is_empty())
    }

    fn may_visit(&self) -> bool {
        self.long_folds < LONG_VISITS && !self.visits.is_empty()
    }

    /// How many entities wait to be visited.
    pub(super) fn visits_waiting(&self) -> usize {
        self.visits.len()
    }

    /// An event of the log: it waits if the module takes it.
    pub(super) fn push(&mut self, event: Arc<Event>) {
        // What is read twice must not be folded twice.
        if event.position <= self.cursor {
            return;
        }
        self.cursor = event.position;
        if event.context != self.serving.key.context || !self.serving.takes(&event.fact.event_type) {
            return;
        }
        let whole_context = self.serving.module.descriptor().is_whole_context();
        let entity = if whole_context { None } else { Some(event.fact.entity) };
        if !self.serving.holds(entity) {
            return;
        }
        let entry = self.entries.entry(entity).or_default();
        entry.oldest = entry.oldest.or(Some(event.position));
        if entry.makes_way || entry.unknown {
            // Nobody knows how long that takes: the store is asked, rather than that memory fills.
            entry.unknown = true;
        } else {
            entry.events.push_back(event);
            self.pending += 1;
        }
        if !entry.running && !entry.queued {
            entry.queued = true;
            self.ready.push_back(entity);
        }
    }

    /// An entity that must be looked at whether or not it has new events.
    pub(super) fn visit(&mut self, entity: Option<EntityId>) {
        let entry = self.entries.entry(entity).or_default();
        entry.unknown = true;
        entry.visited = true;
        if !entry.running && !entry.queued {
            entry.queued = true;
            self.visits.push_back(entity);
        }
    }

    /// A parked entity that somebody wants tried again, though nothing has changed.
    pub(super) fn retry(&mut self, entity: Option<EntityId>, asker: Asker) {
        let entry = self.entries.entry(entity).or_default();
        entry.asked.push(asker);
        // What runs may have begun before: then it is taken up again behind it.
        entry.unknown = true;
        if !entry.running && !entry.queued {
            entry.queued = true;
            self.visits.push_back(entity);
        }
    }

    /// An entity was reduced: tells those who asked.
    pub(super) fn tell(&mut self, entity: Option<EntityId>, mended: bool) {
        let asking = self.entries.get_mut(&entity).map(|entry| std::mem::take(&mut entry.asking));
        for asker in asking.into_iter().flatten() {
            // There is room for one answer to each; whoever went away needs none.
            let _ = asker.try_send(mended);
        }
    }

    /// Everybody who waits for an entity to be tried again.
    pub(super) fn into_askers(self) -> impl Iterator<Item = (Option<EntityId>, Asker)> {
        let askers = |entry: Entry| entry.asking.into_iter().chain(entry.asked);
        self.entries
            .into_iter()
            .flat_map(move |(entity, entry)| askers(entry).map(move |asker| (entity, asker)))
    }

    /// Takes up to `most` entities for a worker, and of each as many events as may be taken at once.
    pub(super) fn take(&mut self, most: usize) -> Vec<Task> {
        let events = self.serving.events_at_once();
        // A quarter of the places is kept for visits: they must end even under load.
        let visited = if self.may_visit() { self.visits.len() } else { 0 };
        let kept = visited.min(most.div_ceil(4));
        let mut taken: Vec<Option<EntityId>> =
            self.ready.drain(..self.ready.len().min(most - kept)).collect();
        taken.extend(self.visits.drain(..visited.min(most - taken.len())));
        let settled = self.visit.is_settled();
        let mut tasks = Vec::with_capacity(taken.len());
        for entity in taken {
            let Some(entry) = self.entries.get_mut(&entity) else { continue };
            entry.queued = false;
            entry.running = true;
            let waiting = if entry.unknown || !settled {
                self.pending -= entry.events.len();
                entry.events.clear();
                entry.unknown = false;
                entry.asking.append(&mut entry.asked);
                if entry.asking.is_empty() { Waiting::Unknown } else { Waiting::Again }
            } else {
                let taken: Vec<_> = entry.events.drain(..entry.events.len().min(events)).collect();
                self.pending -= taken.len();
                Waiting::These(taken)
            };
            let row = self.rows.get(entity).map(Some);
            tasks.push(Task { entity, waiting, row, failed: entry.failed });
        }
        tasks
    }

    /// The fold of an entity takes long.
    pub(super) fn made_way(&mut self, entity: Option<EntityId>) {
        if let Some(entry) = self.entries.get_mut(&entity) {
            self.long_folds += usize::from(!std::mem::replace(&mut entry.makes_way, true));
            entry.unknown |= !entry.events.is_empty();
            self.pending -= std::mem::take(&mut entry.events).len();
        }
    }

    /// A worker is done with an entity. `again`: the store must be asked whether more waits.
    pub(super) fn done(&mut self, entity: Option<EntityId>, again: bool) {
        let Some(entry) = self.entries.get_mut(&entity) else { return };
        entry.running = false;
        entry.failed = 0;
        self.long_folds -= usize::from(std::mem::take(&mut entry.makes_way));
        entry.unknown |= again;
        if entry.visited && !entry.unknown {
            entry.visited = false;
            self.visit.one_done();
        }
        if entry.unknown || !entry.events.is_empty() {
            // Where the store must be asked, what waits there may be as old as what was known of before.
            if !entry.unknown {
                entry.oldest = entry.events.front().map(|event| event.position);
            }
            entry.queued = true;
            self.ready.push_back(entity);
            return;
        }
        self.entries.remove(&entity);
    }

    /// The store (or the machine: `failed`) failed while an entity was being reduced: it is taken up again
    /// later.
    pub(super) fn delay(&mut self, entity: Option<EntityId>, failed: bool) {
        if let Some(entry) = self.entries.get_mut(&entity) {
            let doubled = FIRST_PAUSE * (1 << entry.failed.min(10));
            entry.running = false;
            entry.unknown = true;
            entry.queued = true;
            entry.failed += u32::from(failed);
            self.pending -= std::mem::take(&mut entry.events).len();
            self.long_folds -= usize::from(std::mem::take(&mut entry.makes_way));
            self.delayed.push((entity, Instant::now() + doubled.min(LONGEST_PAUSE)));
        }
    }

    /// Asks the store again where it failed.
    pub(super) fn read_again(&mut self) {
        self.page.ask_again();
        self.visit.page.ask_again();
    }

    /// Takes up what was delayed long enough.
    pub(super) fn resume_delayed(&mut self, now: Instant) {
        let due = self.delayed.extract_if(.., |(_, at)| *at <= now);
        self.ready.extend(due.map(|(entity, _)| entity));
    }

    /// Every event up to here is folded, or its entity is parked or yet to be visited.
    pub(super) fn mark(&self) -> Position {
        let oldest = self.entries.values().filter_map(|entry| entry.oldest).min();
        oldest.map_or(self.cursor, |oldest| Position(oldest.0 - 1).min(self.cursor))
    }
}
