//! What serde hands over, written as it comes.

use serde::{Serialize, Serializer};

use super::{
    Error,
    compound::{Array, Members, Variant},
    number, string,
    writer::Writer,
};

macro_rules! integers {
    ($($method:ident: $integer:ty => $write:ident),* $(,)?) => {
        $(fn $method(self, number: $integer) -> Result<(), Error> {
            number::$write(&mut self.out, number.into())
        })*
    };
}

impl<'a> Serializer for &'a mut Writer {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Array<'a>;
    type SerializeTuple = Array<'a>;
    type SerializeTupleStruct = Array<'a>;
    type SerializeTupleVariant = Variant<Array<'a>>;
    type SerializeMap = Members<'a>;
    type SerializeStruct = Members<'a>;
    type SerializeStructVariant = Variant<Members<'a>>;

    integers! {
        serialize_i8: i8 => write_signed, serialize_i16: i16 => write_signed,
        serialize_i32: i32 => write_signed, serialize_i64: i64 => write_signed,
        serialize_u8: u8 => write_unsigned, serialize_u16: u16 => write_unsigned,
        serialize_u32: u32 => write_unsigned, serialize_u64: u64 => write_unsigned,
    }

    fn serialize_i128(self, number: i128) -> Result<(), Error> {
        self.serialize_i64(number.try_into().map_err(|_| number::too_large(number))?)
    }

    fn serialize_u128(self, number: u128) -> Result<(), Error> {
        self.serialize_u64(number.try_into().map_err(|_| number::too_large(number))?)
    }

    fn serialize_f32(self, number: f32) -> Result<(), Error> {
        self.serialize_f64(number.into())
    }

    fn serialize_f64(self, number: f64) -> Result<(), Error> {
        number::write_double(&mut self.out, number)
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        string::write(&mut self.out, text);
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Error> {
        self.collect_seq(bytes)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.variant(variant)?;
        value.serialize(&mut *self)?;
        self.close(b'}');
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Array<'a>, Error> {
        Array::new(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Array<'a>, Error> {
        Array::new(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Array<'a>, Error> {
        Array::new(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Variant<Array<'a>>, Error> {
        self.variant(variant)?;
        Array::new(self).map(Variant)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'a>, Error> {
        Members::new(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'a>, Error> {
        Members::new(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Variant<Members<'a>>, Error> {
        self.variant(variant)?;
        Members::new(self).map(Variant)
    }
}

impl Writer {
    /// Begins the object that a variant with content is.
    fn variant(&mut self, name: &str) -> Result<(), Error> {
        self.open(b'{')?;
        string::write(&mut self.out, name);
        self.out.push(b':');
        Ok(())
    }
}
