//! Reads JSON strictly, and refuses integers that a reader with nothing but doubles would get wrong. A double is
//! written as an integer up to 10²¹; what is written so is read as a double, however large.
//!
//! Both costs next to nothing where nothing is wrong: `scan` looks at every sixteenth byte, and nesting is counted
//! only once `serde_json` has given up.

mod scan;

use serde::de::{DeserializeOwned, Error as _};
use serde_json::{Deserializer, Error, de::SliceRead};

/// How many arrays and objects may lie in each other: what the stack of a module is good for, with room to spare.
pub(crate) const MAX_DEPTH: usize = 256;

/// How many of them `serde_json` takes by itself.
const SHALLOW: usize = 127;

/// One value, as text.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    /// As `serde_json` is to see it; or the number in it that is refused, once someone asks for the value.
    bytes: Result<&'a [u8], &'a [u8]>,
    /// Whether the nesting was counted.
    counted: bool,
}

/// Reads `bytes` as `T`.
pub(crate) fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    read(bytes, |text| text.value(|json| T::deserialize(json)))
}

/// Lets `read` take a value from `bytes`: a second time, without a limit, if it is nested more deeply than
/// `serde_json` takes by itself and not too deeply.
pub(crate) fn read<T>(bytes: &[u8], read: impl Fn(Text<'_>) -> Result<T, Error>) -> Result<T, Error> {
    let rewritten = scan::with_doubles(bytes);
    let text = |counted| Text { bytes: rewritten.as_deref().map_err(|number| *number), counted };
    match read(text(false)) {
        Err(error) if error.is_syntax() => match scan::depth(bytes) {
            depth if depth <= SHALLOW => Err(error),
            depth if depth <= MAX_DEPTH => read(text(true)),
            depth => Err(Error::custom(format_args!(
                "it is nested {depth} levels deep, of {MAX_DEPTH} at most: keep it flatter"
            ))),
        },
        result => result,
    }
}

impl<'a> Text<'a> {
    /// Lets `take` take the value and refuses what is left over.
    pub(crate) fn value<T>(
        self,
        take: impl FnOnce(&mut Deserializer<SliceRead<'a>>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let bytes = self.bytes.map_err(|number| {
            let number = String::from_utf8_lossy(number);
            Error::custom(format_args!("the number {number} is beyond 2^53: send it as a string"))
        })?;
        let mut json = Deserializer::from_slice(bytes);
        if self.counted {
            json.disable_recursion_limit();
        }
        let value = take(&mut json)?;
        json.end()?;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json, value::RawValue};

    use super::*;
    use crate::canonical;

    fn parse(text: &str) -> Result<Value, String> {
        from_slice(text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn integers_that_a_double_cannot_hold_are_refused() {
        assert_eq!(parse("[9007199254740992,-9007199254740992]"), Ok(json!([1_u64 << 53, -(1_i64 << 53)])));
        for number in ["9007199254740993", "-9007199254740993", "18446744073709551615"] {
            let refused = format!("the number {number} is beyond 2^53: send it as a string");
            assert_eq!(parse(&format!("{{\"n\":{number}}}")), Err(refused.clone()));
            let raw = from_slice::<Box<RawValue>>(number.as_bytes()).unwrap_err();
            assert_eq!(raw.to_string(), refused);
        }
        assert_eq!(parse("1e17"), Ok(json!(1e17)));
        assert_eq!(parse("\"9007199254740993\""), Ok(json!("9007199254740993")));
    }

    #[test]
    fn doubles_written_as_integers_are_doubles() {
        for (text, double) in [
            ("9007199254740994", 9_007_199_254_740_994.0),
            ("-9007199254740994", -9_007_199_254_740_994.0),
            ("18446744073709552000", 18_446_744_073_709_552_000.0),
            ("100000000000000000000", 1e20),
        ] {
            assert_eq!(parse(text), Ok(json!(double)));
            assert_eq!(from_slice::<f64>(text.as_bytes()).ok(), Some(double));
            let raw = from_slice::<Box<RawValue>>(text.as_bytes()).unwrap();
            assert_eq!(canonical::to_vec(&(raw, double)), Ok(format!("[{text},{text}]").into_bytes()));
            assert!(
                from_slice::<u64>(text.as_bytes()).is_err() && from_slice::<i64>(text.as_bytes()).is_err()
            );
            assert!(
                from_slice::<u128>(text.as_bytes()).is_err() && from_slice::<i128>(text.as_bytes()).is_err()
            );
        }
        let deep = format!("{}1e20,100000000000000000000{}", "[".repeat(200), "]".repeat(200));
        assert!(
            parse(&deep).is_ok_and(|value| value.to_string().contains("1e+20,1e+20")),
            "read a second time"
        );
    }

    #[test]
    fn doubles_are_read_to_the_bit() {
        for (text, bits) in [
            ("8.988465674311579e307", 0x7fdf_ffff_ffff_ffff_u64),
            ("0.99999999999999988898", 0x3fef_ffff_ffff_ffff),
            ("2.2250738585072011e-308", 0x000f_ffff_ffff_ffff),
            ("-0", 0x8000_0000_0000_0000),
            ("5e-324", 1),
            ("62.5364939768271845828", 0x404f_44ab_d5aa_7ca4),
            ("8.10109172351e-10", 0x3e0b_d5cb_aef0_fd0c),
        ] {
            assert_eq!(from_slice::<f64>(text.as_bytes()).map(f64::to_bits).ok(), Some(bits), "{text}");
        }
        assert!(parse("1e400").is_err());
    }

    #[test]
    fn only_what_the_standard_allows_is_read() {
        for text in ["", "1 2", "[1,]", "{a:1}", "01", "1.", "NaN", "\"\t\"", r#""\ud800""#, "\u{feff}1"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert!(from_slice::<Value>(b"\"\xff\"").is_err());
        assert_eq!(parse(r#" {"a":1,"a":"\ud83d\ude02"} "#), Ok(json!({"a": "😂"})), "the last one wins");
    }

    #[test]
    fn nesting_ends_at_its_limit() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for depth in [1, SHALLOW, SHALLOW + 1, MAX_DEPTH] {
            let value = parse(&nested(depth)).unwrap();
            assert_eq!(value.to_string(), nested(depth));
        }
        let refused = parse(&nested(MAX_DEPTH + 1)).unwrap_err();
        assert!(refused.contains("257 levels") && refused.contains("256"), "{refused}");
        assert!(parse(&"[".repeat(200)).is_err(), "counted, and read a second time");
    }
}
