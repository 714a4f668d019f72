//! What visitors do. Each event happens to a cart; walking away is no event.

use serde::{Deserialize, Deserializer};

/// The events of a cart.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visit {
    /// Something was put in.
    ItemAdded(ItemAdded),
    /// Something was taken out.
    ItemRemoved(ItemRemoved),
    /// A code was entered; it replaces the one before.
    DiscountCodeAdded(DiscountCode),
    /// The contents were bought.
    CheckedOut,
}

/// What was put in.
#[derive(Debug, Deserialize)]
pub struct ItemAdded {
    /// The product's entity; without it, or if it is no UUIDv4, only the cart takes notice.
    #[serde(default, deserialize_with = "entity")]
    pub product: Option<String>,
    /// The name by which the shop keeps it.
    pub sku: String,
    /// The name that visitors see.
    #[serde(default)]
    pub name: Option<String>,
    /// How many.
    pub qty: u32,
    /// For one, in cents. From now on it is the price of all that are in the cart.
    pub price: u64,
}

/// What was taken out.
#[derive(Debug, Deserialize)]
pub struct ItemRemoved {
    /// The name by which the shop keeps it.
    pub sku: String,
    /// How many, at most: there may be fewer.
    pub qty: u32,
}

/// What was entered.
#[derive(Debug, Deserialize)]
pub struct DiscountCode {
    /// As the visitor typed it.
    pub code: String,
    /// The coupon's entity.
    #[serde(default, deserialize_with = "entity")]
    pub coupon: Option<String>,
    /// By how much it lowers the price. More than 100 counts as 100.
    pub percent: u32,
}

/// Takes a UUIDv4 in its usual text form. Others count as missing: a cart does not stop for a link that
/// leads nowhere.
fn entity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    Ok(text.map(|text| text.to_ascii_lowercase()).filter(|text| is_uuid_v4(text)))
}

fn is_uuid_v4(text: &str) -> bool {
    let fits = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        14 => byte == b'4',
        19 => matches!(byte, b'8' | b'9' | b'a' | b'b'),
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(json: &str) -> Option<String> {
        let text = format!(r#"{{"sku":"abc","qty":1,"price":1999{json}}}"#);
        serde_json::from_str::<ItemAdded>(&text).unwrap().product
    }

    #[test]
    fn a_product_is_a_uuid_v4_or_none() {
        let good = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
        assert_eq!(product(&format!(r#","product":"{good}""#)).as_deref(), Some(good));
        assert_eq!(product(&format!(r#","product":"{}""#, good.to_uppercase())).as_deref(), Some(good));
        assert_eq!(product(r#","product":"7c9e6679-7425-10de-944b-e07fc1f90ae7""#), None);
        assert_eq!(product(r#","product":"cup""#), None);
        assert_eq!(product(r#","product":null"#), None);
        assert_eq!(product(""), None);
    }
}
