//! How streams end: who reads is told when to come back.

use std::{
    ops::RangeInclusive,
    pin::Pin,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use axum::extract::ws::close_code;
use tokio::time::timeout;

use super::wire::{End, Wire};

/// When the first and the last of many readers should come back, in milliseconds.
const COME_BACK_MS: RangeInclusive<u64> = 500..=3000;

/// For so long it waits until a client takes that.
const PATIENCE: Duration = Duration::from_secs(1);

/// Why a stream is over, although its source is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// The host ends; the reader should come back after so many milliseconds.
    Ending(u64),
    /// The reader's token counts no more.
    Withdrawn,
}

/// Returns once a stream is over.
pub(super) type UntilOver = Pin<Box<dyn Future<Output = Over> + Send>>;

/// When each of many readers should come back: at another time each, so that they do not come all at once.
#[derive(Debug, Default)]
pub(super) struct Turns(AtomicU64);

impl Turns {
    /// The next reader's time, in milliseconds. Steps of the golden section spread any number of them evenly (Knuth, The
    /// Art of Computer Programming, volume 3, section 6.4).
    pub(super) fn next_ms(&self) -> u64 {
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        let (first, last) = COME_BACK_MS.into_inner();
        let part = self.0.fetch_add(GOLDEN, Relaxed) >> 32;
        first + ((part * (last - first + 1)) >> 32)
    }
}

impl Over {
    /// Tells a client why its websocket ends; before that, `reconnect` says when to come back.
    pub(super) async fn end(self, wire: &mut Wire, reconnect: impl FnOnce(u64) -> String) -> End {
        match self {
            Self::Withdrawn => {
                End::told(close_code::POLICY, "the token counts no more: come back with another one")
            }
            Self::Ending(after_ms) => {
                let told = wire.say(reconnect(after_ms).into());
                match timeout(PATIENCE, told).await {
                    Ok(Err(end)) => end,
                    Ok(Ok(())) | Err(_) => End::told(close_code::AWAY, "the host is shutting down"),
                }
            }
        }
    }
}

/// How a websocket ends whose source failed, which has logged it.
pub(super) fn failed() -> End {
    End::told(close_code::ERROR, "the stream failed: come back")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_come_back_one_after_the_other() {
        let turns = Turns::default();
        let mut times: Vec<_> = (0..1000).map(|_| turns.next_ms()).collect();
        times.sort_unstable();
        assert!(COME_BACK_MS.contains(&times[0]) && COME_BACK_MS.contains(&times[999]));
        let widest = times.windows(2).map(|pair| pair[1] - pair[0]).max();
        assert!(widest < Some(10), "{widest:?} ms without anybody");
    }
}
