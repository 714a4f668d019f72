//! Time and randomness, as parameters: the host asks these and never the machine, so that tests decide.

use std::{
    io,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use uuid::Uuid;

use crate::words::{EntityId, EventId};

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
pub fn random_name() -> String {
    random_uuid().simple().to_string()
}

/// The id of a new entity.
#[must_use]
pub fn new_entity() -> EntityId {
    EntityId::from_stored(random_uuid().into_bytes())
}

/// The id of an event that happens at `now`, in microseconds since the Unix epoch.
#[must_use]
pub fn new_event_id(now: i64) -> EventId {
    let mut clock_and_node = [0; 8];
    clock_and_node.copy_from_slice(&random_uuid().as_bytes()[8..]);
    EventId::at(now, clock_and_node)
}

/// Bits that nobody can guess, for a secret.
///
/// # Errors
/// If the machine has none.
pub fn secret() -> io::Result<[u8; 32]> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits)?;
    Ok(bits)
}

/// A random id.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for randomness")]
pub fn random_uuid() -> Uuid {
    Uuid::new_v4()
}
