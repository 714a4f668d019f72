//! Keeps, divides and adds numbers.

use std::collections::BTreeMap;

use everfold_sdk::{Event, Failure, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is kept under a name. A double of its own, because `Value` has no NaN that could be refused.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Kept {
    Value(Value),
    Quotient(f64),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    Put { name: String, value: Value },
    Divided { name: String, a: f64, b: f64 },
    Added { name: String, a: String, b: String },
}

fn apply(model: &mut BTreeMap<String, Kept>, event: Event<Change>) -> Result<Vec<NewEvent>> {
    let (name, kept) = match event.data {
        Change::Put { name, value } => (name, Kept::Value(value)),
        Change::Divided { name, a, b } => (name, Kept::Quotient(a / b)),
        Change::Added { name, a, b } => {
            let sum = sum(&a, &b).ok_or_else(|| Failure::new("not-i64", format!("{a} + {b}")))?;
            (name, Kept::Value(sum.to_string().into()))
        }
    };
    model.insert(name, kept);
    Ok(vec![])
}

fn sum(a: &str, b: &str) -> Option<i64> {
    let number = |text: &str| text.parse::<i64>().ok();
    number(a)?.checked_add(number(b)?)
}

reducer!(apply, order: occurred);
