//! CloudEvents 1.0, in the JSON event format (one or a batch) and in the binary mode of the HTTP binding.
//!
//! `id` is the event's id, `subject` its entity, `type` its type, `data` its data; without any, the data is
//! `null`. `source`, `dataschema` and all extensions become metadata. `time` is not looked at, because the id
//! says when it happened; `datacontenttype` must be JSON, and is not kept.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use base64::{Engine, prelude::BASE64_STANDARD};
use percent_encoding::percent_decode;
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{
    error::Invalid,
    words::{Metadata, is_json_type},
};

use super::{RawEvent, batch::malformed};

/// The version of the specification that is taken.
const SPECVERSION: &str = "1.0";

/// How CloudEvents are written down as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloudEventsForm {
    /// One object: `application/cloudevents+json`.
    One,
    /// An array of them: `application/cloudevents-batch+json`.
    Batch,
}

/// A CloudEvent, seen as an event.
#[derive(Debug)]
pub struct CloudEvent<'a> {
    id: String,
    event_type: String,
    entity: String,
    data: Cow<'a, [u8]>,
    metadata: Metadata,
}

impl CloudEvent<'_> {
    /// The event that it describes.
    #[must_use]
    pub fn as_event(&self) -> RawEvent<'_> {
        RawEvent {
            id: &self.id,
            event_type: &self.event_type,
            entity: &self.entity,
            data: &self.data,
            metadata: self.metadata.clone(),
        }
    }
}

/// Reads CloudEvents in the JSON event format.
///
/// # Errors
/// [`Invalid::NotJson`] and [`Invalid::Shape`] for a body that is not what the form says, [`Invalid::Value`]
/// for another version and for data that is not JSON. In a batch the event is named by its index.
pub fn read_cloudevents(body: &[u8], form: CloudEventsForm) -> Result<Vec<CloudEvent<'_>>, Invalid> {
    match form {
        CloudEventsForm::One => {
            let members = serde_json::from_slice(body).map_err(|why| malformed(WHAT.to_owned(), &why))?;
            Ok(vec![structured(members)?])
        }
        CloudEventsForm::Batch => {
            let batch: Vec<Members<'_>> =
                serde_json::from_slice(body).map_err(|why| malformed("the batch".to_owned(), &why))?;
            let member = |(index, members)| {
                structured(members).map_err(|error| Invalid::Member { index, error: Box::new(error) })
            };
            batch.into_iter().enumerate().map(member).collect()
        }
    }
}

/// Reads a CloudEvent in binary mode: attributes as `ce-` headers have them (names without that prefix), and
/// the body, whose content type the caller has found to be JSON.
///
/// # Errors
/// As [`read_cloudevents`] does.
pub fn binary_cloudevent<'a, 'h>(
    headers: impl IntoIterator<Item = (&'h str, &'h str)>,
    body: &'a [u8],
) -> Result<CloudEvent<'a>, Invalid> {
    let mut attributes = BTreeMap::new();
    for (name, value) in headers {
        check_name(name)?;
        if name == "time" {
            continue;
        }
        if name == "datacontenttype" {
            return Err(shape("header ce-datacontenttype has no place beside Content-Type".to_owned()));
        }
        if attributes.insert(name.to_owned(), from_header(name, value)?).is_some() {
            return Err(shape(format!("header ce-{name} was sent twice")));
        }
    }
    event(attributes, Cow::Borrowed(if body.is_empty() { b"null" } else { body }))
}

/// What refusals are about.
const WHAT: &str = "the CloudEvent";

fn shape(why: String) -> Invalid {
    Invalid::Shape { what: WHAT.to_owned(), why }
}

fn invalid(what: impl Into<String>, value: &str, rule: &str) -> Invalid {
    let value = value.chars().take(150).collect();
    Invalid::Value { what: what.into(), value, rule: rule.to_owned() }
}

/// The members of a JSON object, each once.
struct Members<'a>(BTreeMap<String, &'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = BTreeMap<String, &'de RawValue>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a CloudEvent (a JSON object)")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, _>()? {
                    if members.contains_key(&name) {
                        let name: String = name.chars().take(150).collect();
                        return Err(A::Error::custom(format_args!("{name:?} stands there twice")));
                    }
                    members.insert(name, value);
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Object).map(Self)
    }
}

