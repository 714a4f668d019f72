//! Bytes in an export: byte for byte, and readable where they are what they should be.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The data of an event, a model, a capture.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Payload<'a> {
    /// JSON, as it is.
    Json(#[serde(borrow)] &'a RawValue),
    /// What JSON could not give back as it is, or would not leave on one line.
    Base64(String),
}

impl<'a> Payload<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        match serde_json::from_slice::<&RawValue>(bytes) {
            // White space around a value is not part of it.
            Ok(json) if json.get().len() == bytes.len() && !bytes.contains(&b'\n') => Self::Json(json),
            _ => Self::Base64(STANDARD.encode(bytes)),
        }
    }

    /// The bytes, or a sentence.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, String> {
        match self {
            Self::Json(json) => Ok(json.get().as_bytes().to_vec()),
            Self::Base64(text) => STANDARD.decode(text).map_err(|error| format!("base64: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    /// There and back, on one line.
    fn again(bytes: &[u8]) -> Vec<u8> {
        let line = serde_json::to_vec(&Some(Payload::of(bytes))).unwrap();
        assert!(!line.contains(&b'\n'), "{}", String::from_utf8_lossy(&line));
        let read: Option<Payload<'_>> = serde_json::from_slice(&line).unwrap();
        read.unwrap().bytes().unwrap()
    }

    /// Documents with all that a parser might set right: numbers, escapes, names that come twice, white space.
    fn documents() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?",
            r#""([a-zà-ü]|\\n|\\u00e9|\\ud83d\\uded2|\\/|/|🛒){0,8}""#,
            Just("null".to_owned()),
            Just("true".to_owned()),
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            let space = "[ \n\t\r]{0,2}";
            prop_oneof![
                vec(inner.clone(), 0..5).prop_map(|all| format!("[{}]", all.join(","))),
                (vec(("[a-c]", inner), 0..5), space).prop_map(|(all, space)| {
                    let members: Vec<_> = all.iter().map(|(k, v)| format!("\"{k}\":{space}{v}")).collect();
                    format!("{{{}}}{space}", members.join(","))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn json_comes_back_byte_for_byte(text in documents()) {
            prop_assert_eq!(again(text.as_bytes()), text.as_bytes());
        }

        #[test]
        fn so_do_any_bytes(bytes in vec(any::<u8>(), 0..64), text in r#"[\[\]{}",:0-9 \n]{0,12}"#) {
            prop_assert_eq!(again(&bytes), bytes);
            prop_assert_eq!(again(text.as_bytes()), text.as_bytes());
        }
    }

    #[test]
    fn what_can_be_read_is_shown_as_it_is() {
        let line = |bytes: &[u8]| serde_json::to_string(&Payload::of(bytes)).unwrap();
        assert_eq!(line(br#"{"n":1.0,"n":1E2}"#), r#"{"json":{"n":1.0,"n":1E2}}"#);
        assert_eq!(line(b"null"), r#"{"json":null}"#);
        assert_eq!(line(b" 1"), r#"{"base64":"IDE="}"#);
        assert_eq!(line(b"[1,\n2]"), r#"{"base64":"WzEsCjJd"}"#);
        assert_eq!(line(b"\xff"), r#"{"base64":"/w=="}"#);
    }

    #[test]
    fn depth_is_no_matter() {
        let deep = [vec![b'['; 10_000], vec![b']'; 10_000]].concat();
        assert_eq!(again(&deep), deep);
    }
}
