//! Keeps and repeats texts of all kinds.

use std::collections::BTreeMap;

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Notes {
    tags: BTreeMap<String, String>,
    texts: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    Noted { text: String, tags: BTreeMap<String, String> },
}

#[derive(Serialize)]
struct Echoed<'a> {
    text: &'a str,
}

fn apply(notes: &mut Notes, event: Event<Change>) -> Result<Vec<NewEvent>> {
    let Change::Noted { text, tags } = event.data;
    let echoed = NewEvent::new("echoed", &Echoed { text: &text })?;
    notes.tags.extend(tags);
    notes.texts.push(text);
    Ok(vec![echoed])
}

reducer!(apply, order: occurred, emits: ["echoed"]);
