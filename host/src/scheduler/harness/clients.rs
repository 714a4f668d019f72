//! Those who post and deploy: each asks again until it knows what became of its request.

use std::sync::Mutex;

use futures_util::future::join_all;
use tokio::{sync::watch, task::yield_now};

use crate::{
    error::Error,
    store::{Append, Appended},
    words::{EventId, Position},
};

use super::{
    life::Life,
    plan::{Deploy, Plan, Post},
};

/// What a request was told in the end.
#[derive(Debug, Clone)]
pub(super) enum Told {
    Appended(Vec<Appended>),
    Conflict(EventId, Position),
}

/// What clients know, and how far each of them has got. Outlives hosts.
pub(super) struct Clients<'a> {
    plan: &'a Plan,
    /// How many requests of each client were answered, and then how many changes were made.
    got: Vec<Mutex<usize>>,
    pub(super) told: Mutex<Vec<(Append, Told)>>,
    answered: watch::Sender<usize>,
}

impl<'a> Clients<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        let got = (0..=plan.clients.len()).map(|_| Mutex::default()).collect();
        Self { plan, got, told: Mutex::default(), answered: watch::Sender::new(0) }
    }

    /// All of them at once, from where they are to the end, unless the host dies before.
    pub(super) async fn go_on(&self, life: &Life) {
        let posting = self.plan.clients.iter().zip(&self.got).map(|(posts, got)| self.post(life, posts, got));
        let posting = join_all(posting);
        tokio::join!(posting, self.deploy(life));
    }

    async fn post(&self, life: &Life, posts: &[Post], got: &Mutex<usize>) {
        let from = *got.lock().unwrap();
        for post in &posts[from..] {
            if post.rested {
                // Where it does not come to rest, that is found in the end.
                drop(life.quiet().await);
            }
            let append = post.append();
            let told = loop {
                let slot = life.committer.admit(1).expect("nobody else posts");
                match life.committer.append(append.clone(), slot).await {
                    Ok(appended) => break Told::Appended(appended),
                    Err(Error::Conflict { id, position }) => break Told::Conflict(id, position),
                    // Nobody knows whether it was written: posting the same again is safe.
                    Err(_) => yield_now().await,
                }
            };
            self.told.lock().unwrap().push((append, told));
            *got.lock().unwrap() += 1;
            self.answered.send_modify(|answered| *answered += 1);
        }
    }

    async fn deploy(&self, life: &Life) {
        let all: usize = self.plan.clients.iter().map(Vec::len).sum();
        let [.., got] = self.got.as_slice() else { return };
        let from = *got.lock().unwrap();
        for Deploy { after, role, act } in &self.plan.deploys[from..] {
            let due = |answered: &usize| *answered >= *after.min(&all);
            self.answered.subscribe().wait_for(due).await.unwrap();
            while life.act(*role, *act).await.is_err() {
                yield_now().await;
            }
            *got.lock().unwrap() += 1;
        }
    }
}
