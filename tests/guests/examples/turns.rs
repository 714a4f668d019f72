//! Answers its own answers: without a limit on causes it would never end.

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Default, Serialize, Deserialize)]
struct Turns {
    turns: u64,
    last: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Turn {
    Turned,
}

fn apply(turns: &mut Turns, event: Event<Turn>) -> Result<Vec<NewEvent>> {
    let Turn::Turned = event.data;
    turns.turns += 1;
    turns.last = event.id;
    Ok(vec![NewEvent::new("turned", &json!({ "turn": turns.turns }))?])
}

reducer!(apply, order: recorded, emits: ["turned"]);
