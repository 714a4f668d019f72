//! How much may wait to be written. Room is taken before a request is even read, and given back when it is
//! answered: so whoever finds none is refused at once, and whoever has some is served.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use crate::{config::Limits, error::Error};

/// The room for requests that append. Reductions need none: they wait for their turn.
#[derive(Debug)]
pub(super) struct Room {
    requests: Taken,
    bytes: Taken,
}

#[derive(Debug)]
struct Taken {
    now: AtomicUsize,
    most: usize,
    /// The limit's name in the config, below `limits`.
    name: &'static str,
}

/// Room for one request that appends. Dropping it gives the room back.
#[derive(Debug)]
#[must_use = "without it there may be no room when the request comes"]
pub struct Slot {
    room: Arc<Room>,
    bytes: usize,
}

impl Room {
    pub(super) fn new(limits: &Limits) -> Arc<Self> {
        let taken = |name, most| Taken { now: AtomicUsize::new(0), most, name };
        Arc::new(Self {
            requests: taken("queued_writes", limits.queued_writes),
            bytes: taken("queued_bytes", limits.queued_bytes),
        })
    }

    /// Takes room for one request of so many bytes; one that is larger than all the room needs all of it.
    pub(super) fn take(self: &Arc<Self>, bytes: usize) -> Result<Slot, Error> {
        let bytes = bytes.min(self.bytes.most);
        self.requests.add(1)?;
        if let Err(error) = self.bytes.add(bytes) {
            self.requests.give_back(1);
            return Err(error);
        }
        Ok(Slot { room: Arc::clone(self), bytes })
    }
}

impl Taken {
    fn add(&self, amount: usize) -> Result<(), Error> {
        let more = |now: usize| now.checked_add(amount).filter(|now| *now <= self.most);
        let added = self.now.fetch_update(Relaxed, Relaxed, more);
        added.map(drop).map_err(|_| Error::Overloaded { name: self.name, most: self.most })
    }

    fn give_back(&self, amount: usize) {
        self.now.fetch_sub(amount, Relaxed);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.room.bytes.give_back(self.bytes);
        self.room.requests.give_back(1);
    }
}
