//! An upgrade of `journal` that resumes: it takes over the old models and marks those that it has folded.

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize, de::IgnoredAny};

#[derive(Default, Serialize, Deserialize)]
struct Journal {
    ids: Vec<String>,
    positions: Vec<Option<u64>>,
    /// Missing in the models of the first version.
    #[serde(default)]
    v: u32,
}

fn apply(journal: &mut Journal, event: Event<IgnoredAny>) -> Result<Vec<NewEvent>> {
    journal.ids.push(event.id);
    journal.positions.push(event.position);
    journal.v = 2;
    Ok(vec![])
}

reducer!(apply, order: recorded, upgrade: resume);
