//! Threads that run reducers, so that no reducer ever holds up a request.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    runtime::Handle,
    sync::mpsc::{self, UnboundedSender},
};

use crate::{
    committer::Committer,
    config::Limits,
    feed::Feed,
    store::{ReductionOutcome, Store, StoreError},
    words::{ActivationNumber, DomainKey, EntityId, Row},
};

use super::{
    actor::Message,
    history::History,
    outcome::Done,
    reduce::{Reducer, Task},
    serving::Serving,
};

/// Rows of one domain that are reduced by one worker in one go.
pub(super) struct Batch {
    pub(super) serving: Arc<Serving>,
    pub(super) tasks: Vec<Task>,
}

/// What became of a task.
pub(super) struct Finished {
    pub(super) entity: Option<EntityId>,
    pub(super) result: Result<(Done, Option<ReductionOutcome>), StoreError>,
}

/// What a worker needs besides its batch.
#[derive(Clone)]
pub(super) struct Tools {
    pub(super) store: Arc<dyn Store>,
    pub(super) committer: Committer,
    pub(super) feed: Arc<Feed>,
    pub(super) limits: Arc<Limits>,
    pub(super) inbox: UnboundedSender<Message>,
}

/// Reductions are handed over at least this often, so that a slow one does not hold up those that were
/// made before it.
const HAND_OVER: Duration = Duration::from_millis(5);

/// Starts worker `index`; it ends when its sender is dropped.
///
/// # Errors
/// Where the machine gives no thread.
pub(super) fn start(index: usize, tools: Tools, runtime: Handle) -> std::io::Result<mpsc::Sender<Batch>> {
    let (sender, mut batches) = mpsc::channel::<Batch>(1);
    let work = move || {
        while let Some(batch) = batches.blocking_recv() {
            let (key, number) = (batch.serving.key.clone(), batch.serving.number);
            runtime.block_on(tools.work(batch));
            // Nobody listens any more while the host shuts down.
            drop(tools.inbox.send(Message::Free { worker: index, key, number }));
        }
    };
    std::thread::Builder::new().name(format!("reducer-{index}")).spawn(work)?;
    Ok(sender)
}

impl Tools {
    async fn work(&self, batch: Batch) {
        // The head is read before the rows: whatever it covers is there to be read.
        let head = self.feed.head().position;
        let Batch { serving, mut tasks } = batch;
        if let Err(error) = self.read_rows(&serving.key, &mut tasks).await {
            let failed =
                tasks.iter().map(|task| Finished { entity: task.entity, result: Err(error.clone()) });
            return self.tell(&serving.key, serving.number, failed.collect());
        }
        let history = History { serving: &serving, store: &*self.store, limits: &self.limits };
        let reducer = Reducer { history, head };
        let mut handed_over = Instant::now();
        let mut done = Vec::with_capacity(tasks.len());
        for task in tasks {
            let row = task.row.flatten();
            let result = reducer.reduce(task.entity, task.waiting, row).await;
            done.push((task.entity, result));
            if handed_over.elapsed() > HAND_OVER {
                self.hand_over(&serving, std::mem::take(&mut done)).await;
                handed_over = Instant::now();
            }
        }
        self.hand_over(&serving, done).await;
    }

    /// Reads the rows that are not known yet, all at once.
    async fn read_rows(&self, key: &DomainKey, tasks: &mut [Task]) -> Result<(), StoreError> {
        let mut unknown: Vec<&mut Task> = tasks.iter_mut().filter(|task| task.row.is_none()).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let entities: Vec<Option<EntityId>> = unknown.iter().map(|task| task.entity).collect();
        let rows: Vec<Option<Row>> = self.store.rows(key, &entities).await?;
        for (task, row) in unknown.iter_mut().zip(rows) {
            task.row = Some(row.map(Arc::new));
        }
        Ok(())
    }

    /// Gives reductions to the committer; once they are written (or dropped), the scheduler is told.
    async fn hand_over(&self, serving: &Serving, done: Vec<(Option<EntityId>, Result<Done, StoreError>)>) {
        let mut idle = Vec::new();
        let mut reduced = Vec::new();
        for (entity, result) in done {
            match result {
                Ok(done) if done.reduction.is_some() => reduced.push((entity, done)),
                result => idle.push(Finished { entity, result: result.map(|done| (done, None)) }),
            }
        }
        if !idle.is_empty() {
            self.tell(&serving.key, serving.number, idle);
        }
        if reduced.is_empty() {
            return;
        }
        let reductions = reduced.iter().filter_map(|(_, done)| done.reduction.clone()).collect();
        let (tools, key, number) = (self.inbox.clone(), serving.key.clone(), serving.number);
        let answer = move |outcomes: Result<Vec<ReductionOutcome>, StoreError>| {
            let finished = match outcomes {
                Ok(outcomes) => {
                    let pairs = reduced.into_iter().zip(outcomes);
                    pairs
                        .map(|((entity, done), outcome)| Finished {
                            entity,
                            result: Ok((done, Some(outcome))),
                        })
                        .collect()
                }
                Err(error) => {
                    let failed = |(entity, _)| Finished { entity, result: Err(error.clone()) };
                    reduced.into_iter().map(failed).collect()
                }
            };
            drop(tools.send(Message::Finished { key, number, finished }));
        };
        // Refused only while the host shuts down: what was folded is folded again after the restart.
        if let Err(error) = self.committer.reduced(reductions, Box::new(answer)).await {
            tracing::debug!(%error, "reductions were not handed over");
        }
    }

    fn tell(&self, key: &DomainKey, number: ActivationNumber, finished: Vec<Finished>) {
        drop(self.inbox.send(Message::Finished { key: key.clone(), number, finished }));
    }
}
