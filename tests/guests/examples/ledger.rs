//! Shows in which order events were folded and that each was folded once: takes everything, keeps the
//! ids and the sum of `n`.

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Default, Serialize, Deserialize)]
struct Ledger {
    ids: Vec<String>,
    sum: i64,
}

fn apply(ledger: &mut Ledger, event: Event<Value>) -> Result<Vec<NewEvent>> {
    ledger.sum += event.data["n"].as_i64().unwrap_or_default();
    ledger.ids.push(event.id);
    Ok(vec![])
}

reducer!(apply, order: occurred);
