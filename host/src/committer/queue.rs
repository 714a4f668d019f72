//! What waits: taken from the queue as one group, and answered request by request.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use crate::{
    error::Error,
    store::{
        Activation, AppendRefusal, Appended, Group, NewActivation, Reduction, ReductionOutcome, StoreError,
    },
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

/// Reductions that wait for a commit to go with. While many append, each commit takes a few events, and each
/// of these few a row that lies somewhere else: so rows wait for each other, and a busy entity's next events
/// are folded in one call meanwhile.
#[derive(Default)]
pub(super) struct Held {
    reductions: Vec<Arc<Reduction>>,
    waiters: Vec<(usize, ReductionsDone)>,
    /// When the first of them came.
    since: Option<Instant>,
    /// How many requests the last commits appended: eight times the average, so that it comes down again.
    appends: usize,
    /// When the last of these was taken.
    appended: Option<Instant>,
    /// How many groups in a row were taken without a reduction.
    still: usize,
}

/// Many append where commits take so many requests at once.
const MANY: usize = 8;
/// Then reductions wait for so long, ...
const LONGEST: Duration = Duration::from_millis(30);
/// ... unless there are so many, ...
const MOST: usize = 1024;
/// ... or nobody has appended for so long: those who did may be waiting for just these, ...
const SILENCE: Duration = Duration::from_millis(2);
/// ... or so many groups brought no other: what comes next for few busy entities waits for their rows.
const STILL: usize = 4;

impl Held {
    pub(super) fn is_empty(&self) -> bool {
        self.reductions.is_empty()
    }

    /// Until when they may wait.
    pub(super) fn until(&self) -> Option<Instant> {
        let since = self.since?;
        if self.appends < 8 * MANY || self.reductions.len() >= MOST || self.still >= STILL {
            return Some(since);
        }
        let silent = self.appended.map(|last| last + SILENCE);
        Some(silent.map_or(since, |silent| silent.min(since + LONGEST)))
    }

    fn hold(&mut self, reductions: Vec<Arc<Reduction>>, done: ReductionsDone) {
        self.since.get_or_insert_with(Instant::now);
        self.waiters.push((reductions.len(), done));
        self.reductions.extend(reductions);
    }

    /// A group was taken, with reductions or without.
    fn taken(&mut self, reductions: bool) {
        self.still = if reductions { 0 } else { self.still + 1 };
    }

    /// A commit appends so many requests.
    fn appended(&mut self, requests: usize) {
        self.appends = self.appends - self.appends / 8 + requests;
        self.appended = Some(Instant::now());
    }

    /// Lets them go with a group.
    fn release(&mut self, group: &mut Group, waiters: &mut Waiters) {
        self.since = None;
        group.reductions.append(&mut self.reductions);
        waiters.reductions.append(&mut self.waiters);
    }
}

/// Takes what waits, starting with `first`: until the queue is empty, the group is full, or an
/// activation ends it. Reductions go along, or are held.
pub(super) fn take(
    first: Option<Request>,
    queue: &mut mpsc::Receiver<Request>,
    held: &mut Held,
    most: usize,
    now: i64,
) -> Taken {
    let mut group = Group { recorded_at: now, ..Group::default() };
    let mut waiters = Waiters::default();
    let (mut events, mut activation, mut reduced) = (0, None, false);
    let mut next = first;
    while let Some(request) = next {
        match request {
            Request::Append(append, waiter) => {
                events += append.facts.len();
                group.appends.push(append);
                waiters.appends.push(waiter);
            }
            Request::Reductions(reductions, done) => {
                events += reductions.iter().map(|reduction| 1 + reduction.emissions.len()).sum::<usize>();
                held.hold(reductions, done);
                reduced = true;
            }
            Request::Marks(marks) => group.marks.extend(marks),
            Request::Activate(activate, answer) => {
                activation = Some((activate, answer));
                break;
            }
        }
        next = if events < most { queue.try_recv().ok() } else { None };
    }
    held.taken(reduced);
    if !group.appends.is_empty() {
        held.appended(group.appends.len());
    }
    // What an activation ends is written before it.
    if activation.is_some() || held.until().is_some_and(|until| until <= Instant::now()) {
        held.release(&mut group, &mut waiters);
    }
    Taken { group, waiters, activation }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn rows_wait_while_many_append_and_no_longer() {
        let mut held = Held::default();
        held.hold(Vec::new(), Box::new(|_| ()));
        let since = held.since.unwrap();
        assert_eq!(held.until(), Some(since), "nobody appends");
        (0..50).for_each(|_| held.appended(2 * MANY));
        let last = held.appended.unwrap();
        assert_eq!(held.until(), Some(last + SILENCE), "nobody has appended since");
        held.appended = Some(last + LONGEST);
        assert_eq!(held.until(), Some(since + LONGEST), "they go on");
        (0..STILL).for_each(|_| held.taken(false));
        assert_eq!(held.until(), Some(since), "no others come");
        held.taken(true);
        assert_eq!(held.until(), Some(since + LONGEST), "others do");
        (0..50).for_each(|_| held.appended(1));
        assert_eq!(held.until(), Some(since), "only few do now");
    }
}
