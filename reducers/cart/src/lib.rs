//! `cart`: what is in a cart, what went in and out and when, and what it was worth.
//!
//! A model is a function of the set of a cart's events: it folds by `occurred` and takes nothing that is
//! emitted. It takes visitors as they come: removing what is not there takes nothing out, and a cart ends
//! with its checkout; what comes later is only counted. Only data that cannot be read is refused.
//!
//! It emits [`facts`]: item summaries onto products, and onto the cart how its share in the statistics
//! moves, up to a summary of the end. What it emits says what was known then; a late event adds its own.

mod model;
#[cfg(test)]
mod tests;

use everfold_sdk::{Event, NewEvent, Result, reducer};
use shop::{
    Line,
    events::Visit,
    facts::{self, Activity, Ended, ItemMoved, Standing},
};

pub use crate::model::{Cart, Checkout, Code, Gaps, Moved, Movement, Peak, Totals};

/// Applies what a visitor did.
///
/// # Errors
///
/// None of its own.
pub fn apply(cart: &mut Cart, event: Event<Visit>) -> Result<Vec<NewEvent>> {
    if cart.checkout.is_some() {
        cart.after_checkout += 1;
        return Ok(vec![]);
    }
    let at_ms = shop::ms(event.occurred_at);
    let before = (cart.events > 0).then(|| cart.standing());
    cart.touch(at_ms);
    let fact = match event.data {
        Visit::ItemAdded(item) => {
            let sku = item.sku.clone();
            cart.put_in(item).and_then(|line| moved(cart, facts::ITEM_ADDED, &sku, &line))
        }
        Visit::ItemRemoved(item) => {
            cart.take_out(&item).and_then(|line| moved(cart, facts::ITEM_REMOVED, &item.sku, &line))
        }
        Visit::DiscountCodeAdded(code) => {
            cart.enter_code(code);
            None
        }
        Visit::CheckedOut => return check_out(cart, before),
    };
    fact.into_iter().chain(activity(cart, before)).collect()
}

fn check_out(cart: &mut Cart, before: Option<Standing>) -> Result<Vec<NewEvent>> {
    cart.check_out();
    let bought = |(sku, line)| moved(cart, facts::ITEM_BOUGHT, sku, line);
    let mut new_events = cart.contents.lines().filter_map(bought).collect::<Result<Vec<_>>>()?;
    let ended = Ended {
        before,
        after: cart.standing(),
        age_ms: cart.last_event_ms - cart.first_event_ms,
        events: cart.events,
        peak_value: cart.peak.value,
        value: cart.totals.value,
        due: cart.totals.due,
        code_after_ms: cart.code.as_ref().map(|code| code.at_ms - cart.first_event_ms),
    };
    new_events.push(NewEvent::new(facts::ENDED, &ended)?);
    Ok(new_events)
}

/// A summary for the product, if there is one.
fn moved(cart: &Cart, fact: &str, sku: &str, line: &Line) -> Option<Result<NewEvent>> {
    let product = line.product.as_ref()?;
    let data = ItemMoved {
        sku: sku.to_owned(),
        name: line.name.clone(),
        qty: line.qty,
        price: line.price,
        since_ms: line.since_ms,
        stayed_ms: cart.last_event_ms - line.since_ms,
    };
    Some(NewEvent::new(fact, &data).map(|event| event.on(product)))
}

/// Says that the cart's share in the statistics moved. Mostly it does not: then there is nothing to say.
fn activity(cart: &Cart, before: Option<Standing>) -> Option<Result<NewEvent>> {
    let after = cart.standing();
    (before.as_ref() != Some(&after)).then(|| NewEvent::new(facts::ACTIVITY, &Activity { before, after }))
}

reducer!(
    apply,
    order: occurred,
    emits: [facts::ITEM_ADDED, facts::ITEM_REMOVED, facts::ITEM_BOUGHT, facts::ACTIVITY, facts::ENDED],
);
