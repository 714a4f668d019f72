//! The scheduler's own task: it alone knows what waits where, and never blocks.

use std::{
    collections::BTreeMap,
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender},
        watch,
    },
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    store::{Activation, Head, Mark},
    words::{ActivationNumber, DomainKey, EntityId},
};

use super::{
    SchedulerParts,
    domain::{Asker, Domain, Wait},
    lanes::{Lane, Lanes},
    outcome::settle,
    reading::{EntitiesRead, LogRead, Reading},
    reduce::Trouble,
    report::Report,
    serving::{Reduce, Serving},
    turns::Turns,
    visit::Visit,
    workers::{Batch, Finished, Tools},
};

/// What the scheduler is told.
pub(super) enum Message {
    Serve(Box<Activation>, Arc<dyn Reduce>),
    Retire(Box<Activation>),
    /// Parked entities are to be tried again.
    Retry(DomainKey, Vec<Option<EntityId>>, Asker),
    /// Somebody waits until something is folded.
    Wait(DomainKey, Wait),
    /// A worker has nothing to do.
    Free {
        worker: usize,
        /// How many folds go on there between batches.
        folds: usize,
        key: DomainKey,
        number: ActivationNumber,
    },
    /// The fold of an entity takes long. It goes on between others.
    MadeWay {
        key: DomainKey,
        number: ActivationNumber,
        entity: Option<EntityId>,
    },
    /// Reductions were committed, dropped, or had nothing to commit.
    Finished {
        key: DomainKey,
        number: ActivationNumber,
        finished: Vec<Finished>,
    },
    LogRead(LogRead),
    EntitiesRead(EntitiesRead),
}

/// Entities in one batch at most.
const BATCH: usize = 64;
/// Entities that are read ahead for a visit.
const VISITS_AHEAD: usize = 512;
/// How often marks are written, counts shown and failed reads repeated.
const TICK: Duration = Duration::from_millis(500);

pub(super) struct Actor {
    config: Arc<Config>,
    domains: Turns,
    /// Marks as the store has them.
    marks: BTreeMap<DomainKey, Mark>,
    lanes: Lanes,
    messages: UnboundedReceiver<Message>,
    head: watch::Receiver<Head>,
    tools: Tools,
    reading: Reading,
    report: Report,
}

impl Actor {
    pub(super) fn start(
        parts: SchedulerParts,
        inbox: UnboundedSender<Message>,
        messages: UnboundedReceiver<Message>,
    ) -> io::Result<Self> {
        let tools = Tools {
            store: parts.store,
            committer: parts.committer,
            feed: parts.feed,
            inbox,
            clock: parts.clock,
        };
        let stacks = parts.config.limits_of.values().chain([&parts.config.limits]);
        let stack = stacks.map(|limits| limits.stack_bytes).max().unwrap_or_default();
        Ok(Self {
            domains: Turns::default(),
            marks: parts.marks.into_iter().map(|mark| (mark.key.clone(), mark)).collect(),
            lanes: Lanes::start(parts.config.worker_count(), stack, &tools)?,
            messages,
            head: tools.feed.watch_head(),
            reading: Reading::new(&tools),
            report: Report::new(parts.catalog, Arc::clone(&tools.store), Arc::clone(&tools.clock)),
            config: parts.config,
            tools,
        })
    }

