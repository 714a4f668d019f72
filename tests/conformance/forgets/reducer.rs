//! Counts, and forgets that it ever did.

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Counter {
    count: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    Counted,
    Forgotten,
}

fn apply(counter: &mut Option<Counter>, event: Event<Change>) -> Result<Vec<NewEvent>> {
    match event.data {
        Change::Counted => counter.get_or_insert_default().count += 1,
        Change::Forgotten => *counter = None,
    }
    Ok(vec![])
}

reducer!(apply, order: occurred);
