//! Refuses `opened` unless `unlocked` happened before: what an earlier event can mend.

use everfold_sdk::{Event, Failure, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Door {
    unlocked: bool,
    opened: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    Unlocked,
    Opened,
}

fn apply(door: &mut Door, event: Event<Change>) -> Result<Vec<NewEvent>> {
    match event.data {
        Change::Unlocked => door.unlocked = true,
        Change::Opened if door.unlocked => door.opened.push(event.id),
        Change::Opened => return Err(Failure::new("locked", "nobody unlocked the door before")),
    }
    Ok(vec![])
}

reducer!(apply, order: occurred);