    pub(super) async fn run(mut self, shutdown: CancellationToken) {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Some(message) = self.messages.recv() => {
                    self.handle(message);
                    while let Ok(message) = self.messages.try_recv() {
                        self.handle(message);
                    }
                }
                Ok(()) = self.head.changed() => {}
                _ = tick.tick() => self.tick().await,
                () = shutdown.cancelled() => break,
            }
            self.read();
            self.domains.iter_mut().for_each(Domain::take_up_waits);
            self.dispatch();
        }
        self.finish().await;
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Serve(activation, module) => self.serve(&activation, module),
            Message::Retire(activation) => {
                drop(self.remove(&activation.key));
                self.domains.give_up(&activation.key);
            }
            Message::Retry(key, entities, asker) => {
                if let Some(domain) = self.domains.served(&key) {
                    entities.into_iter().for_each(|entity| domain.retry(entity, asker.clone()));
                }
            }
            Message::Wait(key, wait) => self.domains.wait(key, wait),
            Message::Free { worker, folds, key, number } => {
                self.lanes.free(worker, folds);
                if let Some(domain) = self.domains.get(&key, number) {
                    domain.running -= 1;
                }
            }
            Message::MadeWay { key, number, entity } => {
                if let Some(domain) = self.domains.get(&key, number) {
                    domain.made_way(entity);
                }
            }
            Message::Finished { key, number, finished } => self.finished(&key, number, finished),
            Message::LogRead(read) => {
                if let Some(domain) = self.domains.get(&read.key, read.number) {
                    read.arrive(domain);
                }
            }
            Message::EntitiesRead(read) => {
                if let Some(domain) = self.domains.get(&read.key, read.number) {
                    read.arrive(domain);
                }
            }
        }
    }

    fn serve(&mut self, activation: &Activation, module: Arc<dyn Reduce>) {
        let key = activation.key.clone();
        let chain = self.report.chain(&key);
        let limits = self.config.limits_for(&key).clone();
        let serving = Arc::new(Serving::new(key.clone(), activation.number, module, chain, limits));
        let settled = self.marks.get(&key).filter(|mark| mark.settled == activation.number);
        // Until every entity was visited, the visit covers what lies before the activation.
        let (cursor, visit) = match settled {
            Some(mark) => (mark.position, Visit::not_needed()),
            None => (activation.head, Visit::begin()),
        };
        let mut domain = Domain::new(serving, cursor, visit, self.config.limits.cached_bytes);
        // Those who asked the module before get their answer from this one.
        for (entity, asker) in self.remove(&key).into_iter().flat_map(Domain::into_askers) {
            domain.retry(entity, asker);
        }
        self.report.serves(&domain);
        self.domains.insert(domain);
    }

    /// Ends what is folded under the activation in force.
    fn remove(&mut self, key: &DomainKey) -> Option<Domain> {
        self.domains.remove(key).inspect(|domain| domain.serving.ended.cancel())
    }

    /// Reads what is new in the log, and the entities that are still to be visited.
    fn read(&mut self) {
        let head = self.head.borrow_and_update().position;
        for domain in self.domains.iter_mut() {
            while domain.pending() < self.config.limits.pending_events && self.reading.log(domain, head) {}
            if domain.visits_waiting() < VISITS_AHEAD && domain.visit.wants_more() {
                self.reading.entities(domain);
            }
        }
    }

    /// Gives work to idle workers, domain by domain in turn.
    fn dispatch(&mut self) {
        let workers = self.lanes.count();
        for lane in Lane::ALL {
            while let Some(worker) = self.lanes.idle(lane) {
                let Some(domain) = self.domains.next(lane, workers) else { break };
                domain.running += 1;
                worker.give(Batch { serving: Arc::clone(&domain.serving), tasks: domain.take(BATCH) });
            }
        }
    }

    fn finished(&mut self, key: &DomainKey, number: ActivationNumber, finished: Vec<Finished>) {
        let Some(domain) = self.domains.get(key, number) else { return };
        for Finished { entity, result } in finished {
            match result {
                Ok((done, outcome)) => settle(domain, &mut self.report, entity, done, outcome),
                Err(error) => {
                    tracing::warn!(domain = %key, ?entity, %error, "a reduction is tried again");
                    domain.delay(entity, matches!(error, Trouble::Machine(_)));
                }
            }
            domain.tell_waits(entity);
        }
        self.report.progress(domain);
    }

    async fn tick(&mut self) {
        for domain in self.domains.iter_mut() {
            domain.resume_delayed(Instant::now());
            domain.read_again();
            self.report.progress(domain);
        }
        self.domains.forget_gone();
        self.write_marks().await;
    }

    /// Writes the marks that have moved. They may lag, so that nothing waits for them.
    async fn write_marks(&mut self) {
        let mut moved = Vec::new();
        for (key, domain) in self.domains.iter() {
            if !domain.visit.is_settled() {
                continue;
            }
            let (position, settled) = (domain.mark(), domain.serving.number);
            let known = self.marks.get(key);
            if known.is_none_or(|mark| mark.position != position || mark.settled != settled) {
                moved.push(Mark { key: key.clone(), position, settled });
            }
        }
        if moved.is_empty() {
            return;
        }
        self.marks.extend(moved.iter().map(|mark| (mark.key.clone(), mark.clone())));
        // Refused only while the host shuts down.
        drop(self.tools.committer.mark(moved).await);
    }

    /// Waits for what workers have begun, then writes the marks.
    async fn finish(mut self) {
        while !self.lanes.all_free() {
            match self.messages.recv().await {
                Some(message) => self.handle(message),
                None => return,
            }
        }
        self.write_marks().await;
    }
}
