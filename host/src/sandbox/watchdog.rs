//! The clock behind calls that take long. It exists for the host's sake only: fuel bounds what a guest does,
//! this lets others go before it, and bounds how long the host waits for it, whatever the fuel may be worth
//! on this machine.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use wasmtime::EngineWeak;

/// The clock's period while there are calls. A guest looks at it in every loop and function, but not while
/// the host works for it.
const PERIOD: Duration = Duration::from_millis(1);
/// The same while there are none. A call that begins then is looked at late, which matters to nobody: there
/// were no others that it could hold up.
const RESTING: Duration = Duration::from_millis(20);
/// The clock rests when so many periods in a row saw no call. Most calls are shorter than a period and begin
/// in all of them, so one without a call says nothing.
const QUIET: u32 = 1000;

/// The calls that there are, and that there were.
#[derive(Clone, Default)]
pub(super) struct Calls(Arc<Counts>);

#[derive(Default)]
struct Counts {
    begun: AtomicUsize,
    ended: AtomicUsize,
}

/// One of them.
pub(super) struct Call(Calls);

impl Calls {
    pub(super) fn begin(&self) -> Call {
        self.0.begun.fetch_add(1, Relaxed);
        Call(self.clone())
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.0.0.ended.fetch_add(1, Relaxed);
    }
}

/// Looks at the calls again and again.
#[derive(Default)]
struct Looks {
    /// How many had begun at the last look.
    begun: usize,
    /// How many looks in a row saw none.
    quiet: u32,
}

impl Looks {
    /// How long the clock may sleep.
    fn pause(&mut self, calls: &Calls) -> Duration {
        let ended = calls.0.ended.load(Relaxed);
        let begun = calls.0.begun.load(Relaxed);
        let none = begun == self.begun && begun == ended;
        self.begun = begun;
        self.quiet = if none { self.quiet.saturating_add(1) } else { 0 };
        if self.quiet < QUIET { PERIOD } else { RESTING }
    }
}

/// Moves the epoch of these engines until the last of them is gone.
///
/// # Errors
/// Where the machine gives no thread.
pub(super) fn start(engines: Vec<EngineWeak>, calls: Calls) -> io::Result<()> {
    let tick = move || {
        let mut looks = Looks::default();
        loop {
            thread::sleep(looks.pause(&calls));
            let alive: Vec<_> = engines.iter().filter_map(EngineWeak::upgrade).collect();
            if alive.is_empty() {
                return;
            }
            alive.iter().for_each(wasmtime::Engine::increment_epoch);
        }
    };
    thread::Builder::new().name("watchdog".to_owned()).spawn(tick)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rests_only_when_there_were_no_calls_for_long() {
        let (calls, mut looks) = (Calls::default(), Looks::default());
        let mut pauses = |calls: &Calls, count| (0..count).map(|_| looks.pause(calls)).collect::<Vec<_>>();
        assert!(pauses(&calls, QUIET - 1).iter().all(|pause| *pause == PERIOD));
        assert_eq!(pauses(&calls, 2), [RESTING; 2]);
        let call = calls.begin();
        assert!(pauses(&calls, 2 * QUIET).iter().all(|pause| *pause == PERIOD), "it lasts");
        drop(call);
        assert_eq!(pauses(&calls, 1), [PERIOD], "it has ended only just now");
        pauses(&calls, QUIET);
        drop(calls.begin());
        assert_eq!(pauses(&calls, 1), [PERIOD], "one came and went between two looks");
        assert_eq!(pauses(&calls, QUIET).last(), Some(&RESTING));
    }
}
