//! JSON as a value, to be compared and shown: neither the order of keys nor the way a number is written
//! counts, but every digit does.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::value::RawValue;

/// Values nested deeper than this are compared as they are written.
const DEEPEST: usize = 128;
/// Numbers of more digits than this are shown with an exponent.
const MOST_DIGITS: usize = 40;

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Json {
    /// `null`, `true`, `false`, or a number in its only form.
    Plain(String),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
    /// What cannot be read as a value; it equals only itself.
    Unread(String),
}

impl Json {
    /// The value that this text is.
    pub(super) fn of(text: &str) -> Self {
        Self::read(text.trim_ascii(), DEEPEST)
    }

    /// The value that these bytes are.
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        Self::of(&String::from_utf8_lossy(bytes))
    }

    fn read(text: &str, deepest: usize) -> Self {
        let unread = || Self::Unread(text.to_owned());
        let Some(deeper) = deepest.checked_sub(1) else { return unread() };
        match text.as_bytes() {
            [b'{', ..] => serde_json::from_str::<BTreeMap<String, &RawValue>>(text).map_or_else(
                |_| unread(),
                |members| {
                    let value = |(key, value): (String, &RawValue)| (key, Self::read(value.get(), deeper));
                    Self::Object(members.into_iter().map(value).collect())
                },
            ),
            [b'[', ..] => serde_json::from_str::<Vec<&RawValue>>(text).map_or_else(
                |_| unread(),
                |members| Self::List(members.iter().map(|value| Self::read(value.get(), deeper)).collect()),
            ),
            [b'"', ..] => serde_json::from_str(text).map_or_else(|_| unread(), Self::Text),
            [b't' | b'f' | b'n', ..] => Self::Plain(text.to_owned()),
            _ => number(text).map_or_else(unread, Self::Plain),
        }
    }

    /// The value on several lines, its keys sorted.
    pub(super) fn pretty(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, 0);
        text
    }

    fn write(&self, text: &mut String, depth: usize) {
        match self {
            Self::Plain(written) | Self::Unread(written) => text.push_str(written),
            Self::Text(said) => text.push_str(&quoted(said)),
            Self::List(members) => {
                let members = members.iter().map(|value| (String::new(), value));
                lines(text, depth, ('[', ']'), members);
            }
            Self::Object(members) => {
                let members = members.iter().map(|(key, value)| (format!("{}: ", quoted(key)), value));
                lines(text, depth, ('{', '}'), members);
            }
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn lines<'a>(
    text: &mut String,
    depth: usize,
    (open, close): (char, char),
    members: impl ExactSizeIterator<Item = (String, &'a Json)>,
) {
    text.push(open);
    let last = members.len();
    for (at, (key, value)) in (1..).zip(members) {
        let indent = depth + 1;
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{:width$}{key}", "", width = 2 * indent);
        value.write(text, indent);
        if at < last {
            text.push(',');
        } else {
            let _ = write!(text, "\n{:width$}", "", width = 2 * depth);
        }
    }
    text.push(close);
}

/// A number in the only form that its value has here; none where the exponent is beyond reason.
fn number(text: &str) -> Option<String> {
    let (sign, unsigned) = text.strip_prefix('-').map_or(("", text), |unsigned| ("-", unsigned));
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.parse::<i64>().ok().filter(|exponent| exponent.abs() < 1 << 40)?;
    let all = [whole, fraction].concat();
    let digits = all.trim_start_matches('0').trim_end_matches('0');
    if digits.is_empty() {
        return Some("0".to_owned());
    }
    let dropped = all.trim_start_matches('0').len() - digits.len();
    let count = i64::try_from(digits.len()).ok()?;
    // Where the point stands, counted from the first digit.
    let point = exponent + i64::try_from(dropped).ok()? - i64::try_from(fraction.len()).ok()? + count;
    let zeros = usize::try_from(point.unsigned_abs()).ok()?;
    Some(match usize::try_from(point) {
        Ok(point) if point < digits.len() && point > 0 => {
            format!("{sign}{}.{}", &digits[..point], &digits[point..])
        }
        Ok(point) if point >= digits.len() && point <= MOST_DIGITS => format!("{sign}{digits:0<point$}"),
        _ if point <= 0 && zeros < MOST_DIGITS => format!("{sign}0.{:0<zeros$}{digits}", ""),
        _ => format!("{sign}{digits}e{}", point - count),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_its_value() {
        for same in [
            &["1", "1.0", "1e0", "10e-1", "0.1E1"][..],
            &["0", "-0", "0.00", "0e9"],
            &["-12.5", "-1.25e1", "-12.50"],
            &["0.05", "5e-2"],
            &["18446744073709551617", "18446744073709551617.0"],
            &["1e100", "10e99"],
        ] {
            for text in same {
                assert_eq!(Json::of(text), Json::of(same[0]), "{text}");
            }
            assert_eq!(Json::of(same[0]).pretty(), same[0]);
        }
        assert_ne!(Json::of("18446744073709551617"), Json::of("18446744073709551616"));
        assert_ne!(Json::of("0.1"), Json::of("0.10000000000000000555"));
        assert_ne!(Json::of("1"), Json::of("\"1\""));
        assert_ne!(Json::of("1e99999999999999999999"), Json::of("1e99999999999999999998"));
    }

    #[test]
    fn the_order_of_keys_does_not_count() {
        assert_eq!(Json::of(r#"{"a":1,"b":[1,2]}"#), Json::of(r#" { "b":[1, 2],"a":1.0 } "#));
        assert_ne!(Json::of("[1,2]"), Json::of("[2,1]"));
        assert_ne!(Json::of(r#"{"a":null}"#), Json::of("{}"));
    }

    #[test]
    fn pretty_text_has_one_member_on_each_line() {
        let json = Json::of(r#"{"b":[{},[],"\u00e9\n"],"a":{"c":null}}"#);
        let pretty =
            "{\n  \"a\": {\n    \"c\": null\n  },\n  \"b\": [\n    {},\n    [],\n    \"é\\n\"\n  ]\n}";
        assert_eq!(json.pretty(), pretty);
    }

    #[test]
    fn what_is_too_deep_is_compared_as_text() {
        let deep = |count| "[".repeat(count) + &"]".repeat(count);
        assert_eq!(Json::of(&deep(100_000)), Json::of(&deep(100_000)));
        assert_ne!(Json::of(&deep(100_000)), Json::of(&deep(100_001)));
    }
}
