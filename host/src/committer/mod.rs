//! The one writer of a host: it takes whatever waits, commits it as one transaction, and answers every
//! waiter. One fsync for many.

mod queue;
mod room;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::{
    sync::{mpsc, oneshot},
    time::timeout_at,
};
use tokio_util::task::TaskTracker;

use crate::{
    clock::SharedClock,
    config::Limits,
    error::Error,
    feed::Feed,
    store::{
        Activation, Append, AppendRefusal, Appended, Committed, Group, Mark, NewActivation, Reduction,
        ReductionOutcome, Store, StoreError,
    },
};

use queue::{AppendWaiter, Held, Taken, Waiters, take};
use room::Room;

pub use room::Slot;

/// What becomes of reductions is told to this: it runs on the committer's task and must be quick.
pub type ReductionsDone = Box<dyn FnOnce(Result<Vec<ReductionOutcome>, StoreError>) + Send>;

/// Something that waits to be written.
enum Request {
    Append(Append, AppendWaiter),
    Reductions(Vec<Arc<Reduction>>, ReductionsDone),
    Marks(Vec<Mark>),
    Activate(Box<NewActivation>, oneshot::Sender<Result<Activation, Error>>),
}

/// A handle to the committer. It ends, with all that was taken written, when the last handle is dropped.
#[derive(Clone)]
pub struct Committer {
    requests: mpsc::Sender<Request>,
    room: Arc<Room>,
}

impl Committer {
    /// Starts the committer with the limits of the queue, and of one transaction (a single larger request
    /// still goes through, alone).
    #[must_use]
    pub fn start(
        store: Arc<dyn Store>,
        feed: Arc<Feed>,
        clock: SharedClock,
        limits: &Limits,
        tracker: &TaskTracker,
    ) -> Self {
        let (sender, requests) = mpsc::channel(limits.queued_writes);
        tracker.spawn(Writer { store, feed, clock, requests, group_events: limits.group_events }.run());
        Self { requests: sender, room: Room::new(limits) }
    }

    /// Takes room for a request that appends so many bytes.
    ///
    /// # Errors
    /// [`Error::Overloaded`].
    pub fn admit(&self, bytes: usize) -> Result<Slot, Error> {
        self.room.take(bytes)
    }

    /// Appends events, all or none, in the room that was taken for them; they are durable once this returns.
    ///
    /// # Errors
    /// [`Error::Conflict`], [`Error::Unmet`], [`Error::Closing`], [`Error::Store`].
    pub async fn append(&self, append: Append, slot: Slot) -> Result<Vec<Appended>, Error> {
        let (answer, answered) = oneshot::channel();
        self.send(Request::Append(append, AppendWaiter { answer, slot })).await?;
        answered.await.map_err(|_| Error::Closing)?
    }

    /// Puts a module in force, or retires a domain.
    ///
    /// # Errors
    /// [`Error::Closing`], [`Error::Store`].
    pub async fn activate(&self, activation: NewActivation) -> Result<Activation, Error> {
        let (answer, answered) = oneshot::channel();
        self.send(Request::Activate(Box::new(activation), answer)).await?;
        answered.await.map_err(|_| Error::Closing)?
    }

    /// Hands finished reductions over; `done` is called once they are written or dropped.
    ///
    /// # Errors
    /// [`Error::Closing`]; `done` is not called then.
    pub async fn reduced(&self, reductions: Vec<Arc<Reduction>>, done: ReductionsDone) -> Result<(), Error> {
        self.send(Request::Reductions(reductions, done)).await
    }

    /// Hands marks over. They are hints: nobody waits for them.
    ///
    /// # Errors
    /// [`Error::Closing`].
    pub async fn mark(&self, marks: Vec<Mark>) -> Result<(), Error> {
        self.send(Request::Marks(marks)).await
    }

    async fn send(&self, request: Request) -> Result<(), Error> {
        self.requests.send(request).await.map_err(|_| Error::Closing)
    }
}

struct Writer {
    store: Arc<dyn Store>,
    feed: Arc<Feed>,
    clock: SharedClock,
    requests: mpsc::Receiver<Request>,
    group_events: usize,
}

impl Writer {
    async fn run(mut self) {
        let mut held = Held::default();
        loop {
            let first = match held.until() {
                None => self.requests.recv().await,
                Some(until) => timeout_at(until, self.requests.recv()).await.ok().flatten(),
            };
            if first.is_none() && held.is_empty() {
                break;
            }
            let taken = take(first, &mut self.requests, &mut held, self.group_events, self.clock.now());
            self.write(taken).await;
        }
        self.store.close().await;
    }

    async fn write(&self, Taken { group, waiters, activation }: Taken) {
        if !group.is_empty() {
            match self.store.commit(&group).await {
                Ok(committed) => self.answer(committed, waiters),
                // Whoever is tried alone would fail as well, one after another.
                Err(error) if error.is_absence() => waiters.fail(&error),
                Err(error) => self.write_apart(&group, waiters, &error).await,
            }
        }
        if let Some((activation, answer)) = activation {
            let result = self.store.activate(&activation).await.map_err(Error::from);
            // A caller that has gone away needs no answer; what was asked for is done all the same.
            drop(answer.send(result));
        }
    }

    /// A group failed as a whole: each request is tried alone, so that one of them harms only itself.
    async fn write_apart(&self, group: &Group, waiters: Waiters, error: &StoreError) {
        tracing::warn!(%error, requests = waiters.len(), "a transaction failed; trying its requests one by one");
        let mut absent = None;
        for (group, waiters) in queue::apart(group, waiters) {
            if let Some(error) = &absent {
                waiters.fail(error);
                continue;
            }
            match self.store.commit(&group).await {
                Ok(committed) => self.answer(committed, waiters),
                Err(error) => {
                    tracing::error!(%error, "a request could not be written");
                    waiters.fail(&error);
                    absent = Some(error).filter(StoreError::is_absence);
                }
            }
        }
    }

    fn answer(&self, committed: Committed, waiters: Waiters) {
        self.feed.publish(&committed);
        waiters.answer(committed.appends, committed.reductions);
    }
}

impl From<AppendRefusal> for Error {
    fn from(refusal: AppendRefusal) -> Self {
        match refusal {
            AppendRefusal::Conflict { id, position } => Self::Conflict { id, position },
            AppendRefusal::Unmet { entity, current } => Self::Unmet { entity, current },
        }
    }
}
