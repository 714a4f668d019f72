//! One model for the whole context: the ids of all `noted` events, by position.

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Roll {
    ids: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fact {
    Noted,
}

fn apply(roll: &mut Roll, event: Event<Fact>) -> Result<Vec<NewEvent>> {
    let Fact::Noted = event.data;
    roll.ids.push(event.id);
    Ok(vec![])
}

reducer!(apply, whole_context);
