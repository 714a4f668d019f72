//! Asks a type for the names of its variants, without having a value of it.

use std::fmt;

use serde::{
    Deserializer,
    de::{self, DeserializeOwned, Visitor},
    forward_to_deserialize_any,
};

/// The names by which `E` knows its variants (aliases among them), if it is an externally tagged enum.
pub(crate) fn of<E: DeserializeOwned>() -> Option<&'static [&'static str]> {
    // Deserialize tells the deserializer what it expects before it asks for anything.
    match E::deserialize(Probe) {
        Err(Answer::Variants(names)) => Some(names),
        Err(Answer::Other) | Ok(_) => None,
    }
}

/// A deserializer that gives no value, only the answer to what was asked of it.
struct Probe;

#[derive(Debug)]
enum Answer {
    Variants(&'static [&'static str]),
    Other,
}

impl<'de> Deserializer<'de> for Probe {
    type Error = Answer;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Answer> {
        Err(Answer::Variants(variants))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Answer> {
        Err(Answer::Other)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a probe has no value")
    }
}

impl std::error::Error for Answer {}

impl de::Error for Answer {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self::Other
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    #[expect(dead_code, reason = "only its names are asked for")]
    enum Change {
        #[serde(alias = "item_put")]
        ItemAdded {
            qty: u32,
        },
        Cleared,
    }

    #[derive(Deserialize)]
    #[serde(tag = "kind")]
    enum InData {
        One,
    }

    #[test]
    fn an_enum_names_its_variants_and_their_aliases() {
        let mut names = of::<Change>().unwrap().to_vec();
        names.sort_unstable();
        assert_eq!(names, ["cleared", "item_added", "item_put"]);
    }

    #[test]
    fn nothing_else_does() {
        assert_eq!(of::<serde_json::Value>(), None);
        assert_eq!(of::<Option<u32>>(), None);
        assert_eq!(of::<()>(), None);
        assert_eq!(of::<InData>(), None);
    }
}
