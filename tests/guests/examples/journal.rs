//! Folds in the order of recording and lets an upgrade go on from its models: keeps ids and positions.

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize, de::IgnoredAny};

#[derive(Default, Serialize, Deserialize)]
struct Journal {
    ids: Vec<String>,
    positions: Vec<Option<u64>>,
}

fn apply(journal: &mut Journal, event: Event<IgnoredAny>) -> Result<Vec<NewEvent>> {
    journal.ids.push(event.id);
    journal.positions.push(event.position);
    Ok(vec![])
}

reducer!(apply, order: recorded, upgrade: resume);
