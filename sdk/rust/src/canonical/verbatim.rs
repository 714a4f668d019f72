//! JSON that comes as text: what `serde_json` keeps as it was read is made canonical too.
//!
//! Such values show themselves by the name of a struct with one field, the text. Other serializers than
//! `serde_json`'s are not told of that name; without this they would write the struct.

use serde::{Serialize, ser::Error as _};
use serde_json::Value;

use super::{
    Error,
    number::{self, too_large},
    writer::Writer,
};
use crate::json;

/// What a text is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verbatim {
    /// Any value: a `RawValue`.
    Json,
    /// A number, where `serde_json` has its feature `arbitrary_precision`.
    Number,
}

impl Verbatim {
    /// What a struct's name says.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "$serde_json::private::RawValue" => Some(Self::Json),
            "$serde_json::private::Number" => Some(Self::Number),
            _ => None,
        }
    }

    /// Writes `text`, a string that holds the value.
    pub(super) fn write<T: Serialize + ?Sized>(self, writer: &mut Writer, text: &T) -> Result<(), Error> {
        let start = writer.out.len();
        text.serialize(&mut *writer)?;
        let text: String = serde_json::from_slice(&writer.out[start..]).map_err(Error::custom)?;
        writer.out.truncate(start);
        match self {
            Self::Json => {
                json::from_slice::<Value>(text.as_bytes()).map_err(Error::custom)?.serialize(writer)
            }
            Self::Number => write_number(&mut writer.out, &text),
        }
    }
}

fn write_number(out: &mut Vec<u8>, text: &str) -> Result<(), Error> {
    if json::large_integer(text.as_bytes()).is_some() {
        return Err(too_large(text));
    }
    number::write_double(out, text.parse().map_err(Error::custom)?)
}
