//! Arrays and objects that have begun: what serde hands over one by one.

use serde::{
    Serialize,
    ser::{
        SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant,
    },
};

use super::{
    Error,
    key::Key,
    verbatim::Verbatim,
    writer::{Object, Writer},
};

/// An array.
pub(super) struct Array<'a> {
    writer: &'a mut Writer,
    empty: bool,
}

/// An object.
pub(super) struct Members<'a> {
    writer: &'a mut Writer,
    object: Object,
    /// Where the key begins whose value comes next.
    key: usize,
}

/// A variant whose name is written: the content, the only member of an object.
pub(super) struct Variant<T>(pub(super) T);

impl<'a> Array<'a> {
    pub(super) fn new(writer: &'a mut Writer) -> Result<Self, Error> {
        writer.open(b'[')?;
        Ok(Self { writer, empty: true })
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        if !self.empty {
            self.writer.out.push(b',');
        }
        self.empty = false;
        value.serialize(&mut *self.writer)
    }

    fn close(self) -> &'a mut Writer {
        self.writer.close(b']');
        self.writer
    }
}

impl<'a> Members<'a> {
    pub(super) fn new(writer: &'a mut Writer) -> Result<Self, Error> {
        let object = writer.object()?;
        Ok(Self { writer, object, key: 0 })
    }

    fn field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        let start = self.writer.key_start(&self.object);
        self.writer.key(key);
        self.writer.member(&mut self.object, start, value)
    }

    fn close(self) -> Result<&'a mut Writer, Error> {
        self.writer.end(&self.object)?;
        Ok(self.writer)
    }
}

impl SerializeSeq for Array<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl SerializeTuple for Array<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl SerializeTupleStruct for Array<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl SerializeTupleVariant for Variant<Array<'_>> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.0.element(value)
    }

    fn end(self) -> Result<(), Error> {
        self.0.close().close(b'}');
        Ok(())
    }
}

impl SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key = self.writer.key_start(&self.object);
        key.serialize(Key(self.writer))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.writer.member(&mut self.object, self.key, value)
    }

    fn end(self) -> Result<(), Error> {
        self.close().map(drop)
    }
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = Error;

    // Inlined, the key is known to be an ordinary one: modules without such text have no code for it.
    #[inline(always)]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        match Verbatim::named(key) {
            None => self.field(key, value),
            Some(verbatim) => {
                self.writer.take_back(&mut self.object);
                verbatim.write(self.writer, value)
            }
        }
    }

    fn end(self) -> Result<(), Error> {
        self.close().map(drop)
    }
}

impl SerializeStructVariant for Variant<Members<'_>> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        self.0.field(key, value)
    }

    fn end(self) -> Result<(), Error> {
        self.0.close()?.close(b'}');
        Ok(())
    }
}
