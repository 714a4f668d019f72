//! `cart-analytics`: what the carts of a context have in common, in one model that never grows.
//!
//! It takes what `cart` emits: each time a cart's share in the statistics moves, the event says what the
//! cart counted as and what it counts as now, and here the one is subtracted and the other added. So no
//! cart has to be known by name, and always `started` = open + abandoned + checked out.
//!
//! What `cart` emitted before it heard of a late event stays true to what was known then. The numbers of
//! carts are right all the same; what those carts were like (value, items) can be off by the number of
//! late events, and a single number be negative. A cart whose *first* event comes after its second counts
//! twice.
//!
//! A cart that was idle for 24 hours of *event* time counts as abandoned (see [`shop::Window`]), until it
//! moves again. The model is below 64 KiB: 27 tallies of at most 12 numbers each, and some sums.

mod tally;
#[cfg(test)]
mod tests;

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};
use shop::{
    Window,
    facts::{Activity, Ended, Standing},
};

pub use crate::tally::Tally;

/// The carts of a context.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Analytics {
    /// How many carts there were.
    pub started: u64,
    /// Those that may go on, by the hour of their last activity, and those that were abandoned.
    pub carts: Window<Tally>,
    /// Those that were checked out, as they were then.
    pub checked_out: Tally,
    /// What those add up to.
    pub checkouts: Checkouts,
}

/// Sums over the carts that were checked out. Over `checked_out.carts` they give averages.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Checkouts {
    /// From the first event to the checkout.
    pub age_ms: i64,
    /// The events, the checkouts included.
    pub events: u64,
    /// The highest values that they had, in cents, before any discount.
    pub peak_value: u64,
    /// The values in the end, in cents, before any discount.
    pub value: u64,
    /// What was paid, in cents.
    pub due: u64,
    /// From the first event to the discount code, for those of `with_code`.
    pub code_after_ms: i64,
}

/// What `cart` emits onto carts.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "see `shop::facts`")]
pub enum Fact {
    CartActivity(Activity),
    CartEnded(Ended),
}

/// Adds up what `cart` emitted.
///
/// # Errors
///
/// None of its own.
pub fn apply(analytics: &mut Analytics, event: Event<Fact>) -> Result<Vec<NewEvent>> {
    analytics.carts.advance(shop::ms(event.occurred_at));
    match event.data {
        Fact::CartActivity(Activity { before, after }) => {
            analytics.leave(before);
            analytics.carts.add(after.hour, Tally::one(&after));
        }
        Fact::CartEnded(ended) => {
            analytics.checked_out += Tally::one(&ended.after);
            analytics.checkouts.add(&ended);
            analytics.leave(ended.before);
        }
    }
    Ok(vec![])
}

impl Analytics {
    /// A cart is no longer what it was; if it was nothing, it is new.
    fn leave(&mut self, before: Option<Standing>) {
        match before {
            Some(standing) => self.carts.add(standing.hour, Tally::minus_one(&standing)),
            None => self.started += 1,
        }
    }
}

impl Checkouts {
    fn add(&mut self, ended: &Ended) {
        self.age_ms = self.age_ms.saturating_add(ended.age_ms);
        self.events = self.events.saturating_add(ended.events);
        self.peak_value = self.peak_value.saturating_add(ended.peak_value);
        self.value = self.value.saturating_add(ended.value);
        self.due = self.due.saturating_add(ended.due);
        self.code_after_ms = self.code_after_ms.saturating_add(ended.code_after_ms.unwrap_or_default());
    }
}

reducer!(apply, whole_context);
