//! What lies in a cart and what it is worth, until it is checked out.

use std::collections::BTreeMap;

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Cart {
    items: BTreeMap<String, Item>,
    open: bool,
    total: i64,
}

#[derive(Default, Serialize, Deserialize)]
struct Item {
    price: i64,
    qty: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Visit {
    ItemAdded { sku: String, qty: i64, price: i64 },
    ItemRemoved { sku: String, qty: i64 },
    CheckedOut,
}

#[derive(Serialize)]
struct Ended {
    items: usize,
    total: i64,
}

impl Default for Cart {
    fn default() -> Self {
        Self { items: BTreeMap::new(), open: true, total: 0 }
    }
}

impl Cart {
    fn remove(&mut self, sku: &str, qty: i64) {
        if let Some(item) = self.items.get_mut(sku) {
            item.qty -= qty;
            if item.qty <= 0 {
                self.items.remove(sku);
            }
        }
    }
}

fn apply(cart: &mut Cart, event: Event<Visit>) -> Result<Vec<NewEvent>> {
    if !cart.open {
        return Ok(vec![]);
    }
    match event.data {
        Visit::ItemAdded { sku, qty, price } => {
            let item = cart.items.entry(sku).or_default();
            item.qty += qty;
            item.price = price;
        }
        Visit::ItemRemoved { sku, qty } => cart.remove(&sku, qty),
        Visit::CheckedOut => {
            cart.open = false;
            let ended = Ended { items: cart.items.len(), total: cart.total };
            return Ok(vec![NewEvent::new("cart_ended", &ended)?]);
        }
    }
    cart.total = cart.items.values().map(|item| item.qty * item.price).sum();
    Ok(vec![])
}

reducer!(apply, order: occurred, emits: ["cart_ended"]);
