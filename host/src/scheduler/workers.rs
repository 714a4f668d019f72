//! Threads that run reducers, so that no reducer ever holds up a request.

use std::{
    cell::Cell,
    future::poll_fn,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, future::LocalBoxFuture, stream::FuturesUnordered};
use tokio::{
    runtime::Handle,
    sync::mpsc::{self, Receiver, UnboundedSender},
};

use crate::{
    clock::SharedClock,
    committer::Committer,
    feed::Feed,
    store::{ReductionOutcome, Store, StoreError},
    words::{DomainKey, EntityId, Position, Row},
};

use super::{
    ahead::{Ahead, Whole},
    history::History,
    lanes::Lane,
    message::Message,
    outcome::Done,
    priority,
    reduce::{Reducer, Task, Trouble},
    serving::Serving,
    turn::{Turn, in_turn},
};

/// Rows of one domain that are reduced by one worker in one go.
pub(super) struct Batch {
    pub(super) serving: Arc<Serving>,
    pub(super) tasks: Vec<Task>,
}

/// What became of a task.
pub(super) struct Finished {
    pub(super) entity: Option<EntityId>,
    pub(super) result: Result<(Done, Option<ReductionOutcome>), Trouble>,
}

/// A task that was reduced, and whose reduction is still to be committed.
struct Reduced {
    entity: Option<EntityId>,
    result: Result<Done, Trouble>,
}

/// What a worker needs besides its batch.
#[derive(Clone)]
pub(super) struct Tools {
    pub(super) store: Arc<dyn Store>,
    pub(super) committer: Committer,
    pub(super) feed: Arc<Feed>,
    pub(super) inbox: UnboundedSender<Message>,
    pub(super) clock: SharedClock,
}

/// Folds that made way and go on whenever there is no batch.
type MadeWay = FuturesUnordered<LocalBoxFuture<'static, Option<(Arc<Serving>, Reduced)>>>;

/// Reductions are handed over as soon as one of them has taken so long.
const HAND_OVER: Duration = Duration::from_millis(5);
/// How long a batch may keep a worker, but for a call of each of its tasks: what takes longer makes way.
const BATCH_LASTS: Duration = Duration::from_millis(100);
/// What a thread needs of its stack besides what a guest may take, in bytes.
const HOST_STACK: usize = 2 << 20;

/// Starts worker `index` in a lane, whose guests may take so much stack, in bytes; it ends when its sender
/// is dropped.
///
/// # Errors
/// Where the machine gives no thread.
pub(super) fn start(
    index: usize,
    lane: Lane,
    guest_stack: usize,
    tools: Tools,
    runtime: Handle,
) -> std::io::Result<mpsc::Sender<Batch>> {
    let (sender, batches) = mpsc::channel::<Batch>(1);
    let work = move || {
        priority::step_back(lane);
        runtime.block_on(tools.run(index, batches));
    };
    let thread = std::thread::Builder::new().name(format!("reducer-{index}"));
    thread.stack_size(guest_stack + HOST_STACK).spawn(work)?;
    Ok(sender)
}

impl Tools {
    /// Batches come first; between them, what made way goes on, for a slice at a time. What has made way when
    /// it ends is folded again after the next start.
    async fn run(self, index: usize, mut batches: Receiver<Batch>) {
        let mut made_way = MadeWay::new();
        let looked = Rc::new(Cell::new(Instant::now()));
        loop {
            let next = poll_fn(|context| {
                looked.set(Instant::now());
                batches.poll_recv(context)
            });
            tokio::select! {
                biased;
                batch = next => {
                    let Some(batch) = batch else { return };
                    let (key, under) = (batch.serving.key.clone(), batch.serving.under());
                    self.work(batch, &mut made_way, &looked).await;
                    let folds = made_way.len();
                    // Nobody listens any more while the host shuts down.
                    drop(self.inbox.send(Message::Free { worker: index, folds, key, under }));
                }
                Some(ended) = made_way.next() => {
                    if let Some((serving, reduced)) = ended {
                        self.hand_over(&serving, vec![reduced]).await;
                    }
                }
            }
        }
    }

