//! What whole values look like.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, json, value::RawValue};

use super::to_vec;

fn text(value: &impl Serialize) -> String {
    String::from_utf8(to_vec(value).unwrap()).unwrap()
}

fn refused(value: &impl Serialize) -> String {
    to_vec(value).unwrap_err().to_string()
}

/// A map whose entries are written in the order given.
struct Entries<'a, V>(&'a [(&'a str, V)]);

impl<V: Serialize> Serialize for Entries<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// Section 3.2.3 of RFC 8785.
#[test]
fn members_are_sorted_as_the_standard_shows() {
    let entries = [
        ("\u{20ac}", "Euro Sign"),
        ("\r", "Carriage Return"),
        ("\u{fb33}", "Hebrew Letter Dalet With Dagesh"),
        ("1", "One"),
        ("\u{1f600}", "Emoji: Grinning Face"),
        ("\u{80}", "Control"),
        ("\u{f6}", "Latin Small Letter O With Diaeresis"),
    ];
    let sorted = "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\
         \"\u{f6}\":\"Latin Small Letter O With Diaeresis\",\"\u{20ac}\":\"Euro Sign\",\
         \"\u{1f600}\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}";
    assert_eq!(text(&Entries(&entries)), sorted);
    let mut map = serde_json::Map::new();
    map.extend(entries.map(|(key, value)| (key.to_owned(), json!(value))));
    assert_eq!(text(&map), sorted);
}

/// Whatever the order in which they come; keys that begin alike, contain one another or need escapes among them.
#[test]
fn every_order_of_members_comes_to_the_same() {
    let mut keys =
        ["", "a", "a!", "ab", "ab\n", "ab\"", "abcdefgh", "abcdefghi", "abcdefgz", "b\u{ffff}", "b😂"];
    keys.sort_by_key(|key| key.encode_utf16().collect::<Vec<_>>());
    let entries: Vec<(&str, Value)> =
        keys.iter().enumerate().map(|(n, key)| (*key, json!({"z": n, "list": [n, key]}))).collect();
    let members: Vec<String> =
        entries.iter().map(|(key, value)| format!("{}:{}", text(key), text(value))).collect();
    let sorted = format!("{{{}}}", members.join(","));
    let mut shuffled = entries;
    for step in 0..2000 {
        assert_eq!(text(&Entries(&shuffled)), sorted);
        let (one, other) = (step * 7 % shuffled.len(), step * step % shuffled.len());
        shuffled.swap(one, other);
    }
    shuffled.reverse();
    assert_eq!(text(&Entries(&shuffled)), sorted);
}

#[test]
fn structs_are_sorted_inside_of_each_other() {
    #[derive(Serialize)]
    struct Outer {
        b: Vec<Inner>,
        c: bool,
        a: Option<Inner>,
    }
    #[derive(Clone, Serialize)]
    struct Inner {
        y: char,
        #[serde(skip_serializing_if = "Option::is_none")]
        x: Option<f64>,
    }
    let inner = |x| Inner { y: 'q', x };
    let outer = Outer { b: vec![inner(None), inner(Some(0.5))], c: true, a: Some(inner(Some(1.0))) };
    assert_eq!(text(&outer), r#"{"a":{"x":1,"y":"q"},"b":[{"y":"q"},{"x":0.5,"y":"q"}],"c":true}"#);
}

#[test]
fn every_kind_of_serde_has_its_form() {
    #[derive(Serialize)]
    enum Kind {
        Unit,
        Newtype(u8),
        Tuple(u8, i8),
        Struct { b: (), a: Option<u8> },
    }
    #[derive(Serialize)]
    struct Pair(i16, u16);
    let kinds = [Kind::Unit, Kind::Newtype(1), Kind::Tuple(2, -3), Kind::Struct { b: (), a: None }];
    assert_eq!(text(&kinds), r#"["Unit",{"Newtype":1},{"Tuple":[2,-3]},{"Struct":{"a":null,"b":null}}]"#);
    assert_eq!(text(&(Pair(-1, 1), "é", 0.1_f32, 7_u128)), r#"[[-1,1],"é",0.10000000149011612,7]"#);
}

#[test]
fn keys_are_text_or_made_text() {
    assert_eq!(text(&BTreeMap::from([(9, 'b'), (10, 'a')])), r#"{"10":"a","9":"b"}"#);
    assert_eq!(text(&BTreeMap::from([(u64::MAX, true)])), r#"{"18446744073709551615":true}"#);
    assert!(refused(&BTreeMap::from([((1, 2), 3)])).contains("key"));
    assert!(refused(&BTreeMap::from([(None::<u8>, 3)])).contains("key"));
    let twice = [("b", 1), ("a", 2), ("c", 3), ("a", 4)];
    assert!(refused(&Entries(&twice)).ends_with(r#"are called "a""#));
    assert!(refused(&Entries(&[("a", 1), ("a", 1)])).ends_with(r#"are called "a""#));
}

#[test]
fn what_has_no_form_is_refused() {
    assert!(refused(&json!({"n": (1_u64 << 53) + 1})).contains("9007199254740993"));
    assert!(refused(&[f64::NAN]).contains("NaN"));
    assert!(refused(&f64::NEG_INFINITY).contains("-inf"));
    assert!(refused(&i128::MIN).contains("2^53"));
    let mut deep = json!(1);
    for _ in 0..256 {
        deep = json!([deep]);
    }
    assert!(to_vec(&deep).is_ok());
    assert!(refused(&json!([deep])).contains("256 levels"));
}

#[test]
fn raw_json_is_rewritten() {
    let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
    assert_eq!(text(&(raw(r#"{"b":1.0, "a":"\u00e9\/"}"#), 1)), r#"[{"a":"é/","b":1},1]"#);
    assert_eq!(text(&raw("[1e20,100000000000000000000]")), "[100000000000000000000,100000000000000000000]");
    assert!(refused(&raw("9007199254740993")).contains("2^53"));
    assert!(refused(&raw("1e400")).contains("range"));
}

/// As `serde_json` hands over its numbers where it keeps all their digits.
#[test]
fn numbers_with_all_their_digits_are_doubles() {
    #[derive(Serialize)]
    #[serde(rename = "$serde_json::private::Number")]
    struct Number {
        #[serde(rename = "$serde_json::private::Number")]
        digits: &'static str,
    }
    assert_eq!(text(&[Number { digits: "1.10" }, Number { digits: "-0" }]), "[1.1,0]");
    assert!(refused(&Number { digits: "9007199254740993" }).contains("2^53"));
    assert!(refused(&Number { digits: "1e400" }).contains("range"));
}
