//! Reads the data of an event into a type of the reducer's: an enum takes the event type as the name of
//! its variant, anything else takes the data alone.

use serde::{
    Deserializer, de,
    de::{DeserializeOwned, DeserializeSeed, EnumAccess, VariantAccess, Visitor, value::StrDeserializer},
    forward_to_deserialize_any,
};
use serde_json::Error;

use crate::{
    json::{self, Text},
    variants,
};

/// Reads `data` as `E`, straight from the bytes.
pub(crate) fn decode<E: DeserializeOwned>(event_type: &str, data: &[u8]) -> Result<E, Error> {
    if variants::of::<E>().is_some() {
        json::read(data, |data| E::deserialize(Tagged { event_type, data }))
    } else {
        json::from_slice(data)
    }
}

/// An event type and its data, in the role of an externally tagged enum.
struct Tagged<'a> {
    event_type: &'a str,
    data: Text<'a>,
}

impl<'de> Deserializer<'de> for Tagged<'de> {
    type Error = Error;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        Err(de::Error::invalid_type(de::Unexpected::Enum, &visitor))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Tagged<'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let name: StrDeserializer<'de, Error> = de::IntoDeserializer::into_deserializer(self.event_type);
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Tagged<'de> {
    type Error = Error;

    /// The type says it all: whatever the data is, it is not looked at.
    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        self.data.value(|json| seed.deserialize(json))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.data.value(|json| json.deserialize_tuple(len, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.data.value(|json| json.deserialize_struct("", fields, visitor))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::value::RawValue;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Change {
        Cleared,
        Renamed(String),
        Moved(i32, i32),
        ItemAdded { qty: u32 },
        Priced { price: f64 },
    }

    fn change(event_type: &str, data: &str) -> Result<Change, Error> {
        decode(event_type, data.as_bytes())
    }

    #[test]
    fn each_kind_of_variant_takes_its_data() {
        assert_eq!(change("cleared", r#"{"by":"me"}"#).unwrap(), Change::Cleared);
        assert_eq!(change("cleared", "9007199254740993").unwrap(), Change::Cleared, "it is not looked at");
        assert_eq!(change("renamed", r#""cup""#).unwrap(), Change::Renamed("cup".to_owned()));
        assert_eq!(change("moved", "[3,-4]").unwrap(), Change::Moved(3, -4));
        assert_eq!(change("item_added", r#"{"qty":2,"sku":"abc"}"#).unwrap(), Change::ItemAdded { qty: 2 });
        let price = r#"{"price":100000000000000000000}"#;
        assert_eq!(change("priced", price).unwrap(), Change::Priced { price: 1e20 });
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(change("item_lost", "{}").is_err());
        assert!(change("item_added", "{}").is_err());
        assert!(change("item_added", r#"{"qty":2}{}"#).is_err());
        assert!(change("renamed", "null").is_err());
        assert!(change("item_added", r#"{"qty":100000000000000000000}"#).is_err());
    }

    #[test]
    fn other_types_take_the_data_alone() {
        assert_eq!(decode::<Option<u32>>("any", b"null").unwrap(), None);
        assert_eq!(decode::<Option<u32>>("any", b"7").unwrap(), Some(7));
        assert_eq!(decode::<Box<RawValue>>("any", br#"{"b":1,"a":2}"#).unwrap().get(), r#"{"b":1,"a":2}"#);
    }
}
