//! `product-analytics`: what becomes of a product in the carts, one model for each product.
//!
//! It takes the item summaries that `cart` emits and only adds them up, so that their order does not
//! matter: it folds them as they are recorded, and a late one costs no refold. The present is the latest
//! event of the product itself: a reducer has no other clock.

#[cfg(test)]
mod tests;

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};
use shop::{Window, facts::ItemMoved};

/// What became of a product. Quantities are items, money in cents, time in milliseconds.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Product {
    /// The name by which the shop keeps it.
    pub sku: String,
    /// The name that visitors see, if one was given.
    pub name: Option<String>,
    /// How many were put into carts.
    pub added: u64,
    /// How many of them were taken out again.
    pub removed: u64,
    /// How many of them were bought.
    pub bought: u64,
    /// What those brought in, before any discount.
    pub revenue: u64,
    /// How long it stayed until it was taken out.
    pub stayed_until_removed: Stays,
    /// How long it stayed until it was bought.
    pub stayed_until_bought: Stays,
    /// What lies in carts still, by the hour in which it came there; after a day it counts as abandoned,
    /// until it is taken out or bought after all.
    pub in_carts: Window<i64>,
}

/// How long a product stayed in carts. The average is `total_ms` over `carts`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Stays {
    pub carts: u64,
    pub total_ms: i64,
    pub longest_ms: i64,
}

/// What `cart` emits onto products.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "see `shop::facts`")]
pub enum Fact {
    CartItemAdded(ItemMoved),
    CartItemRemoved(ItemMoved),
    CartItemBought(ItemMoved),
}

/// Adds up what `cart` emitted.
///
/// # Errors
///
/// None of its own.
pub fn apply(product: &mut Product, event: Event<Fact>) -> Result<Vec<NewEvent>> {
    product.in_carts.advance(shop::ms(event.occurred_at));
    match event.data {
        Fact::CartItemAdded(item) => {
            product.added = product.added.saturating_add(item.qty);
            product.lie(&item, 1);
            product.sku = item.sku;
            product.name = item.name.or(product.name.take());
        }
        Fact::CartItemRemoved(item) => {
            product.removed = product.removed.saturating_add(item.qty);
            product.stayed_until_removed.add(item.stayed_ms);
            product.lie(&item, -1);
        }
        Fact::CartItemBought(item) => {
            product.bought = product.bought.saturating_add(item.qty);
            product.revenue = product.revenue.saturating_add(item.qty.saturating_mul(item.price));
            product.stayed_until_bought.add(item.stayed_ms);
            product.lie(&item, -1);
        }
    }
    Ok(vec![])
}

impl Product {
    /// More (sign 1) or less (sign -1) of it lies in carts, since the instant that `item` names.
    fn lie(&mut self, item: &ItemMoved, sign: i64) {
        // One cart's worth is bounded, so that not even many make the sum overflow.
        let qty = i64::from(u32::try_from(item.qty).unwrap_or(u32::MAX));
        self.in_carts.add(shop::hour(item.since_ms), sign * qty);
    }
}

impl Stays {
    fn add(&mut self, stayed_ms: i64) {
        self.carts += 1;
        self.total_ms = self.total_ms.saturating_add(stayed_ms);
        self.longest_ms = self.longest_ms.max(stayed_ms);
    }
}

reducer!(apply, order: recorded);
