//! Refuses what asks for it.

use everfold_sdk::{Event, Failure, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Counter {
    count: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    Counted,
    Refused { why: String },
}

fn apply(counter: &mut Counter, event: Event<Change>) -> Result<Vec<NewEvent>> {
    match event.data {
        Change::Counted => counter.count += 1,
        Change::Refused { why } => return Err(Failure::new("refused", format!("as it asked for: {why}"))),
    }
    Ok(vec![])
}

reducer!(apply, order: occurred);
