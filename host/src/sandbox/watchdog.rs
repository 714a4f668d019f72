//! The clock behind the deadlines of calls. It exists for the host's sake only: fuel bounds what a guest
//! does, this bounds how long the host waits for it, whatever the fuel may be worth on this machine.

use std::{io, thread};

use wasmtime::EngineWeak;

use super::engine::EPOCH;

/// Moves the epoch of these engines until the last of them is gone.
///
/// # Errors
/// Where the machine gives no thread.
pub(super) fn start(engines: Vec<EngineWeak>) -> io::Result<()> {
    let tick = move || {
        loop {
            thread::sleep(EPOCH);
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
