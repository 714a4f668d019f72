//! What load tests fold: a small typed model of what went into a cart.

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Tally {
    items: u64,
    value: u64,
    newest: String,
}

#[derive(Deserialize)]
struct Item {
    sku: String,
    qty: u64,
    price: u64,
}

fn apply(tally: &mut Tally, event: Event<Item>) -> Result<Vec<NewEvent>> {
    tally.items += event.data.qty;
    tally.value += event.data.qty * event.data.price;
    tally.newest = event.data.sku;
    Ok(vec![])
}

reducer!(apply, order: occurred);
