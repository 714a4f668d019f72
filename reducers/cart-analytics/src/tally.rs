//! How many carts there are, and what they are like.

use std::{collections::BTreeMap, ops::AddAssign};

use serde::{Deserialize, Serialize};
use shop::facts::{ItemsBand, Standing, ValueBand};

/// Counts carts by what may have to do with how they end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// All of them.
    pub carts: i64,
    /// Those with a discount code.
    pub with_code: i64,
    /// Those that something was taken out of.
    pub with_removals: i64,
    /// By value.
    pub by_value: BTreeMap<ValueBand, i64>,
    /// By the number of items.
    pub by_items: BTreeMap<ItemsBand, i64>,
}

impl Tally {
    /// One cart more.
    pub fn one(cart: &Standing) -> Self {
        Self::times(cart, 1)
    }

    /// One cart less.
    pub fn minus_one(cart: &Standing) -> Self {
        Self::times(cart, -1)
    }

    fn times(cart: &Standing, carts: i64) -> Self {
        Self {
            carts,
            with_code: if cart.code { carts } else { 0 },
            with_removals: if cart.removals { carts } else { 0 },
            by_value: BTreeMap::from([(cart.value, carts)]),
            by_items: BTreeMap::from([(cart.items, carts)]),
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.carts += other.carts;
        self.with_code += other.with_code;
        self.with_removals += other.with_removals;
        merge(&mut self.by_value, other.by_value);
        merge(&mut self.by_items, other.by_items);
    }
}

/// Adds number by number. Zeros are left out, so that equal tallies look equal.
fn merge<K: Ord>(into: &mut BTreeMap<K, i64>, from: BTreeMap<K, i64>) {
    for (key, number) in from {
        *into.entry(key).or_default() += number;
    }
    into.retain(|_, number| *number != 0);
}
