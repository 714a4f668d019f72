//! Remembers in a static, beside its model, how many events it has seen: that lasts for one call, so that
//! the result depends on how the host cuts the events. `broken` makes it panic.

use std::sync::atomic::{AtomicU64, Ordering};

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};
use serde_json::json;

static SEEN: AtomicU64 = AtomicU64::new(0);

#[derive(Default, Serialize, Deserialize)]
struct Counts {
    events: u64,
    most_in_one_call: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fact {
    Counted,
    Broken(String),
}

fn apply(counts: &mut Counts, event: Event<Fact>) -> Result<Vec<NewEvent>> {
    if let Fact::Broken(why) = event.data {
        panic!("{why}");
    }
    let seen = SEEN.fetch_add(1, Ordering::Relaxed) + 1;
    counts.events += 1;
    counts.most_in_one_call = counts.most_in_one_call.max(seen);
    Ok(vec![NewEvent::new("seen", &json!({ "in_this_call": seen }))?])
}

reducer!(apply, order: recorded, emits: ["seen"]);
