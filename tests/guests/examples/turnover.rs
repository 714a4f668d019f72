//! What load tests fold beside `tally`: one small model of all that went into any cart.

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Turnover {
    items: u64,
    value: u64,
    newest: String,
}

#[derive(Deserialize)]
struct Item {
    qty: u64,
    price: u64,
}

fn apply(turnover: &mut Turnover, event: Event<Item>) -> Result<Vec<NewEvent>> {
    turnover.items += event.data.qty;
    turnover.value += event.data.qty * event.data.price;
    turnover.newest = event.id;
    Ok(vec![])
}

reducer!(apply, whole_context);
