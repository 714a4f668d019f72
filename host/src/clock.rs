//! Time and randomness, as parameters: the host asks these and never the machine, so that tests decide.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use uuid::Uuid;

/// Tells what time it is.
pub trait Clock: Send + Sync + 'static {
    /// Microseconds since the Unix epoch.
    fn now(&self) -> i64;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
    fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    }
}

/// A clock to share.
pub type SharedClock = Arc<dyn Clock>;

/// A random name, such as that of a store's epoch.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for randomness")]
pub fn random_name() -> String {
    Uuid::new_v4().simple().to_string()
}
