//! Grows as large as it is told to.

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Heap {
    parts: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    Grown { fill: String, times: usize },
}

fn apply(heap: &mut Heap, event: Event<Change>) -> Result<Vec<NewEvent>> {
    let Change::Grown { fill, times } = event.data;
    heap.parts.extend(std::iter::repeat_n(fill, times));
    Ok(vec![])
}

reducer!(apply, order: occurred);
