//! Folds by `occurred` and wants to resume, which no host can do.

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde_json::Value;

fn apply(_nothing: &mut Option<u64>, _event: Event<Value>) -> Result<Vec<NewEvent>> {
    Ok(vec![])
}

reducer!(apply, order: occurred, upgrade: resume);
