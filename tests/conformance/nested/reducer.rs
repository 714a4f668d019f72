//! Measures how deeply values are nested.

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Default, Serialize, Deserialize)]
struct Measured {
    depth: usize,
    value: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    Nested(Value),
}

fn apply(model: &mut Measured, event: Event<Change>) -> Result<Vec<NewEvent>> {
    let Change::Nested(value) = event.data;
    *model = Measured { depth: depth(&value), value };
    Ok(vec![])
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

reducer!(apply, order: occurred);
