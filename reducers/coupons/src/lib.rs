//! `coupons`: which discount codes were entered in a cart, when, and how the cart went on.
//!
//! One model for each cart, a function of the set of its events: it folds by `occurred` and takes nothing
//! that is emitted. What lies in the cart is folded along, because a code says little without its value.

#[cfg(test)]
mod tests;

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};
use shop::{
    Contents,
    events::{DiscountCode, Visit},
};

/// How many codes a model holds: the first ones.
const MAX_CODES: usize = 20;

/// The codes of a cart. Money in cents, instants in milliseconds since the Unix epoch.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Coupons {
    /// The number of events, up to the checkout.
    pub events: u64,
    /// When the first of them happened.
    pub first_event_ms: i64,
    /// What is in the cart.
    pub contents: Contents,
    /// How many codes were entered.
    pub entered: u64,
    /// The first 20 of them, in order.
    pub codes: Vec<Entered>,
    /// When the cart was checked out, if it was.
    pub checkout_ms: Option<i64>,
    /// What it was worth then, before any discount.
    pub checkout_value: Option<u64>,
}

/// A code, and the cart at the moment when it was entered.
#[derive(Debug, Serialize, Deserialize)]
pub struct Entered {
    /// As the visitor typed it.
    pub code: String,
    /// The coupon's entity, if it was named.
    pub coupon: Option<String>,
    /// By how much it lowers the price, in percent, as it was given.
    pub percent: u32,
    /// When.
    pub at_ms: i64,
    /// How long after the cart's first event.
    pub after_ms: i64,
    /// How many events came before it.
    pub events_before: u64,
    /// What the cart was worth, before any discount.
    pub value: u64,
    /// The number of items in it.
    pub items: u64,
}

/// Applies what a visitor did. A cart ends with its checkout; what comes later changes nothing.
///
/// # Errors
///
/// None of its own.
pub fn apply(coupons: &mut Coupons, event: Event<Visit>) -> Result<Vec<NewEvent>> {
    if coupons.checkout_ms.is_some() {
        return Ok(vec![]);
    }
    let at_ms = shop::ms(event.occurred_at);
    if coupons.events == 0 {
        coupons.first_event_ms = at_ms;
    }
    match event.data {
        Visit::ItemAdded(item) => drop(coupons.contents.add(item, at_ms)),
        Visit::ItemRemoved(item) => drop(coupons.contents.remove(&item.sku, item.qty)),
        Visit::DiscountCodeAdded(code) => coupons.enter(code, at_ms),
        Visit::CheckedOut => {
            coupons.checkout_ms = Some(at_ms);
            coupons.checkout_value = Some(coupons.contents.value());
        }
    }
    coupons.events += 1;
    Ok(vec![])
}

impl Coupons {
    fn enter(&mut self, code: DiscountCode, at_ms: i64) {
        self.entered += 1;
        if self.codes.len() == MAX_CODES {
            return;
        }
        let DiscountCode { code, coupon, percent } = code;
        self.codes.push(Entered {
            code,
            coupon,
            percent,
            at_ms,
            after_ms: at_ms - self.first_event_ms,
            events_before: self.events,
            value: self.contents.value(),
            items: self.contents.items(),
        });
    }
}

reducer!(apply, order: occurred);
