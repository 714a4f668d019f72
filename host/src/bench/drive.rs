//! One phase of a run: threads, each with its share of the connections.

use std::{
    io,
    sync::{Arc, Mutex, atomic::AtomicU64},
};

use futures_util::future::try_join_all;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{
    BenchError,
    lane::{Lane, Link, OverSockets},
    options::{Limit, Plan},
    pacer::Pacer,
    requests::Source,
    tally::Tally,
    target::Target,
    threads::{Busy, Thread},
    updates::Updates,
    work::Work,
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
    let threads = phase.plan.options.threads.min(phase.plan.lanes);
    let shares = (0..threads).map(|share| {
        let (phase, left) = (phase.clone(), Arc::clone(&left));
        Thread::run(move || async move { Box::pin(share_of(&phase, left, share, threads)).await })
    });
    let mut whole = Tally::new()?;
    for share in shares.collect::<Vec<_>>() {
        whole.merge(share.ended().await?)?;
    }
    Ok(whole)
}

async fn share_of(
    phase: &Phase,
    left: Arc<AtomicU64>,
    share: usize,
    shares: usize,
) -> Result<Tally, BenchError> {
    let busy = Busy::start();
    let lanes = phase.plan.lanes;
    let own = (share..lanes).step_by(shares);
    let in_flight = phase.plan.in_flight;
    let over = phase.work.socket().map(|path| OverSockets { path, in_flight });
    // All are open before the first is used.
    let links = try_join_all(own.clone().map(async |lane| {
        let path = over.as_ref().map_or("/", |over| &over.path);
        let opened = Link::open(&phase.target, over.as_ref()).await;
        opened.map_err(|failure| BenchError::connection(lane + 1, lanes, path, failure))
    }));
    let links = links.await?;
    let duration = phase.limit.duration;
    let pacer = Pacer::new(&phase.plan, duration, left, (share, shares), phase.stop.clone())?;
    let pacer = Arc::new(pacer);
    let tally = Arc::new(Mutex::new(Tally::new()?));
    let mut running = JoinSet::new();
    for (lane, link) in own.zip(links) {
        let lane = Lane {
            target: phase.target.clone(),
            source: Source::new(Arc::clone(&phase.work), lane, lanes),
            pacer: Arc::clone(&pacer),
            tally: Arc::clone(&tally),
            appends: phase.work.appends_events(),
            updates: phase.updates.clone(),
        };
        running.spawn(lane.run(link));
    }
    ended(running).await?;
    let unsent = pacer.unsent().await;
    let broken = || BenchError::Broken("a connection still counts".to_owned());
    let tally = Arc::into_inner(tally).and_then(|tally| tally.into_inner().ok());
    let mut tally = tally.ok_or_else(broken)?;
    tally.unsent = unsent;
    tally.busy.push(busy.part());
    Ok(tally)
}

async fn ended(mut running: JoinSet<io::Result<()>>) -> Result<(), BenchError> {
    while let Some(lane) = running.join_next().await {
        lane.map_err(|error| BenchError::Broken(error.to_string()))??;
    }
    Ok(())
}
