//! JSON that comes as text: what `serde_json` keeps as it was read is made canonical too.
//!
//! Such values show themselves by the name of the one field, the text, of a struct. Other serializers than
//! `serde_json`'s are not told of that name; without this they would write the struct.

use serde::{Serialize, ser::Error as _};
use serde_json::Value;

use super::{Error, number, writer::Writer};
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
    /// What a field's name says.
    #[inline(always)]
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
            Self::Number => {
                let number = json::from_slice(text.as_bytes()).map_err(Error::custom)?;
                number::write_double(&mut writer.out, number)
            }
        }
    }
}
