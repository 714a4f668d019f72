//! Outcomes and expectations as JSON, so that they can be compared and shown.

use std::collections::BTreeMap;

use crate::words::{EventId, Fact, Metadata};

use super::{
    case::{Case, Emitted},
    json::Json,
};

/// A model, or the word for none.
pub(super) fn model(model: Option<&Json>) -> String {
    model.map_or_else(|| "no model".to_owned(), Json::pretty)
}

/// Events that are expected: the members that are looked at.
pub(super) fn expected(case: &Case, events: &[Emitted]) -> Json {
    let event = |event: &Emitted| {
        object([
            ("type", Some(text(&event.event_type))),
            ("data", event.data.clone()),
            ("entity", event.entity.map(|entity| text(&entity))),
            ("metadata", event.metadata.as_ref().map(metadata)),
            ("cause", event.cause.map(|id| cause(case, id))),
        ])
    };
    Json::List(events.iter().map(event).collect())
}

/// Events as they were emitted: the members that are looked at, or all of those that nobody expects.
pub(super) fn emitted<'a>(case: &Case, events: impl Iterator<Item = &'a Fact>, expected: &[Emitted]) -> Json {
    let event = |(index, fact): (usize, &Fact)| {
        let expected = expected.get(index);
        let looks = |at: fn(&Emitted) -> bool| expected.is_none_or(at);
        let has_cause = looks(|event| event.cause.is_some());
        object([
            ("type", Some(text(&fact.event_type))),
            ("data", looks(|event| event.data.is_some()).then(|| Json::of_bytes(&fact.data))),
            ("entity", looks(|event| event.entity.is_some()).then(|| text(&fact.entity))),
            ("metadata", looks(|event| event.metadata.is_some()).then(|| pairs(&fact.metadata))),
            ("cause", fact.cause.filter(|_| has_cause).map(|id| cause(case, id))),
        ])
    };
    Json::List(events.enumerate().map(event).collect())
}

/// Everything about an emitted event.
pub(super) fn whole(case: &Case, fact: &Fact) -> Json {
    object([
        ("type", Some(text(&fact.event_type))),
        ("data", Some(Json::of_bytes(&fact.data))),
        ("entity", Some(text(&fact.entity))),
        ("metadata", Some(pairs(&fact.metadata))),
        ("cause", fact.cause.map(|id| cause(case, id))),
        ("id", Some(text(&fact.id))),
    ])
}

fn pairs(pairs: &Metadata) -> Json {
    metadata(&pairs.iter().cloned().collect())
}

fn metadata(pairs: &BTreeMap<String, String>) -> Json {
    Json::Object(pairs.iter().map(|(key, value)| (key.clone(), Json::Text(value.clone()))).collect())
}

/// A cause by its index in the file, or by its id if it is none of them.
fn cause(case: &Case, id: EventId) -> Json {
    case.index_of(id).map_or_else(|| text(&id), |index| Json::Plain(index.to_string()))
}

fn text(value: &impl ToString) -> Json {
    Json::Text(value.to_string())
}

fn object<const N: usize>(members: [(&str, Option<Json>); N]) -> Json {
    Json::Object(members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect())
}
