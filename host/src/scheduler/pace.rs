//! Whether a module's calls take long. Then they run where they hold up nobody.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};

/// A call that takes more of a processor's time than this is slow.
const SLOW: Duration = Duration::from_millis(5);
/// So many calls in a row are measured once one has lasted longer than that. To ask for a thread's time costs
/// a good part of a microsecond, which is too much for calls that take ten; and what lasted long may only have
/// waited for a processor.
const MEASURED: u32 = 64;

/// The pace of one module. Calls on different threads may overwrite each other's news: it is a hint.
#[derive(Default)]
pub(super) struct Pace {
    slow: AtomicBool,
    /// So many calls are still to be measured.
    to_measure: AtomicU32,
}

impl Pace {
    /// Whether the newest call that was measured was slow.
    pub(super) fn is_slow(&self) -> bool {
        self.slow.load(Relaxed)
    }

    /// Makes a call and sees how long it takes.
    pub(super) fn watch<T>(&self, call: impl FnOnce() -> T) -> T {
        let to_measure = self.to_measure.load(Relaxed);
        if to_measure == 0 {
            let began = Instant::now();
            let result = call();
            if began.elapsed() > SLOW {
                self.to_measure.store(MEASURED, Relaxed);
            }
            return result;
        }
        let began = time_of_thread();
        let result = call();
        let slow = time_of_thread().saturating_sub(began) > SLOW;
        self.slow.store(slow, Relaxed);
        self.to_measure.store(if slow { MEASURED } else { to_measure - 1 }, Relaxed);
        result
    }
}

/// How much of a processor's time this thread has had.
pub(super) fn time_of_thread() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Works until the thread has had so much more time.
    fn work(long: Duration) {
        let until = time_of_thread() + long;
        while time_of_thread() < until {}
    }

    #[test]
    fn a_module_is_slow_from_its_second_slow_call_on_until_a_quick_one() {
        let pace = Pace::default();
        pace.watch(|| work(2 * SLOW));
        assert!(!pace.is_slow(), "it may have waited");
        pace.watch(|| work(2 * SLOW));
        assert!(pace.is_slow());
        pace.watch(|| work(2 * SLOW));
        assert!(pace.is_slow());
        assert_eq!(pace.watch(|| 7), 7);
        assert!(!pace.is_slow());
    }

    #[test]
    fn quick_calls_are_measured_no_more_after_a_while() {
        let pace = Pace::default();
        pace.watch(|| work(2 * SLOW));
        assert_eq!(pace.to_measure.load(Relaxed), MEASURED);
        (0..MEASURED).for_each(|_| pace.watch(|| ()));
        assert_eq!((pace.to_measure.load(Relaxed), pace.is_slow()), (0, false));
    }
}
