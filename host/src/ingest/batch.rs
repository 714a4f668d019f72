//! Batches: a JSON array or lines of JSON (NDJSON), each member `{id, type, entity, data, metadata?}`.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::Invalid;

use super::RawEvent;

/// How the members of a batch are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchFormat {
    /// One JSON array.
    Array,
    /// One JSON object on each line; empty lines count for nothing.
    Lines,
}

/// A member of a batch, borrowed from its body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    event_type: Cow<'a, str>,
    #[serde(borrow)]
    entity: Cow<'a, str>,
    #[serde(borrow)]
    data: &'a RawValue,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

impl Member<'_> {
    /// The event that the member describes.
    #[must_use]
    pub fn as_event(&self) -> RawEvent<'_> {
        RawEvent {
            id: &self.id,
            event_type: &self.event_type,
            entity: &self.entity,
            data: self.data.get().as_bytes(),
            metadata: self.metadata.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        }
    }
}

/// Reads the members of a batch.
///
/// # Errors
/// [`Invalid::NotJson`] for a body that is not what the format says; for lines it names the line.
pub fn read_batch(body: &[u8], format: BatchFormat) -> Result<Vec<Member<'_>>, Invalid> {
    match format {
        BatchFormat::Array => {
            serde_json::from_slice(body).map_err(|why| malformed("the batch".to_owned(), &why))
        }
        BatchFormat::Lines => {
            let lines = body.split(|byte| *byte == b'\n').enumerate();
            lines
                .filter(|(_, line)| !line.trim_ascii().is_empty())
                .map(|(number, line)| read_line(number, line))
                .collect()
        }
    }
}

fn read_line(number: usize, line: &[u8]) -> Result<Member<'_>, Invalid> {
    serde_json::from_slice(line).map_err(|why| malformed(format!("line {} of the batch", number + 1), &why))
}

/// What the parser says, told apart: not JSON at all, or JSON of another form.
pub(super) fn malformed(what: String, why: &serde_json::Error) -> Invalid {
    let why_text = why.to_string();
    if why.is_data() {
        Invalid::Shape { what, why: why_text }
    } else {
        Invalid::NotJson { what, why: why_text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"{"id":"a","type":"t","entity":"e","data":{"n": 1}}"#;

    #[test]
    fn both_formats_give_the_same_members() {
        let array = format!("[{ONE},{ONE}]");
        let lines = format!("{ONE}\r\n\n{ONE}\n");
        for (body, format) in [(array, BatchFormat::Array), (lines, BatchFormat::Lines)] {
            let members = read_batch(body.as_bytes(), format).unwrap();
            assert_eq!(members.len(), 2);
            assert_eq!(members[1].as_event().data, br#"{"n": 1}"#);
        }
    }

    #[test]
    fn the_error_names_the_line() {
        let body = format!("{ONE}\n{{\"id\":1}}\n");
        let error = read_batch(body.as_bytes(), BatchFormat::Lines).err().unwrap().to_string();
        assert!(error.starts_with("line 2 of the batch does not have the right form"), "{error}");
    }
}
