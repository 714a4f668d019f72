//! Lets everybody hear what was said.

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Speaker {
    said: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    Said { to: Vec<String>, text: String },
}

#[derive(Serialize)]
struct Heard<'a> {
    i: usize,
    text: &'a str,
}

fn apply(speaker: &mut Speaker, event: Event<Change>) -> Result<Vec<NewEvent>> {
    let Change::Said { to, text } = event.data;
    speaker.said += 1;
    let heard = |i| {
        let heard = NewEvent::new("heard", &Heard { i, text: &text });
        heard.map(|heard| heard.with_metadata("by", &event.entity))
    };
    if to.is_empty() {
        return Ok(vec![heard(0)?]);
    }
    to.iter().enumerate().map(|(i, entity)| Ok(heard(i)?.on(entity))).collect()
}

reducer!(apply, order: occurred, emits: ["heard"]);
