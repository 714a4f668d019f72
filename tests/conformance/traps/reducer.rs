//! Never comes back from `looped`.

use std::hint::spin_loop;

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
    Looped,
}

fn apply(counter: &mut Counter, event: Event<Change>) -> Result<Vec<NewEvent>> {
    match event.data {
        Change::Counted => counter.count += 1,
        Change::Looped => loop {
            spin_loop();
        },
    }
    Ok(vec![])
}

reducer!(apply, order: occurred);
