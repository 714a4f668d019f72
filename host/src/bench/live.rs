//! Websockets that follow models: how soon is an event seen by whoever follows, and by the last of many?

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::{sync::oneshot, task::JoinSet, time::interval};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    BenchError, Workload,
    connection::Failure,
    domains::Domains,
    follower::Follower,
    ids,
    options::Plan,
    target::Target,
    threads::{Busy, Thread},
    updates::{Seen, Updates},
};

/// How long to wait for an update that has not come, once nothing is sent any more.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often to look whether all have come.
const LOOK: Duration = Duration::from_millis(10);
/// So many websockets are being opened at once, by each thread.
const OPENING: usize = 200;

/// What is followed.
#[derive(Debug, Clone, Default)]
pub(super) struct Followed {
    /// The paths of the models that the events change.
    models: Vec<String>,
    /// Websockets, shared by the models.
    pub(super) sockets: usize,
}

impl Followed {
    /// What this plan follows: most follow nothing.
    pub(super) fn by(plan: &Plan, domains: &Domains) -> Self {
        let workload = plan.options.workload;
        let follows = matches!(workload, Workload::Live | Workload::FanOut);
        let Some((domain, is_whole)) = domains.chosen.first().filter(|_| follows) else {
            return Self::default();
        };
        let context = &plan.options.context;
        let models: Vec<_> = if *is_whole {
            vec![format!("/{context}/{domain}/model")]
        } else {
            let model = |entity| format!("/{context}/{domain}/{entity}/model");
            ids::entities(plan.entities).into_iter().map(model).collect()
        };
        let sockets = if workload == Workload::FanOut { plan.connections } else { models.len() };
        Self { models, sockets }
    }
}

/// Open websockets and what came over them.
pub(super) struct Followers {
    pub(super) updates: Arc<Updates>,
    threads: Vec<Thread<Ended>>,
    done: DropGuard,
}

/// What was seen by the followers.
pub(super) struct Outcome {
    pub(super) seen: Seen,
    /// How many events somebody never saw.
    pub(super) unseen: u64,
    /// The websockets that ended early.
    pub(super) failures: Vec<Failure>,
    /// What part of its time each thread was busy.
    pub(super) busy: Vec<f64>,
}

impl Followers {
    /// Opens the websockets, and returns once each has been sent the model as it is now.
    pub(super) async fn open(
        followed: Followed,
        target: &Target,
        threads: usize,
        stop: &CancellationToken,
    ) -> Result<Self, BenchError> {
        let updates = Arc::new(Updates::new(followed.models.len())?);
        let done = CancellationToken::new();
        let count = threads.min(followed.sockets);
        let followed = Arc::new(followed);
        let mut opening = Vec::new();
        for share in 0..count {
            let (followed, target) = (Arc::clone(&followed), target.clone());
            let (updates, done) = (Arc::clone(&updates), done.clone());
            let (opened, all_opened) = oneshot::channel();
            let share = Share { followed, target, updates, share, shares: count };
            opening.push((Thread::run(move || share.follow(opened, done)), all_opened));
        }
        let mut followers = Self { updates, threads: Vec::new(), done: done.drop_guard() };
        for (thread, all_opened) in opening {
            let opened = tokio::select! {
                opened = all_opened => opened.is_ok(),
                () = stop.cancelled() => return Err(BenchError::Stopped),
            };
            if !opened {
                // It has ended, and says why.
                thread.ended().await?;
                return Err(BenchError::Stopped);
            }
            followers.threads.push(thread);
        }
        Ok(followers)
    }

    /// Waits until every event was seen by all, or no more updates come.
    pub(super) async fn settle(self, stop: &CancellationToken) -> Result<Outcome, BenchError> {
        let (mut unseen, mut since) = (self.updates.unseen(), Instant::now());
        let mut look = interval(LOOK);
        while unseen > 0 && since.elapsed() < PATIENCE && !stop.is_cancelled() {
            look.tick().await;
            let now = self.updates.unseen();
            if now < unseen {
                (unseen, since) = (now, Instant::now());
            }
        }
        let seen = self.updates.seen();
        drop(self.done);
        let mut outcome = Outcome { seen, unseen, failures: Vec::new(), busy: Vec::new() };
        for thread in self.threads {
            let ended = thread.ended().await?;
            outcome.failures.extend(ended.failures);
            outcome.busy.push(ended.busy);
        }
        Ok(outcome)
    }
}

/// The websockets of one thread.
struct Share {
    followed: Arc<Followed>,
    target: Target,
    updates: Arc<Updates>,
    share: usize,
    shares: usize,
}

/// What came of them.
struct Ended {
    failures: Vec<Failure>,
    busy: f64,
}

impl Share {
    async fn follow(self, opened: oneshot::Sender<()>, done: CancellationToken) -> Result<Ended, BenchError> {
        let Self { followed, target, updates, share, shares } = self;
        let own = (share..followed.sockets).step_by(shares).map(|number| {
            let model = number % followed.models.len();
            let (path, target, updates) = (&followed.models[model], &target, Arc::clone(&updates));
            let wanted = followed.sockets;
            async move {
                let opened = Follower::open(target, path, model, updates).await;
                opened.map_err(|failure| BenchError::connection(number + 1, wanted, path, failure))
            }
        });
        let mut running = JoinSet::new();
        let mut opening = stream::iter(own).buffer_unordered(OPENING);
        while let Some(follower) = opening.try_next().await? {
            running.spawn(follower.run());
        }
        drop(opening);
        let busy = Busy::start();
        // Nobody waits for it any more if the run was stopped.
        let _ = opened.send(());
        done.cancelled().await;
        let mut failures = Vec::new();
        while let Some(ended) = running.try_join_next() {
            failures.push(ended.map_err(|error| BenchError::Broken(error.to_string()))?);
        }
        running.shutdown().await;
        Ok(Ended { failures, busy: busy.part() })
    }
}
