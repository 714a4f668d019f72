//! What `cart` says about a cart: emitted as events, taken by the domains that count.

use serde::{Deserialize, Serialize};

/// Onto a product: some of it was put into a cart.
pub const ITEM_ADDED: &str = "cart_item_added";
/// Onto a product: some of it was taken out of a cart.
pub const ITEM_REMOVED: &str = "cart_item_removed";
/// Onto a product: some of it was bought.
pub const ITEM_BOUGHT: &str = "cart_item_bought";
/// Onto the cart: it counts as something else now.
pub const ACTIVITY: &str = "cart_activity";
/// Onto the cart: it was checked out.
pub const ENDED: &str = "cart_ended";

/// Some of a product moved: [`ITEM_ADDED`], [`ITEM_REMOVED`] or [`ITEM_BOUGHT`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemMoved {
    /// The name by which the shop keeps it.
    pub sku: String,
    /// The name that visitors see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many.
    pub qty: u64,
    /// For one, in cents, before any discount.
    pub price: u64,
    /// Since when there has been at least one in that cart.
    pub since_ms: i64,
    /// How long that is, at this moment.
    pub stayed_ms: i64,
}

/// A cart's share in the statistics moves: [`ACTIVITY`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// What it counted as; none if it is new.
    pub before: Option<Standing>,
    /// What it counts as now.
    pub after: Standing,
}

/// The summary of a cart that was checked out: [`ENDED`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// What it counted as; none if nothing happened before.
    pub before: Option<Standing>,
    /// What it was in the end.
    pub after: Standing,
    /// From its first event to the end.
    pub age_ms: i64,
    /// The number of its events, the last included.
    pub events: u64,
    /// The highest value that it had, in cents.
    pub peak_value: u64,
    /// Its value in the end, in cents, before any discount.
    pub value: u64,
    /// What was to be paid, in cents.
    pub due: u64,
    /// How long after the first event the (last) code came; none without one.
    pub code_after_ms: Option<i64>,
}

/// What a cart counts as in the statistics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The hour since the Unix epoch of its last activity.
    pub hour: i64,
    /// Whether it has a discount code.
    pub code: bool,
    /// Whether anything was taken out of it.
    pub removals: bool,
    /// How much is in it.
    pub value: ValueBand,
    /// How many items are in it.
    pub items: ItemsBand,
}

/// The value of a cart before any discount, in steps. The numbers are in units of 100 cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ValueBand {
    #[serde(rename = "under_25")]
    Under25,
    #[serde(rename = "under_50")]
    Under50,
    #[serde(rename = "under_100")]
    Under100,
    #[serde(rename = "under_200")]
    Under200,
    #[serde(rename = "from_200")]
    From200,
}

impl ValueBand {
    /// The band of a value in cents.
    pub fn of(cents: u64) -> Self {
        match cents {
            0..2_500 => Self::Under25,
            2_500..5_000 => Self::Under50,
            5_000..10_000 => Self::Under100,
            10_000..20_000 => Self::Under200,
            20_000.. => Self::From200,
        }
    }
}

/// The number of items in a cart, in steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ItemsBand {
    None,
    One,
    TwoOrThree,
    FourOrMore,
}

impl ItemsBand {
    /// The band of a number of items.
    pub fn of(items: u64) -> Self {
        match items {
            0 => Self::None,
            1 => Self::One,
            2..=3 => Self::TwoOrThree,
            4.. => Self::FourOrMore,
        }
    }
}
