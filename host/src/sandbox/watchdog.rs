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
/// The same while there are none.
const RESTING: Duration = Duration::from_millis(20);

/// How many calls there are.
#[derive(Clone, Default)]
pub(super) struct Calls(Arc<AtomicUsize>);

/// One of them.
pub(super) struct Call(Calls);

impl Calls {
    pub(super) fn begin(&self) -> Call {
        self.0.fetch_add(1, Relaxed);
        Call(self.clone())
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Relaxed);
    }
}

/// Moves the epoch of these engines until the last of them is gone.
///
/// # Errors
/// Where the machine gives no thread.
pub(super) fn start(engines: Vec<EngineWeak>, calls: Calls) -> io::Result<()> {
    let tick = move || {
        loop {
            thread::sleep(if calls.0.load(Relaxed) > 0 { PERIOD } else { RESTING });
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
    fn calls_are_counted_while_they_last() {
        let calls = Calls::default();
        let (first, second) = (calls.begin(), calls.begin());
        assert_eq!(calls.0.load(Relaxed), 2);
        drop((first, second));
        assert_eq!(calls.0.load(Relaxed), 0);
    }
}
