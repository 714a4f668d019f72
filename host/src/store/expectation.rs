//! What a request expects of an entity before it adds anything.

/// How many events from outside an entity has, as a request expects it. Those that reducers emitted do not
/// count: they would disturb everyone who goes by what happened outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expectation {
    /// One of these numbers. Nothing meets an empty list.
    OneOf(Vec<u64>),
    /// At least one event.
    Any,
}

impl Expectation {
    /// Whether an entity with so many events from outside is as expected.
    #[must_use]
    pub fn is_met(&self, current: u64) -> bool {
        match self {
            Self::OneOf(counts) => counts.contains(&current),
            Self::Any => current > 0,
        }
    }
}
