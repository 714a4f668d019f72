//! The threads that run reducers, in two lanes: one for all, and one at the back for domains whose calls take
//! long, to which the system gives less of a processor while others want it.
//!
//! Such a call lasts for as long as fuel does, and would take turns with the threads that answer requests. At
//! the back it also leaves every worker of the first lane to those who are quick.

use std::io;

use tokio::{runtime, sync::mpsc};

use super::workers::{self, Batch, Tools};

/// Where a domain's batches run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// Before all that can wait.
    Front,
    /// Behind them.
    Back,
}

impl Lane {
    pub(super) const ALL: [Self; 2] = [Self::Front, Self::Back];
}

/// A worker without a batch.
#[derive(Clone, Copy)]
struct Idle {
    worker: usize,
    /// How many folds go on there.
    folds: usize,
}

/// All workers. Those of the front lane are counted first.
pub(super) struct Lanes {
    /// How many each lane has.
    count: usize,
    workers: Vec<mpsc::Sender<Batch>>,
    idle: Vec<Idle>,
}

impl Lanes {
    /// Starts so many workers in each lane, whose guests may take so much stack, in bytes.
    ///
    /// # Errors
    /// Where the machine gives no thread.
    pub(super) fn start(count: usize, guest_stack: usize, tools: &Tools) -> io::Result<Self> {
        let runtime = runtime::Handle::current();
        let mut workers = Vec::with_capacity(2 * count);
        for lane in Lane::ALL {
            for _ in 0..count {
                let index = workers.len();
                workers.push(workers::start(index, lane, guest_stack, tools.clone(), runtime.clone())?);
            }
        }
        let idle = (0..workers.len()).map(|worker| Idle { worker, folds: 0 }).collect();
        Ok(Self { count, workers, idle })
    }

    /// How many workers a lane has.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// A worker has nothing to do but to go on with so many folds.
    pub(super) fn free(&mut self, worker: usize, folds: usize) {
        self.idle.push(Idle { worker, folds });
    }

    /// Whether no worker has a batch.
    pub(super) fn all_free(&self) -> bool {
        self.idle.len() == self.workers.len()
    }

    /// A worker of this lane that has nothing to do: the one with the fewest folds that go on.
    pub(super) fn idle(&mut self, lane: Lane) -> Option<Worker<'_>> {
        let of_lane = |idle: &Idle| (idle.worker >= self.count) == (lane == Lane::Back);
        let places = (0..self.idle.len()).filter(|place| of_lane(&self.idle[*place]));
        let place = places.min_by_key(|place| self.idle[*place].folds)?;
        Some(Worker { lanes: self, place })
    }
}

/// A worker that can be given a batch.
pub(super) struct Worker<'a> {
    lanes: &'a mut Lanes,
    place: usize,
}

impl Worker<'_> {
    pub(super) fn give(self, batch: Batch) {
        let Idle { worker, .. } = self.lanes.idle.swap_remove(self.place);
        // A worker that is idle has an empty channel; it ends only with the scheduler.
        if self.lanes.workers[worker].try_send(batch).is_err() {
            tracing::error!(worker, "a worker has ended; its work is taken up after the next start");
        }
    }
}
