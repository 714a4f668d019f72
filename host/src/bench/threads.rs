//! Threads of their own: the load is not to wait for whatever else the runtime does.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use tokio::{runtime, task::JoinHandle};

use super::BenchError;

/// A thread and what comes of it.
pub(super) struct Thread<T>(JoinHandle<Result<T, BenchError>>);

impl<T: Send + 'static> Thread<T> {
    /// Starts a thread that runs a future and all that it spawns.
    pub(super) fn run<F>(make: impl FnOnce() -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<T, BenchError>>,
    {
        Self(tokio::task::spawn_blocking(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(make())
        }))
    }

    /// Waits for its end.
    pub(super) async fn ended(self) -> Result<T, BenchError> {
        self.0.await.map_err(|error| BenchError::Broken(error.to_string()))?
    }
}

/// How busy a thread is since a moment.
pub(super) struct Busy {
    since: Instant,
    cpu_time: Duration,
}

impl Busy {
    /// From now on, the present thread.
    pub(super) fn start() -> Self {
        Self { since: Instant::now(), cpu_time: cpu_time() }
    }

    /// For what part of its time it ran on a core.
    pub(super) fn part(&self) -> f64 {
        cpu_time().saturating_sub(self.cpu_time).div_duration_f64(self.since.elapsed())
    }
}

/// How long this thread has run on a core.
fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}