fn structured(Members(members): Members<'_>) -> Result<CloudEvent<'_>, Invalid> {
    let mut attributes = BTreeMap::new();
    let (mut data, mut encoded) = (None, None);
    for (name, value) in members {
        match name.as_str() {
            "data" => data = Some(value.get().as_bytes()),
            "data_base64" => encoded = decoded(value)?,
            "time" => {}
            _ => {
                check_name(&name)?;
                if let Some(value) = canonical(&name, value)? {
                    attributes.insert(name, value);
                }
            }
        }
    }
    let data = match (data, encoded) {
        (Some(_), Some(_)) => {
            return Err(shape("it has data and data_base64: send one of them".to_owned()));
        }
        (Some(data), None) => Cow::Borrowed(data),
        (None, Some(data)) => Cow::Owned(data),
        (None, None) => Cow::Borrowed(&b"null"[..]),
    };
    event(attributes, data)
}

/// The bytes that `data_base64` stands for. They must be JSON like any data; whether they are is judged where
/// all data is.
fn decoded(value: &RawValue) -> Result<Option<Vec<u8>>, Invalid> {
    let text: Option<String> =
        serde_json::from_str(value.get()).map_err(|_| shape("data_base64 must be a string".to_owned()))?;
    let decoded = text.map(|text| BASE64_STANDARD.decode(text)).transpose();
    decoded.map_err(|why| shape(format!("data_base64 is not Base64 (RFC 4648, section 4): {why}")))
}

/// The canonical string of an attribute's value; none for null, which means that it is not set.
fn canonical(name: &str, value: &RawValue) -> Result<Option<String>, Invalid> {
    let text = value.get();
    let refused = || {
        let rule = "an attribute is a string, a boolean, or a whole number of 32 bits";
        invalid(format!("attribute {name}"), text, rule)
    };
    match text.as_bytes().first() {
        Some(b'n') => Ok(None),
        Some(b't' | b'f') => Ok(Some(text.to_owned())),
        Some(b'"') => serde_json::from_str(text).map(Some).map_err(|_| refused()),
        _ => text.parse::<i32>().map(|number| Some(number.to_string())).map_err(|_| refused()),
    }
}

fn check_name(name: &str) -> Result<(), Invalid> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    // The specification keeps that one name from being an attribute's.
    if name.is_empty() || name == "data" || !name.bytes().all(is_plain) {
        return Err(invalid("attribute", name, "names of attributes are lower-case letters and digits"));
    }
    Ok(())
}

/// The value that a header stands for: quoted strings are taken out of their quotes, then `%xy` is decoded.
fn from_header(name: &str, value: &str) -> Result<String, Invalid> {
    let quoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let plain = quoted.map_or(Cow::Borrowed(value), |inner| Cow::Owned(unescaped(inner)));
    let decoded = percent_decode(plain.as_bytes()).decode_utf8();
    let rule = "what is percent-encoded must be UTF-8";
    decoded.map(Cow::into_owned).map_err(|_| invalid(format!("header ce-{name}"), value, rule))
}

/// Without the backslashes of quoted pairs (RFC 9110, section 5.6.4).
fn unescaped(inner: &str) -> String {
    let mut characters = inner.chars();
    let mut plain = String::with_capacity(inner.len());
    while let Some(character) = characters.next() {
        plain.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    plain
}

fn event(mut attributes: BTreeMap<String, String>, data: Cow<'_, [u8]>) -> Result<CloudEvent<'_>, Invalid> {
    let mut take = |name: &str, meaning: &str| match attributes.remove(name) {
        Some(value) if !value.is_empty() => Ok(value),
        _ => Err(shape(format!("{name} is missing: it is {meaning}"))),
    };
    let specversion = take("specversion", SPECVERSION)?;
    if specversion != SPECVERSION {
        return Err(invalid("specversion", &specversion, "CloudEvents are taken in version 1.0"));
    }
    let id = take("id", "the event's id, a version 1 UUID")?;
    let event_type = take("type", "the event's type")?;
    let entity = take("subject", "the entity that it happened to, a version 4 UUID")?;
    let source = take("source", "where the event comes from, and is kept as metadata")?;
    attributes.insert("source".to_owned(), source);
    if let Some(media_type) = attributes.remove("datacontenttype")
        && !is_json_type(&media_type)
    {
        let rule = "an event's data is JSON: application/json or application/…+json";
        return Err(invalid("datacontenttype", &media_type, rule));
    }
    Ok(CloudEvent { id, event_type, entity, data, metadata: attributes.into_iter().collect() })
}

#[cfg(test)]
mod tests;
