//! An upgrade of `echo` that answers otherwise, so that its rebuild diverges from what was emitted.

use everfold_sdk::{Event, NewEvent, Result, reducer};
use guests::{Heard, Words, echoes};
use serde_json::json;

fn apply(heard: &mut Heard, event: Event<Words>) -> Result<Vec<NewEvent>> {
    let Words::Said(data) = event.data;
    heard.said += 1;
    let mut answer = data.clone();
    match answer.as_object_mut() {
        Some(fields) => drop(fields.insert("v".to_owned(), json!(2))),
        None => answer = json!({ "v": 2, "said": data }),
    }
    echoes(&data, &answer)
}

reducer!(apply, order: occurred, emits: ["echoed"]);
