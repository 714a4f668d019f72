//! What waits: taken from the queue as one group, and answered request by request.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::{
    error::Error,
    store::{Activation, AppendRefusal, Appended, Group, NewActivation, ReductionOutcome, StoreError},
};

use super::{ReductionsDone, Request, Slot};

type Activating = (Box<NewActivation>, oneshot::Sender<Result<Activation, Error>>);

/// One who waits for an append, and the room that it takes.
pub(super) struct AppendWaiter {
    pub(super) answer: oneshot::Sender<Result<Vec<Appended>, Error>>,
    pub(super) slot: Slot,
}

impl AppendWaiter {
    /// Gives the room back first: whoever has the answer finds room for what comes next.
    fn tell(self, answer: Result<Vec<Appended>, Error>) {
        drop(self.slot);
        // A caller that has gone away needs no answer; its events are written all the same.
        drop(self.answer.send(answer));
    }
}

/// Those who wait for a group: one for each append, and one for each run of so many reductions.
#[derive(Default)]
pub(super) struct Waiters {
    appends: Vec<AppendWaiter>,
    reductions: Vec<(usize, ReductionsDone)>,
}

impl Waiters {
    pub(super) fn len(&self) -> usize {
        self.appends.len() + self.reductions.len()
    }

    pub(super) fn answer(
        self,
        appends: Vec<Result<Vec<Appended>, AppendRefusal>>,
        reductions: Vec<ReductionOutcome>,
    ) {
        let mut reductions = reductions.into_iter();
        for (count, done) in self.reductions {
            done(Ok(reductions.by_ref().take(count).collect()));
        }
        for (waiter, answer) in self.appends.into_iter().zip(appends) {
            waiter.tell(answer.map_err(Error::from));
        }
    }

    pub(super) fn fail(self, error: &StoreError) {
        for (_, done) in self.reductions {
            done(Err(error.clone()));
        }
        for waiter in self.appends {
            waiter.tell(Err(Error::Store(error.clone())));
        }
    }
}

/// A group, those who wait for it, and an activation that comes right behind it.
pub(super) struct Taken {
    pub(super) group: Group,
    pub(super) waiters: Waiters,
    pub(super) activation: Option<Activating>,
}

/// Takes what waits, starting with `first`: until the queue is empty, the group is full, or an
/// activation ends it.
pub(super) fn take(first: Request, queue: &mut mpsc::Receiver<Request>, most: usize, now: i64) -> Taken {
    let mut group = Group { recorded_at: now, ..Group::default() };
    let mut waiters = Waiters::default();
    let mut events = 0;
    let mut next = Some(first);
    while let Some(request) = next {
        match request {
            Request::Append(append, waiter) => {
                events += append.facts.len();
                group.appends.push(append);
                waiters.appends.push(waiter);
            }
            Request::Reductions(reductions, done) => {
                events += reductions.iter().map(|reduction| 1 + reduction.emissions.len()).sum::<usize>();
                waiters.reductions.push((reductions.len(), done));
                group.reductions.extend(reductions);
            }
            Request::Marks(marks) => group.marks.extend(marks),
            Request::Activate(activation, answer) => {
                return Taken { group, waiters, activation: Some((activation, answer)) };
            }
        }
        next = if events < most { queue.try_recv().ok() } else { None };
    }
    Taken { group, waiters, activation: None }
}

/// The requests of a group, each as a group of its own. Reductions stay with those handed over together
/// only in who waits for them: they are answered in one piece, so they are tried in one piece.
pub(super) fn apart(group: &Group, waiters: Waiters) -> Vec<(Group, Waiters)> {
    let one = |waiters| (Group { recorded_at: group.recorded_at, ..Group::default() }, waiters);
    let mut parts = Vec::with_capacity(waiters.len() + 1);
    for (append, waiter) in group.appends.iter().zip(waiters.appends) {
        let (part, waiters) = one(Waiters { appends: vec![waiter], reductions: Vec::new() });
        parts.push((Group { appends: vec![append.clone()], ..part }, waiters));
    }
    let mut reductions = group.reductions.iter().map(Arc::clone);
    for (count, done) in waiters.reductions {
        let (part, waiters) = one(Waiters { appends: Vec::new(), reductions: vec![(count, done)] });
        parts.push((Group { reductions: reductions.by_ref().take(count).collect(), ..part }, waiters));
    }
    if !group.marks.is_empty() {
        let (part, waiters) = one(Waiters::default());
        parts.push((Group { marks: group.marks.clone(), ..part }, waiters));
    }
    parts
}
