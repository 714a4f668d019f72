//! JSON at the door: insignificant white space goes, every other byte stays.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// JSON text without insignificant white space; numbers, escapes and the order of keys stay as they are.
///
/// # Errors
/// What the parser says of text that is not JSON (RFC 8259).
pub fn minify(text: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    let value: &RawValue = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let text = value.get().as_bytes();
    if !has_insignificant_space(text) {
        return Ok(Cow::Borrowed(text));
    }
    let mut kept = Vec::with_capacity(text.len());
    kept.extend(significant(text).map(|(byte, _)| byte).filter(|byte| *byte != 0));
    Ok(Cow::Owned(kept))
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

fn has_insignificant_space(text: &[u8]) -> bool {
    text.iter().copied().any(is_space) && significant(text).any(|(byte, space)| space && byte == 0)
}

/// The bytes of valid JSON, each with whether it is white space; insignificant ones become 0, a byte
/// that valid JSON never holds.
fn significant(text: &[u8]) -> impl Iterator<Item = (u8, bool)> {
    let (mut in_string, mut escaped) = (false, false);
    text.iter().map(move |&byte| {
        let space = is_space(byte);
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            return (byte, space);
        }
        in_string = byte == b'"';
        (if space { 0 } else { byte }, space)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn minified(text: &str) -> String {
        String::from_utf8(minify(text.as_bytes()).unwrap().into_owned()).unwrap()
    }

    #[test]
    fn only_insignificant_space_goes() {
        assert_eq!(
            minified(" { \"a b\" :\t[1.0 , 1e5,\r\n\"\\\" \\\\\" , null ] } "),
            r#"{"a b":[1.0,1e5,"\" \\",null]}"#
        );
        assert_eq!(minified(r#"{"b":1,"a":2,"b":3}"#), r#"{"b":1,"a":2,"b":3}"#);
        assert!(matches!(minify(br#"{"a b":1}"#), Ok(Cow::Borrowed(_))));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in ["", " ", "{", "{}x", "nul", "'a'", "[1,]", "{a:1}", "\u{feff}{}", "01", "\"\n\""] {
            assert!(minify(text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(minify(b"\"\xff\"").is_err());
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        use serde_json::Value;
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".*".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(".*", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn pretty_and_compact_text_become_the_same(value in json()) {
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            prop_assert_eq!(minified(&pretty), value.to_string());
        }
    }
}
