//! Keys of maps: text, and what `serde_json` makes text of.

use serde::{Serialize, Serializer, ser::Impossible};

use super::{Error, number, writer::Writer};

/// Writes a key in its quotes.
pub(super) struct Key<'a>(pub(super) &'a mut Writer);

impl Key<'_> {
    fn display(self, key: impl std::fmt::Display) -> Result<(), Error> {
        self.serialize_str(&key.to_string())
    }

    fn refused() -> Error {
        Error::new("a key of a map is no text")
    }
}

macro_rules! displayed {
    ($($method:ident: $key:ty),* $(,)?) => {
        $(fn $method(self, key: $key) -> Result<(), Error> {
            self.display(key)
        })*
    };
}

impl Serializer for Key<'_> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Impossible<(), Error>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStruct = Impossible<(), Error>;
    type SerializeStructVariant = Impossible<(), Error>;

    displayed! {
        serialize_bool: bool, serialize_char: char,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128,
    }

    fn serialize_str(self, key: &str) -> Result<(), Error> {
        self.0.key(key);
        Ok(())
    }

    fn serialize_f32(self, key: f32) -> Result<(), Error> {
        self.serialize_f64(key.into())
    }

    fn serialize_f64(self, key: f64) -> Result<(), Error> {
        self.0.out.push(b'"');
        number::write_double(&mut self.0.out, key)?;
        self.0.out.push(b'"');
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, key: &T) -> Result<(), Error> {
        key.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, key: &T) -> Result<(), Error> {
        key.serialize(self)
    }

    fn serialize_none(self) -> Result<(), Error> {
        Err(Self::refused())
    }

    fn serialize_unit(self) -> Result<(), Error> {
        Err(Self::refused())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Error> {
        Err(Self::refused())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        Err(Self::refused())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Error> {
        Err(Self::refused())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Error> {
        Err(Self::refused())
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Error> {
        Err(Self::refused())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Error> {
        Err(Self::refused())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        Err(Self::refused())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Error> {
        Err(Self::refused())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, Error> {
        Err(Self::refused())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        Err(Self::refused())
    }
}
