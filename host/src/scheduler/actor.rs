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
    words::DomainKey,
};

use super::{
    SchedulerParts,
    domain::Domain,
    lanes::{Lane, Lanes},
    message::{Message, Sharer},
    outcome::settle,
    reading::Reading,
    reduce::Trouble,
    report::Report,
    serving::{Reduce, Serving, Share, Under},
    turns::Turns,
    visit::Visit,
    workers::{Batch, Finished, Tools},
};

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
    /// None: the store is this host's alone.
    sharer: Option<Box<Sharer>>,
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
            sharer: None,
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
            Message::Pause(key) => drop(self.remove(&key)),
            Message::Share(sharer) => self.share(sharer),
            Message::Retry(key, entities, asker) => {
                if let Some(domain) = self.domains.served(&key) {
                    entities.into_iter().for_each(|entity| domain.retry(entity, asker.clone()));
                }
            }
            Message::Wait(key, wait) => self.domains.wait(key, wait),
            Message::Free { worker, folds, key, under } => {
                self.lanes.free(worker, folds);
                if let Some(domain) = self.domains.get(&key, under) {
                    domain.running -= 1;
                }
            }
            Message::MadeWay { key, under, entity } => {
                if let Some(domain) = self.domains.get(&key, under) {
                    domain.made_way(entity);
                }
            }
            Message::Finished { key, under, finished } => self.finished(&key, under, finished),
            Message::LogRead(read) => {
                if let Some(domain) = self.domains.get(&read.key, read.under) {
                    read.arrive(domain);
                }
            }
            Message::EntitiesRead(read) => {
                if let Some(domain) = self.domains.get(&read.key, read.under) {
                    read.arrive(domain);
                }
            }
        }
    }

    /// Begins with all domains anew, from where every host has got at least: whatever was being folded was
    /// folded under other leases, and is not written any more.
    fn share(&mut self, sharer: Box<Sharer>) {
        self.marks = sharer.marks.iter().map(|mark| (mark.key.clone(), mark.clone())).collect();
        self.sharer = Some(sharer);
        let served: Vec<_> = self.domains.iter().map(|(_, domain)| Arc::clone(&domain.serving)).collect();
        for serving in served {
            if let Some(activation) = serving.activation() {
                self.serve(activation, Arc::clone(&serving.module));
            }
        }
    }

    fn serve(&mut self, activation: &Activation, module: Arc<dyn Reduce>) {
        let key = activation.key.clone();
        if self.domains.served(&key).is_some_and(|domain| domain.serving.number > activation.number) {
            // What loads longer than its successor comes too late.
            return;
        }
        let mut chain = self.report.chain(&key);
        chain.retain(|earlier| earlier.number <= activation.number);
        let limits = self.config.limits_for(&key).clone();
        let share = self.sharer.as_ref().map_or_else(Share::whole, |sharer| sharer.share(&key));
        let serving = Serving::new(key.clone(), activation.number, module, chain, limits);
        let serving = Arc::new(serving.sharing(share));
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

    fn finished(&mut self, key: &DomainKey, under: Under, finished: Vec<Finished>) {
        let Some(domain) = self.domains.get(key, under) else { return };
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
            // Who folds nothing of a domain cannot say how far it has got.
            if !domain.visit.is_settled() || domain.serving.share.slots.are_none() {
                continue;
            }
            let Under { activation: settled, leases } = domain.serving.under();
            let position = domain.mark();
            let known = self.marks.get(key);
            if known.is_none_or(|mark| mark.position != position || mark.settled != settled) {
                moved.push(Mark { key: key.clone(), position, settled, leases });
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
