//! Keeps this host among those that share its store, and brings what others wrote to whoever must know.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::Notify,
    time::{Instant, MissedTickBehavior, interval, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    committer::Committer,
    feed::Feed,
    scheduler,
    store::{Head, Leases, LogQuery, News, Renewal, Result, Shared, Store, StoreError},
    words::{Position, Version},
};

use super::Membership;

/// How many times a lease is renewed while it lasts: one that is late, or fails, must not end it.
const RENEWALS: u32 = 3;
/// Models that are told of at once.
const PAGE: u32 = 1000;
/// The pause after what others wrote was looked for: while they write all the time, a little of it is heard of
/// together. It is at least as long as the look took, so that a busy machine is not kept busy by looking.
const PAUSE: Duration = Duration::from_millis(2);
/// Events that are brought at once, ...
const EVENTS: u64 = 1000;
/// ... unless so many are missing: then whoever wants them asks the store.
const TOO_MANY: u64 = 50_000;
/// The pause after the store failed.
const AGAIN: Duration = Duration::from_millis(100);

/// What the keeper works with.
pub(crate) struct KeeperParts {
    pub(crate) membership: Membership,
    pub(crate) store: Arc<dyn Store>,
    /// Held so that the store stays open until the host has left.
    pub(crate) committer: Committer,
    pub(crate) feed: Arc<Feed>,
    pub(crate) scheduler: scheduler::Handle,
    /// Told of modules and contexts that came from elsewhere.
    pub(crate) deployed: Arc<Notify>,
    /// Cancelled once the store has another history.
    pub(crate) over: CancellationToken,
}

pub(crate) struct Keeper {
    parts: KeeperParts,
    /// As far as it was heard of last.
    news: News,
}

impl Keeper {
    /// Lets this host take part, and goes on with that until `shutdown`. Once this returns, the scheduler has
    /// been told what is this host's. Where nobody else can share the store, there is nothing to do.
    ///
    /// # Errors
    /// Where the store failed.
    pub(crate) async fn start(
        parts: KeeperParts,
        shutdown: CancellationToken,
        tracker: &TaskTracker,
    ) -> Result<()> {
        if parts.store.shared().is_none() {
            return Ok(());
        }
        // Nothing was heard of yet: what others put in force while this host was starting is among it.
        let mut keeper = Self { parts, news: News::default() };
        keeper.renew().await?;
        tracker.spawn(keeper.run(shutdown));
        Ok(())
    }

    async fn run(mut self, shutdown: CancellationToken) {
        let store = Arc::clone(&self.parts.store);
        let Some(shared) = store.shared() else { return };
        let mut renewals = interval(self.parts.membership.lasts / RENEWALS);
        renewals.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_due = tokio::select! {
                () = shutdown.cancelled() => break,
                _ = renewals.tick() => true,
                () = self.parts.feed.gap() => false,
                () = shared.moved() => false,
            };
            let began = Instant::now();
            let kept = if is_due { self.renew().await } else { self.follow(shared).await };
            let pause = match kept {
                Ok(()) => PAUSE.max(began.elapsed()),
                Err(StoreError::OtherHistory) => {
                    self.parts.over.cancel();
                    AGAIN
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot hear of the hosts that share the store; trying again");
                    AGAIN
                }
            };
            sleep(pause).await;
        }
        // Otherwise the others wait until this host's lease is over.
        if let Err(error) = shared.leave(self.parts.membership.me.id).await {
            tracing::warn!(%error, "this host could not say that it leaves; others take over when its lease ends");
        }
        // From here on the store may be closed.
        drop(self.parts.committer);
    }

    /// Says that this host is there, and takes up what is its own where that has changed.
    async fn renew(&mut self) -> Result<()> {
        let store = Arc::clone(&self.parts.store);
        let Some(shared) = store.shared() else { return Ok(()) };
        let membership = &self.parts.membership;
        let renewal = Renewal { holder: membership.me.clone(), lasts: membership.lasts };
        let leases = match shared.renew(&renewal).await {
            Ok(leases) => Arc::new(leases),
            Err(error @ StoreError::Namesake { .. }) => {
                self.step_aside(shared).await?;
                return Err(error);
            }
            Err(error) => return Err(error),
        };
        if leases.epoch == membership.leases().epoch {
            return Ok(());
        }
        // Marks that are read now were written under these leases, or brought down when they came into force.
        let marks = store.catalogue().await?.marks;
        tracing::info!(epoch = %leases.epoch, hosts = leases.holders.len(), "the hosts that share the store are others now");
        membership.heard(Arc::clone(&leases));
        self.parts.scheduler.share(leases, membership.me.id, marks);
        Ok(())
    }

    /// Another host has taken this one's place: nothing that it folds would be written.
    async fn step_aside(&self, shared: &dyn Shared) -> Result<()> {
        let membership = &self.parts.membership;
        let epoch = shared.news().await?.leases;
        if epoch != membership.leases().epoch {
            let nobody = Arc::new(Leases { epoch, holders: Vec::new() });
            membership.heard(Arc::clone(&nobody));
            self.parts.scheduler.share(nobody, membership.me.id, Vec::new());
        }
        Ok(())
    }

    /// Hears of what was written elsewhere.
    async fn follow(&mut self, shared: &dyn Shared) -> Result<()> {
        let asked = Instant::now();
        let news = shared.news().await?;
        let Head { position, version } = self.parts.feed.head();
        if news == self.news && news.head.position <= position && news.head.version <= version {
            self.parts.feed.heard(asked);
            return Ok(());
        }
        if news.leases != self.parts.membership.leases().epoch {
            self.renew().await?;
        }
        self.bring(news.head.position).await?;
        self.parts.feed.heard(asked);
        self.tell_of_models(shared, news.head.version).await?;
        if (news.activation, news.contexts) != (self.news.activation, self.news.contexts) {
            self.parts.deployed.notify_one();
        }
        self.parts.feed.written_elsewhere(news.head.version);
        self.news = news;
        Ok(())
    }

    /// Brings the events of others that lie before this host's own, and all up to a position: once for everybody who
    /// wants them here.
    async fn bring(&self, up_to: Position) -> Result<()> {
        let feed = &self.parts.feed;
        while let Some((after, count)) = feed.missing(up_to) {
            if count > TOO_MANY {
                feed.skip(Position(after.0 + count));
                continue;
            }
            let limit = u32::try_from(count.min(EVENTS)).unwrap_or(u32::MAX);
            let query = LogQuery { context: None, after, since: None, up_to: None, types: Vec::new(), limit };
            let events = self.parts.store.log(&query).await?;
            if events.is_empty() {
                return Err(StoreError::Damaged(format!("the log has nothing behind position {after}")));
            }
            feed.fill(events.into_iter().map(Arc::new));
        }
        Ok(())
    }

    /// Wakes those who follow models that were written elsewhere, up to a version.
    async fn tell_of_models(&self, shared: &dyn Shared, up_to: Version) -> Result<()> {
        let feed = &self.parts.feed;
        let Some(mut told) = feed.told() else {
            // Whoever begins to follow a model reads it first.
            feed.tell(&[], up_to);
            return Ok(());
        };
        while told < up_to {
            let changes = shared.changes(told, PAGE).await?;
            let is_last = changes.len() < PAGE as usize;
            told = changes.last().map_or(up_to, |(_, _, version)| *version);
            feed.tell(&changes, if is_last { told.max(up_to) } else { told });
            if is_last {
                break;
            }
        }
        Ok(())
    }
}
