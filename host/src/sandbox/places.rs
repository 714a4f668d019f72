//! A bounded number of places, each held until its holder is dropped.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

pub(super) struct Places {
    free: Mutex<usize>,
    freed: Condvar,
}

/// A place that is taken.
pub(super) struct Place(Arc<Places>);

impl Places {
    pub(super) fn new(count: usize) -> Arc<Self> {
        Arc::new(Self { free: Mutex::new(count), freed: Condvar::new() })
    }

    /// Waits for a place; none if there was none in time.
    pub(super) fn take(self: &Arc<Self>, most: Duration) -> Option<Place> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.freed.wait_timeout_while(free, most, |free| *free == 0);
        let (mut free, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *free = free.checked_sub(1)?;
        Some(Place(Arc::clone(self)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_are_taken_than_there_are() {
        let places = Places::new(2);
        let first = places.take(Duration::ZERO);
        let second = places.take(Duration::ZERO);
        assert!(first.is_some() && second.is_some());
        assert!(places.take(Duration::ZERO).is_none());
        drop(first);
        let third = places.take(Duration::ZERO);
        assert!(third.is_some() && places.take(Duration::ZERO).is_none());
    }

    #[test]
    fn whoever_waits_gets_the_place_that_is_given_back() {
        let places = Places::new(1);
        let first = places.take(Duration::ZERO);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| places.take(Duration::from_secs(60)).is_some());
            drop(first);
            assert!(waiting.join().unwrap());
        });
    }
}
