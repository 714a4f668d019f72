//! Counts what is added, until it is cleared.

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Counter {
    count: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    Added { n: i64 },
    Cleared,
}

fn apply(counter: &mut Counter, event: Event<Change>) -> Result<Vec<NewEvent>> {
    match event.data {
        Change::Added { n } => counter.count += n,
        Change::Cleared => counter.count = 0,
    }
    Ok(vec![])
}

reducer!(apply, order: occurred);
