//! The form of a case file: which members there are. What they mean is checked by `read`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// One case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseForm<'a> {
    pub(super) name: String,
    pub(super) entity: Option<String>,
    #[serde(borrow)]
    pub(super) given: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) when: Vec<&'a RawValue>,
    #[serde(borrow)]
    pub(super) then: &'a RawValue,
}

/// What was before.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct GivenForm<'a> {
    #[serde(borrow)]
    pub(super) model: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) events: Vec<&'a RawValue>,
}

/// An event.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventForm<'a> {
    #[serde(rename = "type")]
    pub(super) event_type: String,
    #[serde(borrow)]
    pub(super) data: &'a RawValue,
    pub(super) id: Option<String>,
    pub(super) at: Option<String>,
    pub(super) entity: Option<String>,
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) cause: Option<String>,
    pub(super) position: Option<u64>,
}

/// What is expected.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ThenForm<'a> {
    /// `null` (there is no model) is not the same as nothing (it is not looked at).
    #[serde(borrow, default, deserialize_with = "even_null")]
    pub(super) model: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) events: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub(super) failure: Option<&'a RawValue>,
}

/// An emitted event that is expected.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EmittedForm<'a> {
    #[serde(rename = "type")]
    pub(super) event_type: String,
    #[serde(borrow, default, deserialize_with = "even_null")]
    pub(super) data: Option<&'a RawValue>,
    pub(super) entity: Option<String>,
    pub(super) metadata: Option<BTreeMap<String, String>>,
    #[serde(borrow)]
    pub(super) cause: Option<&'a RawValue>,
}

/// A failure that is expected.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FailureForm {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) event: Option<usize>,
}

fn even_null<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    Deserialize::deserialize(deserializer).map(Some)
}

/// Reads an object of this form.
///
/// # Errors
/// A sentence that begins with the place and names the member.
pub(super) fn form<'a, T: Deserialize<'a>>(text: &'a RawValue, place: &str) -> Result<T, String> {
    if !text.get().starts_with('{') {
        return Err(format!("{place}: it must be an object ({{…}}), not {}", kind(text.get())));
    }
    serde_json::from_str(text.get()).map_err(|error| format!("{place}: {}", without_place(&error)))
}

/// What a parser said, in our words, without the line: it counts those of the text that it was given, which
/// need not be the file.
pub(super) fn without_place(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(what, _)| what);
    let own = ["unknown", "missing", "duplicate"].into_iter().find_map(|which| {
        let rest = said.strip_prefix(which)?.strip_prefix(" field ")?;
        Some(format!("{which} member {rest}"))
    });
    own.unwrap_or_else(|| said.to_owned())
}

fn kind(text: &str) -> &'static str {
    match text.as_bytes() {
        [b'[', ..] => "a list",
        [b'"', ..] => "text",
        [b'n', ..] => "null",
        [b't' | b'f', ..] => "true or false",
        _ => "a number",
    }
}
