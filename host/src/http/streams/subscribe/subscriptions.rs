//! What a socket follows: each subscription waits for its next frame, unless its client has no room for one.

use std::{
    collections::{HashMap, hash_map::Entry},
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::{
    FutureExt, Stream, StreamExt,
    future::{AbortHandle, Abortable, BoxFuture},
    stream::{BoxStream, FuturesUnordered},
};
use tokio::sync::OwnedSemaphorePermit;

use super::request::Id;
use crate::http::{
    problem::{self as kinds, Problem},
    streams::Frame,
};

/// The frames of a subscription, or why there are none.
pub(super) type Frames = BoxStream<'static, Result<Frame, Problem>>;

/// What came of a wait for a frame: its number, the frame, and the rest.
type Waited = (u64, Option<Result<Frame, Problem>>, Frames);

/// The subscriptions of a socket.
#[derive(Default)]
pub(super) struct Subscriptions {
    open: HashMap<Id, Subscription>,
    /// The ids by number: a subscription that takes an id which is free again is another one.
    ids: HashMap<u64, Id>,
    waiting: FuturesUnordered<Abortable<BoxFuture<'static, Waited>>>,
    begun: u64,
}

struct Subscription {
    number: u64,
    /// How many frames may still be sent; none: as many as there are.
    credit: Option<u64>,
    /// Where it goes on once there is credit.
    rest: Option<Frames>,
    /// Ends the wait for the next frame.
    wait: AbortHandle,
    /// Its place among the streams.
    _place: OwnedSemaphorePermit,
}

impl Subscriptions {
    /// Begins a subscription.
    pub(super) fn begin(
        &mut self,
        id: &Id,
        frames: Frames,
        credit: Option<u64>,
        place: OwnedSemaphorePermit,
    ) -> Result<(), Problem> {
        let Entry::Vacant(entry) = self.open.entry(id.clone()) else {
            let detail = format!("id {} is taken by a subscription that is still open", id.as_json());
            return Err(Problem::new(&kinds::INVALID, detail));
        };
        self.begun += 1;
        let number = self.begun;
        let (rest, wait) = (Some(frames), AbortHandle::new_pair().0);
        entry.insert(Subscription { number, credit, rest, wait, _place: place });
        self.ids.insert(number, id.clone());
        self.go_on(id);
        Ok(())
    }

    /// Ends a subscription: nothing of it follows.
    pub(super) fn end(&mut self, id: &Id) -> Result<(), Problem> {
        let ended = self.open.remove(id).ok_or_else(|| unknown(id))?;
        self.ids.remove(&ended.number);
        ended.wait.abort();
        Ok(())
    }

    /// Gives more credit to a subscription.
    pub(super) fn give(&mut self, id: &Id, frames: u64) -> Result<(), Problem> {
        let subscription = self.open.get_mut(id).ok_or_else(|| unknown(id))?;
        let credit = &mut subscription.credit;
        *credit = credit.map(|credit| credit.saturating_add(frames));
        self.go_on(id);
        Ok(())
    }

    /// Lets a subscription that has credit wait for its next frame.
    fn go_on(&mut self, id: &Id) {
        let Some(subscription) = self.open.get_mut(id).filter(|open| open.credit != Some(0)) else { return };
        let Some(mut rest) = subscription.rest.take() else { return };
        let number = subscription.number;
        let next = async move {
            let frame = rest.next().await;
            (number, frame, rest)
        };
        let (wait, registration) = AbortHandle::new_pair();
        subscription.wait = wait;
        self.waiting.push(Abortable::new(next.boxed(), registration));
    }

    /// Takes what came of a wait.
    fn arrived(&mut self, (number, frame, rest): Waited) -> Option<(Id, Option<Result<Frame, Problem>>)> {
        let id = self.ids.get(&number)?.clone();
        let subscription = self.open.get_mut(&id)?;
        if let Some(Ok(_)) = &frame {
            subscription.credit = subscription.credit.map(|credit| credit.saturating_sub(1));
            subscription.rest = Some(rest);
            self.go_on(&id);
        } else {
            self.open.remove(&id);
            self.ids.remove(&number);
        }
        Some((id, frame))
    }
}

/// The next frame of any subscription, with its id. None in its place: its source failed. After anything but a frame it is
/// over. The stream never ends.
impl Stream for Subscriptions {
    type Item = (Id, Option<Result<Frame, Problem>>);

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match self.waiting.poll_next_unpin(context) {
                Poll::Ready(Some(Ok(waited))) => {
                    if let Some(arrived) = self.arrived(waited) {
                        return Poll::Ready(Some(arrived));
                    }
                }
                // Ended by its client.
                Poll::Ready(Some(Err(_))) => {}
                Poll::Ready(None) | Poll::Pending => return Poll::Pending,
            }
        }
    }
}

fn unknown(id: &Id) -> Problem {
    let detail = format!("there is no subscription {}: it never began, or is over", id.as_json());
    Problem::new(&kinds::INVALID, detail)
}
