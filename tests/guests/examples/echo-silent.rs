//! `echo` that does not answer what was said before it came.

use everfold_sdk::{Event, NewEvent, Result, reducer};
use guests::{Heard, Words, echoes};

fn apply(heard: &mut Heard, event: Event<Words>) -> Result<Vec<NewEvent>> {
    let Words::Said(data) = event.data;
    heard.said += 1;
    echoes(&data, &data)
}

reducer!(apply, order: occurred, history: silent, emits: ["echoed"]);
