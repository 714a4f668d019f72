//! Canonical JSON ([RFC 8785](https://www.rfc-editor.org/rfc/rfc8785)): one value, one text, whatever language
//! wrote it. Models and the data of new events are written this way.
//!
//! ```
//! use everfold_sdk::canonical::to_vec;
//! use serde_json::json;
//!
//! let text = to_vec(&json!({"qty": 1.0, "price": -0.0, "at": 1e21, "sku": "caf\u{e9}\n"}))?;
//! assert_eq!(text, r#"{"at":1e+21,"price":0,"qty":1,"sku":"café\n"}"#.as_bytes());
//! # Ok::<(), everfold_sdk::canonical::Error>(())
//! ```
//!
//! | file | what it does |
//! |---|---|
//! | `serializer`, `compound` | take what serde hands over |
//! | `writer` | the text so far, and members out of order brought into it |
//! | `key` | what may be the key of a map |
//! | `number`, `string` | how these are written |
//! | `words` | eight bytes looked at at once |
//! | `verbatim` | JSON that comes as text: `RawValue` |

mod compound;
mod key;
mod number;
mod serializer;
mod string;
#[cfg(test)]
mod tests;
mod verbatim;
mod words;
mod writer;

use std::fmt;

use serde::{Serialize, ser};

pub(crate) use number::write_double;
use writer::Writer;

/// Why a value has no canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<str>);

/// Writes `value` as canonical JSON: no white space, members of objects sorted by the UTF-16 code units of their
/// keys, strings escaped as little as possible, numbers as ECMAScript prints them.
///
/// An `f32` is the double of the same value: `0.1_f32` is `0.10000000149011612`. Keys of maps are written as
/// `serde_json` does: integers, characters and names of variants become strings.
///
/// # Errors
///
/// For what other readers would not get as it is meant: NaN and infinities, integers (of integer types) beyond
/// ±2⁵³, keys that are no text, two members of one name, nesting of more than 256 levels. And whatever the
/// `Serialize` of a type says.
pub fn to_vec(value: &(impl Serialize + ?Sized)) -> Result<Vec<u8>, Error> {
    to_vec_of(value, 128)
}

/// The same, where it is known how long the text may get.
pub(crate) fn to_vec_of(value: &(impl Serialize + ?Sized), capacity: usize) -> Result<Vec<u8>, Error> {
    let mut writer = Writer::with_capacity(capacity);
    value.serialize(&mut writer)?;
    Ok(writer.into_text())
}

impl Error {
    pub(crate) fn new(message: impl Into<Box<str>>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl ser::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}
