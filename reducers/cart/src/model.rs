//! The model of a cart.

use serde::{Deserialize, Serialize};
use shop::{
    Contents, Line,
    events::{DiscountCode, ItemAdded, ItemRemoved},
    facts::{ItemsBand, Standing, ValueBand},
};

/// How many movements the history holds: the latest.
pub(crate) const MAX_HISTORY: usize = 50;

/// What is known about a cart. Money in cents, instants in milliseconds since the Unix epoch.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Cart {
    /// The number of events up to the checkout, that included.
    pub events: u64,
    /// When the first of them happened. With `last_event_ms` it gives the age, and with `events` the
    /// average gap.
    pub first_event_ms: i64,
    /// When the last of them happened.
    pub last_event_ms: i64,
    /// How much time passed between them; none before the second.
    pub gaps: Option<Gaps>,
    /// What is in it, by SKU; after the checkout, what was bought.
    pub contents: Contents,
    /// What that amounts to.
    pub totals: Totals,
    /// When it was worth most.
    pub peak: Peak,
    /// How many items were put in.
    pub put_in: u64,
    /// How many of them were taken out again.
    pub taken_out: u64,
    /// What went in and out: the latest 50 movements, oldest first.
    pub history: Vec<Movement>,
    /// How many movements were before those.
    pub history_left_out: u64,
    /// The discount code that counts: the last that was entered.
    pub code: Option<Code>,
    /// How it ended; none while it may go on.
    pub checkout: Option<Checkout>,
    /// How many events came after the checkout. They change nothing else.
    pub after_checkout: u64,
}

/// The time between one event and the next.
#[derive(Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Gaps {
    pub shortest_ms: i64,
    pub longest_ms: i64,
    pub last_ms: i64,
}

/// What the contents amount to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Totals {
    /// The number of items.
    pub items: u64,
    /// Before the discount.
    pub value: u64,
    /// After the discount, rounded up to a whole cent.
    pub due: u64,
}

/// The highest value, before any discount, and when it was first reached.
#[derive(Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Peak {
    pub value: u64,
    pub at_ms: i64,
}

/// Something went in or out. The fields stand in the order in which they are written: a history has many of them.
#[derive(Debug, Serialize, Deserialize)]
pub struct Movement {
    /// When.
    pub at_ms: i64,
    /// Which way.
    pub moved: Moved,
    /// How many.
    pub qty: u64,
    /// What.
    pub sku: String,
    /// For what went out: how long there had been at least one of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stayed_ms: Option<i64>,
}

/// Which way something went.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Moved {
    In,
    Out,
}

/// A discount code, and how the cart stood when it was entered.
#[derive(Debug, Serialize, Deserialize)]
pub struct Code {
    /// As the visitor typed it.
    pub code: String,
    /// The coupon's entity, if it was named.
    pub coupon: Option<String>,
    /// By how much it lowers the price: 0 to 100.
    pub percent: u64,
    /// When.
    pub at_ms: i64,
    /// What the contents were worth then, before the discount.
    pub value: u64,
}

/// How a cart ended. What was bought is what `contents` and `totals` say.
#[derive(Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Checkout {
    pub at_ms: i64,
    pub value: u64,
    pub due: u64,
}

impl Cart {
    /// Something happened.
    pub(crate) fn touch(&mut self, at_ms: i64) {
        if self.events == 0 {
            self.first_event_ms = at_ms;
        } else {
            let last_ms = at_ms - self.last_event_ms;
            let gaps = self.gaps.get_or_insert(Gaps { shortest_ms: last_ms, longest_ms: last_ms, last_ms });
            gaps.shortest_ms = gaps.shortest_ms.min(last_ms);
            gaps.longest_ms = gaps.longest_ms.max(last_ms);
            gaps.last_ms = last_ms;
        }
        self.events += 1;
        self.last_event_ms = at_ms;
    }

    /// Puts something in, now. Gives what the product has to hear of.
    pub(crate) fn put_in(&mut self, item: ItemAdded) -> Option<Line> {
        let (sku, qty) = (item.sku.clone(), u64::from(item.qty));
        let line = self.contents.add(item, self.last_event_ms)?;
        self.put_in = self.put_in.saturating_add(qty);
        self.remember(sku, qty, None);
        self.add_up();
        Some(line)
    }

    /// Takes something out, now. Gives what was there to be taken.
    pub(crate) fn take_out(&mut self, item: &ItemRemoved) -> Option<Line> {
        let line = self.contents.remove(&item.sku, item.qty)?;
        self.taken_out = self.taken_out.saturating_add(line.qty);
        let stayed_ms = self.last_event_ms - line.since_ms;
        self.remember(item.sku.clone(), line.qty, Some(stayed_ms));
        self.add_up();
        Some(line)
    }

    /// Replaces the code, now.
    pub(crate) fn enter_code(&mut self, code: DiscountCode) {
        let DiscountCode { code, coupon, percent } = code;
        let percent = u64::from(percent.min(100));
        let value = self.totals.value;
        self.code = Some(Code { code, coupon, percent, at_ms: self.last_event_ms, value });
        self.add_up();
    }

    /// Ends it, now.
    pub(crate) fn check_out(&mut self) {
        let Totals { value, due, .. } = self.totals;
        self.checkout = Some(Checkout { at_ms: self.last_event_ms, value, due });
    }

    /// What it counts as, once something happened.
    pub(crate) fn standing(&self) -> Standing {
        Standing {
            hour: shop::hour(self.last_event_ms),
            code: self.code.is_some(),
            removals: self.taken_out > 0,
            value: ValueBand::of(self.totals.value),
            items: ItemsBand::of(self.totals.items),
        }
    }

    /// What went out has stayed for some time, what went in has not.
    fn remember(&mut self, sku: String, qty: u64, stayed_ms: Option<i64>) {
        if self.history.len() == MAX_HISTORY {
            self.history.remove(0);
            self.history_left_out += 1;
        }
        let moved = if stayed_ms.is_some() { Moved::Out } else { Moved::In };
        self.history.push(Movement { at_ms: self.last_event_ms, sku, qty, moved, stayed_ms });
    }

    fn add_up(&mut self) {
        let value = self.contents.value();
        let percent = self.code.as_ref().map_or(0, |code| code.percent);
        // In two parts: the product could be too large for the type.
        let discount = value / 100 * percent + value % 100 * percent / 100;
        self.totals = Totals { items: self.contents.items(), value, due: value - discount };
        if value > self.peak.value {
            self.peak = Peak { value, at_ms: self.last_event_ms };
        }
    }
}
