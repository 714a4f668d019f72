//! What a behaviour must do: `tests/conformance/{behaviour}/story.json`.
//!
//! `entity-N` stands for the `N`th entity, `<TEXT*N>` for so many times that text. `""` among the models is the one of a
//! whole context. A model is compared byte for byte, and so is the data of new events.

use std::{collections::BTreeMap, fs};

use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use crate::harness::{entity, event_id, root};

/// What is posted, and what must come of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Story {
    #[serde(skip)]
    pub(super) name: String,
    /// For people.
    #[serde(rename = "about")]
    _about: String,
    takes: Vec<String>,
    #[serde(default)]
    emits: Vec<String>,
    fold: Option<String>,
    upgrade: Option<String>,
    history: Option<String>,
    content_type: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    /// The fuel of a call, where the usual is not enough in every language.
    pub(super) fuel: Option<u64>,
    events: Vec<Posted>,
    models: BTreeMap<String, Option<String>>,
    #[serde(default)]
    emitted: Vec<Emitted>,
    #[serde(default)]
    pub(super) parked: BTreeMap<u64, Parked>,
}

#[derive(Deserialize)]
struct Posted {
    r#type: String,
    entity: u64,
    data: Box<RawValue>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Emitted {
    /// The event that led to it, counted from 0.
    cause: u64,
    r#type: String,
    entity: u64,
    data: String,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

/// Why an entity must be parked.
#[derive(Deserialize)]
pub(super) struct Parked {
    /// The event, counted from 0.
    pub(super) event: u64,
    pub(super) code: String,
    /// What the message holds.
    pub(super) message: String,
    /// Whether there must be a trace.
    #[serde(default)]
    pub(super) trace: bool,
    #[serde(default)]
    pub(super) log: Vec<Value>,
}

impl Story {
    /// The story of a behaviour.
    pub(super) fn of(behaviour: &str) -> Self {
        let path = root().join(format!("tests/conformance/{behaviour}/story.json"));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let story: Self =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { name: behaviour.to_owned(), ..story }
    }

    /// The body that posts its events in one batch.
    pub(super) fn batch(&self) -> String {
        let lines = (1..).zip(&self.events).map(|(n, posted)| {
            let head = json!({
                "id": event_id(n), "type": posted.r#type, "entity": entity(posted.entity),
                "metadata": named(&posted.metadata),
            });
            let head = head.to_string();
            format!("{},\"data\":{}}}", head.strip_suffix('}').unwrap(), expand(posted.data.get()))
        });
        format!("[{}]", lines.collect::<Vec<_>>().join(","))
    }

    /// What the module must say of itself.
    pub(super) fn descriptor(&self) -> Value {
        let or = |said: &Option<String>, usual: &str| said.clone().unwrap_or_else(|| usual.to_owned());
        let fold = self.fold.as_ref().map_or_else(|| json!({"entity": "occurred"}), |fold| json!(fold));
        json!({
            "event_types": sorted(&self.takes),
            "fold": fold,
            "upgrade": or(&self.upgrade, "rebuild"),
            "history": or(&self.history, "emit"),
            "content_type": self.content_type,
            "emits": sorted(&self.emits),
            "attributes": self.attributes.iter().collect::<Vec<_>>(),
        })
    }

    /// Entities (none: the context) with the bytes of their models (none: there is no model).
    pub(super) fn models(&self) -> impl Iterator<Item = (Option<String>, Option<String>)> {
        self.models.iter().map(|(of, model)| {
            let of = of.parse().ok().map(entity);
            (of, model.as_deref().map(expand))
        })
    }

    /// The new events, in the order of their ids, each as a line.
    pub(super) fn emitted(&self) -> Vec<String> {
        let line = |new: &Emitted| {
            let Emitted { cause, r#type, data, metadata, .. } = new;
            let metadata = named(metadata);
            line(&event_id(cause + 1), r#type, &entity(new.entity), &expand(data), &json!(metadata))
        };
        self.emitted.iter().map(line).collect()
    }
}

fn sorted(names: &[String]) -> Vec<&String> {
    let mut names: Vec<_> = names.iter().collect();
    names.sort();
    names
}

/// A new event for people and for comparing.
pub(super) fn line(cause: &str, event_type: &str, entity: &str, data: &str, metadata: &Value) -> String {
    format!("{event_type} on {entity} by {cause}: {data} {metadata}")
}

fn named(metadata: &BTreeMap<String, String>) -> BTreeMap<&str, String> {
    metadata.iter().map(|(key, value)| (key.as_str(), expand(value))).collect()
}

/// The text that a story's text stands for.
fn expand(text: &str) -> String {
    let named = (1..10).fold(text.to_owned(), |text, n| text.replace(&format!("entity-{n}"), &entity(n)));
    let mut pieces = named.split('<');
    let mut expanded = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (repeated, rest) = piece.split_once('>').expect("a > for every <");
        let (text, times) = repeated.rsplit_once('*').expect("a number behind *");
        expanded += &text.repeat(times.parse().expect("a number behind *"));
        expanded += rest;
    }
    expanded
}

#[test]
fn a_storys_shorthand_is_expanded() {
    assert_eq!(expand("a<bc*3>d<-*2>"), "abcbcbcd--");
    assert_eq!(expand("to entity-2"), format!("to {}", entity(2)));
}
