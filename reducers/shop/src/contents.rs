//! What lies in a cart.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::events::ItemAdded;

/// How many kinds of items a cart holds. There is no room for others; a model stays bounded that way.
pub const MAX_LINES: usize = 200;

/// What lies in a cart, by SKU.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Contents(BTreeMap<String, Line>);

/// One kind of item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The name that visitors see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The product's entity, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// How many there are, never 0.
    pub qty: u64,
    /// For one, in cents.
    pub price: u64,
    /// Since when there has been at least one.
    pub since_ms: i64,
}

impl Contents {
    /// Puts something in. Gives its line with the quantity that its product has not heard of (what was
    /// there before too, if the product is named only now); none if nothing went in: no quantity, or no
    /// room. The first product named stays.
    pub fn add(&mut self, item: ItemAdded, at_ms: i64) -> Option<Line> {
        let ItemAdded { product, sku, name, qty, price } = item;
        if qty == 0 || (self.0.len() >= MAX_LINES && !self.0.contains_key(&sku)) {
            return None;
        }
        let new = Line { name: None, product: None, qty: 0, price, since_ms: at_ms };
        let line = self.0.entry(sku).or_insert(new);
        line.qty = line.qty.saturating_add(qty.into());
        line.price = price;
        line.name = name.or(line.name.take());
        let unheard = if line.product.is_some() { qty.into() } else { line.qty };
        line.product = line.product.take().or(product);
        Some(Line { qty: unheard, ..line.clone() })
    }

    /// Takes out as many as there are, `qty` at most. Gives the line with that quantity; none if there was
    /// nothing to take.
    pub fn remove(&mut self, sku: &str, qty: u32) -> Option<Line> {
        let line = self.0.get_mut(sku)?;
        let taken = line.qty.min(qty.into());
        if taken == 0 {
            return None;
        }
        line.qty -= taken;
        let removed = Line { qty: taken, ..line.clone() };
        if line.qty == 0 {
            self.0.remove(sku);
        }
        Some(removed)
    }

    /// The lines, by SKU.
    pub fn lines(&self) -> impl Iterator<Item = (&str, &Line)> {
        self.0.iter().map(|(sku, line)| (sku.as_str(), line))
    }

    /// How many items there are.
    pub fn items(&self) -> u64 {
        self.0.values().fold(0, |sum, line| sum.saturating_add(line.qty))
    }

    /// What they are worth, in cents, before any discount.
    pub fn value(&self) -> u64 {
        self.0.values().fold(0, |sum, line| sum.saturating_add(line.qty.saturating_mul(line.price)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(sku: &str, qty: u32, price: u64) -> ItemAdded {
        ItemAdded { product: None, sku: sku.to_owned(), name: None, qty, price }
    }

    #[test]
    fn the_last_price_counts_and_the_first_instant() {
        let mut contents = Contents::default();
        contents.add(item("cup", 1, 500), 10);
        let line = contents.add(item("cup", 2, 400), 20).unwrap();
        assert_eq!((line.price, line.since_ms), (400, 10));
        assert_eq!((contents.items(), contents.value()), (3, 1_200));
    }

    #[test]
    fn a_product_hears_of_all_that_is_there() {
        let mut contents = Contents::default();
        let with =
            |product: &str, qty| ItemAdded { product: Some(product.to_owned()), ..item("cup", qty, 1) };
        contents.add(item("cup", 2, 1), 10);
        assert_eq!(contents.add(with("first", 3), 20).unwrap().qty, 5);
        let line = contents.add(with("second", 4), 30).unwrap();
        assert_eq!((line.qty, line.product.as_deref()), (4, Some("first")));
    }

    #[test]
    fn no_more_is_taken_than_there_is() {
        let mut contents = Contents::default();
        contents.add(item("cup", 2, 500), 10);
        assert_eq!(contents.remove("cup", 5).unwrap().qty, 2);
        assert_eq!(contents.remove("cup", 1), None);
        assert_eq!(contents, Contents::default());
    }

    #[test]
    fn the_number_of_kinds_is_bounded() {
        let mut contents = Contents::default();
        for kind in 0..MAX_LINES {
            assert!(contents.add(item(&kind.to_string(), 1, 1), 0).is_some());
        }
        assert!(contents.add(item("one more", 1, 1), 0).is_none());
        assert!(contents.add(item("7", 1, 1), 0).is_some());
    }

    #[test]
    fn sums_do_not_overflow() {
        let mut contents = Contents::default();
        contents.add(item("gold", u32::MAX, u64::MAX), 0);
        assert_eq!(contents.value(), u64::MAX);
    }
}
