//! Keeps a journal of the whole context: how much happened, and what was noted last.

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Journal {
    count: u64,
    last: Option<u64>,
    texts: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Entry {
    Counted,
    Noted { text: String },
}

#[derive(Serialize)]
struct Summed {
    count: u64,
}

fn apply(journal: &mut Journal, event: Event<Entry>) -> Result<Vec<NewEvent>> {
    journal.last = event.position;
    match event.data {
        Entry::Counted => {
            journal.count += 1;
            Ok(vec![NewEvent::new("summed", &Summed { count: journal.count })?])
        }
        Entry::Noted { text } => {
            journal.texts.push(text);
            let old = journal.texts.len().saturating_sub(3);
            journal.texts.drain(..old);
            Ok(vec![])
        }
    }
}

reducer!(
    apply,
    whole_context,
    upgrade: resume,
    history: silent,
    emits: ["summed"],
    content_type: "application/vnd.everfold-journal+json",
    attributes: { "version": "1" },
);
