//! Waiting for what must come, and no longer: nothing here rests for a fixed time.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval, timeout};

/// How long something may take before a test gives up: much longer than it takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often to look.
const PERIOD: Duration = Duration::from_millis(10);

/// Looks until `probe` gives what is waited for. What it sees meanwhile is shown if it never comes.
pub(crate) async fn wait_until<T>(what: &str, mut probe: impl AsyncFnMut() -> Result<T, String>) -> T {
    let mut looks = interval(PERIOD);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seen = "nothing yet".to_owned();
    let looking = async {
        loop {
            looks.tick().await;
            match probe().await {
                Ok(found) => return found,
                Err(other) => seen = other,
            }
        }
    };
    let found = timeout(PATIENCE, looking).await;
    found.unwrap_or_else(|_| panic!("waited {PATIENCE:?} for {what}; last seen: {seen}"))
}

/// Waits for something that comes by itself.
pub(crate) async fn patiently<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("waited {PATIENCE:?} for {what}"))
}
