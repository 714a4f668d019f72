//! An upgrade of `ledger` with a model of another shape, which only a rebuild can bring about.

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize, de::IgnoredAny};

#[derive(Default, Serialize, Deserialize)]
struct Ledger {
    count: u64,
    last: String,
}

fn apply(ledger: &mut Ledger, event: Event<IgnoredAny>) -> Result<Vec<NewEvent>> {
    ledger.count += 1;
    ledger.last = event.event_type;
    Ok(vec![])
}

reducer!(apply, order: occurred);
