//! One phase of a run: threads, each with its share of the connections.

use std::{
    io,
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::{Duration, Instant},
};

use futures_util::future::try_join_all;
use rustix::time::{ClockId, clock_gettime};
use tokio::{runtime, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{
    BenchError,
    connection::Connection,
    lane::Lane,
    live::Updates,
    options::{Limit, Plan},
    pacer::Pacer,
    requests::{Source, Work},
    tally::Tally,
    target::Target,
};

/// What a phase needs to know.
#[derive(Clone)]
pub(super) struct Phase {
    pub(super) plan: Arc<Plan>,
    pub(super) target: Target,
    pub(super) work: Arc<Work>,
    pub(super) limit: Limit,
    pub(super) updates: Option<Arc<Updates>>,
    pub(super) stop: CancellationToken,
}

/// Sends until the limit is met or `stop` fires. Requests that are under way then are answered first.
pub(super) async fn drive(phase: &Phase) -> Result<Tally, BenchError> {
    let left = Arc::new(AtomicU64::new(phase.limit.events.unwrap_or(u64::MAX)));
    // Threads of their own: the load is not to wait for whatever else this runtime does.
    let threads = phase.plan.options.threads.min(phase.plan.options.connections);
    let shares = (0..threads).map(|share| {
        let (phase, left) = (phase.clone(), Arc::clone(&left));
        tokio::task::spawn_blocking(move || on_this_thread(&phase, left, share, threads))
    });
    let mut whole = Tally::new()?;
    for share in shares.collect::<Vec<_>>() {
        whole.merge(share.await.map_err(|error| BenchError::Broken(error.to_string()))??)?;
    }
    Ok(whole)
}

fn on_this_thread(
    phase: &Phase,
    left: Arc<AtomicU64>,
    share: usize,
    shares: usize,
) -> Result<Tally, BenchError> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let (began, busy) = (Instant::now(), cpu_time());
    let mut tally = runtime.block_on(share_of(phase, left, share, shares))?;
    let busy = cpu_time().saturating_sub(busy);
    tally.busy.push(busy.div_duration_f64(began.elapsed()));
    Ok(tally)
}

async fn share_of(
    phase: &Phase,
    left: Arc<AtomicU64>,
    share: usize,
    shares: usize,
) -> Result<Tally, BenchError> {
    let lanes = phase.plan.options.connections;
    let own = (share..lanes).step_by(shares);
    // All are open before the first is used.
    let connections = try_join_all(own.clone().map(async |lane| {
        let opened = Connection::open(&phase.target).await;
        opened.map_err(|failure| BenchError::TooMany { number: lane + 1, wanted: lanes, failure })
    }));
    let connections = connections.await?;
    let duration = phase.limit.duration;
    let pacer = Pacer::new(&phase.plan, duration, left, (share, shares), phase.stop.clone())?;
    let pacer = Arc::new(pacer);
    let tally = Arc::new(Mutex::new(Tally::new()?));
    let mut running = JoinSet::new();
    for (lane, connection) in own.zip(connections) {
        let lane = Lane {
            target: phase.target.clone(),
            connection: Some(connection),
            source: Source::new(Arc::clone(&phase.work), lane, lanes),
            pacer: Arc::clone(&pacer),
            tally: Arc::clone(&tally),
            appends: phase.work.appends_events(),
            updates: phase.updates.clone(),
        };
        running.spawn(lane.run());
    }
    ended(running).await?;
    let unsent = pacer.unsent().await;
    let broken = || BenchError::Broken("a connection still counts".to_owned());
    let tally = Arc::into_inner(tally).and_then(|tally| tally.into_inner().ok());
    let mut tally = tally.ok_or_else(broken)?;
    tally.unsent = unsent;
    Ok(tally)
}

async fn ended(mut running: JoinSet<io::Result<()>>) -> Result<(), BenchError> {
    while let Some(lane) = running.join_next().await {
        lane.map_err(|error| BenchError::Broken(error.to_string()))??;
    }
    Ok(())
}

/// How long this thread has run on a core.
fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}