    async fn work(&self, batch: Batch, made_way: &mut MadeWay, looked: &Rc<Cell<Instant>>) {
        let began = Instant::now();
        // The head is read before the rows: whatever it covers is there to be read.
        let head = self.feed.head().position;
        let Batch { serving, mut tasks } = batch;
        if let Err(error) = self.read_rows(&serving.key, &mut tasks).await {
            let failed = |task: &Task| Finished { entity: task.entity, result: Err(error.clone().into()) };
            self.tell(&serving, tasks.iter().map(failed).collect());
            return;
        }
        let mut handed_over = Instant::now();
        let mut done = Vec::with_capacity(tasks.len());
        let mut ahead = Ahead::default();
        let mut tasks = tasks.into_iter();
        while let Some(task) = tasks.next() {
            if serving.ended.is_cancelled() {
                return;
            }
            if ahead.lacks(&serving, &task) {
                self.hand_over(&serving, std::mem::take(&mut done)).await;
                let next = std::iter::once(&task).chain(tasks.as_slice());
                if let Err(error) = ahead.read(&*self.store, &serving, next).await {
                    done.push(Reduced { entity: task.entity, result: Err(error.into()) });
                    continue;
                }
                handed_over = Instant::now();
            }
            let entity = task.entity;
            let turn = Rc::new(Turn::of(BATCH_LASTS.saturating_sub(began.elapsed())));
            let ahead = ahead.take(entity);
            let fold = reduce(self.clone(), Arc::clone(&serving), head, task, ahead, Rc::clone(&turn));
            let mut fold = Box::pin(fold);
            match turn.first_slice(fold.as_mut()).await {
                Some(reduced) => done.push(reduced),
                None => {
                    let (key, under) = (serving.key.clone(), serving.under());
                    drop(self.inbox.send(Message::MadeWay { key, under, entity }));
                    made_way.push(Box::pin(go_on(Arc::clone(&serving), fold, Rc::clone(looked))));
                }
            }
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
    async fn hand_over(&self, serving: &Arc<Serving>, done: Vec<Reduced>) {
        let mut idle = Vec::new();
        let mut reduced = Vec::new();
        for Reduced { entity, result } in done {
            match result {
                Ok(done) if done.reduction.is_some() => reduced.push((entity, done)),
                result => idle.push(Finished { entity, result: result.map(|done| (done, None)) }),
            }
        }
        if !idle.is_empty() {
            self.tell(serving, idle);
        }
        if reduced.is_empty() {
            return;
        }
        let reductions = reduced.iter().filter_map(|(_, done)| done.reduction.clone()).collect();
        let (tools, serving) = (self.clone(), Arc::clone(serving));
        let answer = move |outcomes: Result<Vec<ReductionOutcome>, StoreError>| {
            let finished = match outcomes {
                Ok(outcomes) => {
                    let pairs = reduced.into_iter().zip(outcomes);
                    let written =
                        |((entity, done), outcome)| Finished { entity, result: Ok((done, Some(outcome))) };
                    pairs.map(written).collect()
                }
                Err(error) => {
                    let failed = |(entity, _)| Finished { entity, result: Err(error.clone().into()) };
                    reduced.into_iter().map(failed).collect()
                }
            };
            tools.tell(&serving, finished);
        };
        // Refused only while the host shuts down: what was folded is folded again after the restart.
        if let Err(error) = self.committer.reduced(reductions, Box::new(answer)).await {
            tracing::debug!(%error, "reductions were not handed over");
        }
    }

    fn tell(&self, serving: &Serving, finished: Vec<Finished>) {
        let (key, under) = (serving.key.clone(), serving.under());
        // Nobody listens any more while the host shuts down.
        drop(self.inbox.send(Message::Finished { key, under, finished }));
    }
}

/// Goes on with a fold that made way, in its turn, unless another activation takes the place of its own.
async fn go_on(
    serving: Arc<Serving>,
    fold: impl Future<Output = Reduced>,
    looked: Rc<Cell<Instant>>,
) -> Option<(Arc<Serving>, Reduced)> {
    let reduced = serving.ended.run_until_cancelled(in_turn(fold, looked)).await?;
    Some((Arc::clone(&serving), reduced))
}

/// Reduces one row; owns what it needs, because it may have to make way and go on later.
async fn reduce(
    tools: Tools,
    serving: Arc<Serving>,
    head: Position,
    task: Task,
    ahead: Option<Whole>,
    turn: Rc<Turn>,
) -> Reduced {
    let history = History { serving: &serving, store: &tools.store, turn: &turn, ahead: ahead.as_ref() };
    let may_try_again = task.failed + 1 < serving.limits.call_attempts;
    let reducer = Reducer { history, head, may_try_again, clock: &*tools.clock };
    let result = reducer.reduce(task.entity, task.waiting, task.row.flatten()).await;
    Reduced { entity: task.entity, result }
}
