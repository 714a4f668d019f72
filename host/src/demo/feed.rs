//! Makes up what the visitors of a shop do in five days: the same for the same seed.

use std::ops::Range;

use fastrand::Rng;
use serde_json::{Value, json};
use uuid::{Builder, Uuid};

use crate::words::{EventId, TICKS_BEFORE_UNIX};

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const SPAN: i64 = 5 * 24 * HOUR;

/// SKU, name, price in cents, and how many of a hundred visitors think better of it.
const CATALOGUE: [(&str, &str, u64, u32); 14] = [
    ("mug-blue", "Blue mug", 1_290, 8),
    ("mug-giant", "Giant mug", 1_990, 22),
    ("tea-green", "Green tea, 250 g", 1_450, 6),
    ("tea-smoky", "Smoky tea, 250 g", 1_650, 30),
    ("kettle", "Kettle", 4_900, 18),
    ("kettle-steel", "Steel kettle", 8_900, 38),
    ("teapot", "Teapot for four", 3_900, 12),
    ("strainer", "Strainer", 690, 4),
    ("honey", "Forest honey", 890, 7),
    ("biscuits", "Oat biscuits", 450, 9),
    ("tray", "Walnut tray", 5_900, 33),
    ("cloth", "Linen cloth", 2_400, 15),
    ("samovar", "Electric samovar", 21_900, 55),
    ("book", "The book of tea", 1_800, 10),
];

/// Code and percent.
const CODES: [(&str, u32); 3] = [("SPRING10", 10), ("WELCOME5", 5), ("TEATIME20", 20)];

/// An event to be posted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FeedEvent {
    pub(crate) event_type: &'static str,
    /// The cart.
    pub(crate) entity: Uuid,
    /// A UUIDv1 that says when it happened.
    pub(crate) id: Uuid,
    pub(crate) data: Value,
}

/// What the visitors of so many `carts` do in the five days up to `end_unix_micros`, seven or eight events
/// each, in the order of delivery. One event in fifty comes late, mostly after events that happened after
/// it; the first event of a cart does not.
pub(crate) fn shop_events(seed: u64, carts: usize, end_unix_micros: i64) -> Vec<FeedEvent> {
    let mut rng = Rng::with_seed(seed);
    let products = CATALOGUE.map(|_| uuid_v4(&mut rng));
    let coupons = CODES.map(|_| uuid_v4(&mut rng));
    let mut deliveries = Vec::new();
    for _ in 0..carts {
        let start = end_unix_micros - rng.i64(10 * MINUTE..SPAN);
        let mut visit = Visit::new(&mut rng, start);
        visit.walk(&products, &coupons);
        deliveries.append(&mut visit.deliveries);
    }
    deliveries.retain(|delivery| delivery.happens <= end_unix_micros);
    deliveries.sort_by_key(|delivery| delivery.arrives);
    deliveries.into_iter().map(|delivery| delivery.event).collect()
}

/// An event on its way. Both instants are in microseconds since the Unix epoch.
struct Delivery {
    happens: i64,
    arrives: i64,
    event: FeedEvent,
}

/// One visitor with one cart, on a machine of their own.
struct Visit<'a> {
    rng: &'a mut Rng,
    cart: Uuid,
    clock_and_node: [u8; 8],
    now: i64,
    /// In the cart: the article's place in the catalogue, and how many.
    basket: Vec<(usize, u32)>,
    removals: bool,
    code: bool,
    deliveries: Vec<Delivery>,
}

impl<'a> Visit<'a> {
    fn new(rng: &'a mut Rng, start: i64) -> Self {
        let cart = uuid_v4(rng);
        let mut clock_and_node = rng.u64(..).to_be_bytes();
        // The variant of the usual UUIDs, and a multicast address: no real network card has it.
        clock_and_node[0] = clock_and_node[0] & 0x3f | 0x80;
        clock_and_node[2] |= 0x01;
        let (basket, deliveries) = (Vec::new(), Vec::new());
        Self { rng, cart, clock_and_node, now: start, basket, removals: false, code: false, deliveries }
    }

    fn walk(&mut self, products: &[Uuid], coupons: &[Uuid]) {
        let most = if self.chance(30) { 3 } else { 12 };
        for _ in 0..self.rng.u32(1..most) {
            self.put_in(products);
            self.think_better_of_it(products);
        }
        if self.chance(15) {
            // Sleeps on it.
            self.pause(6 * HOUR..40 * HOUR);
        }
        if self.chance(40) {
            self.enter_code(coupons);
        }
        while self.chance(45) {
            self.put_in(products);
            self.think_better_of_it(products);
        }
        if self.chance(self.resolve()) {
            self.happen("checked_out", json!({}));
        }
    }

    fn put_in(&mut self, products: &[Uuid]) {
        let article = self.rng.usize(..CATALOGUE.len());
        let (sku, name, price, _) = CATALOGUE[article];
        let qty = if self.chance(80) { 1 } else { self.rng.u32(2..5) };
        self.basket.push((article, qty));
        let product = products[article];
        let data = json!({"product": product, "sku": sku, "name": name, "qty": qty, "price": price});
        self.happen("item_added", data);
    }

    fn think_better_of_it(&mut self, products: &[Uuid]) {
        let place = self.rng.usize(..self.basket.len().max(1));
        let Some(&(article, held)) = self.basket.get(place) else { return };
        let (sku, _, _, doubt) = CATALOGUE[article];
        if !self.chance(doubt) {
            return;
        }
        let qty = self.rng.u32(1..=held);
        if qty == held {
            self.basket.remove(place);
        } else {
            self.basket[place].1 -= qty;
        }
        self.removals = true;
        self.happen("item_removed", json!({"product": products[article], "sku": sku, "qty": qty}));
    }

    fn enter_code(&mut self, coupons: &[Uuid]) {
        let which = self.rng.usize(..CODES.len());
        let (code, percent) = CODES[which];
        self.code = true;
        let data = json!({"code": code, "coupon": coupons[which], "percent": percent});
        self.happen("discount_code_added", data);
    }

    /// How many of a hundred such visitors buy. A code helps; second thoughts and a high price do not.
    fn resolve(&self) -> u32 {
        let value: u64 =
            self.basket.iter().map(|&(article, qty)| CATALOGUE[article].2 * u64::from(qty)).sum();
        let price = if value >= 20_000 { 20 } else { 0 };
        let base = if self.basket.is_empty() { 40 } else { 60 };
        base + if self.code { 22 } else { 0 } - if self.removals { 18 } else { 0 } - price
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.u32(..100) < percent
    }

    fn pause(&mut self, micros: Range<i64>) {
        self.now += self.rng.i64(micros);
    }

    fn happen(&mut self, event_type: &'static str, data: Value) {
        if self.chance(85) {
            self.pause(5 * SECOND..4 * MINUTE);
        } else {
            self.pause(8 * MINUTE..2 * HOUR);
        }
        let late = !self.deliveries.is_empty() && self.chance(2);
        let delay = if late { 3 * MINUTE..50 * MINUTE } else { SECOND / 20..SECOND };
        let arrives = self.now + self.rng.i64(delay);
        let id = event_id(self.now, self.rng.u64(..10), self.clock_and_node);
        let event = FeedEvent { event_type, entity: self.cart, id, data };
        self.deliveries.push(Delivery { happens: self.now, arrives, event });
    }
}

fn uuid_v4(rng: &mut Rng) -> Uuid {
    Builder::from_random_bytes(rng.u128(..).to_be_bytes()).into_uuid()
}

fn event_id(unix_micros: i64, tick: u64, clock_and_node: [u8; 8]) -> Uuid {
    let ticks = (unix_micros * 10 + TICKS_BEFORE_UNIX).cast_unsigned() + tick;
    EventId::from_parts(ticks, clock_and_node).to_uuid()
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    const END: i64 = 1_767_225_600 * SECOND;

    fn unix_micros(event: &FeedEvent) -> i64 {
        let (seconds, nanos) = event.id.get_timestamp().unwrap().to_unix();
        i64::try_from(seconds).unwrap() * SECOND + i64::from(nanos / 1_000)
    }

    #[test]
    fn the_same_seed_gives_the_same_events() {
        assert_eq!(shop_events(7, 50, END), shop_events(7, 50, END));
        assert_ne!(shop_events(7, 50, END), shop_events(8, 50, END));
    }

    #[test]
    fn ids_are_unique_and_say_when_it_happened() {
        let events = shop_events(1, 400, END);
        assert!((2_500..4_000).contains(&events.len()), "{}", events.len());
        assert_eq!(events.iter().map(|event| event.id).collect::<HashSet<_>>().len(), events.len());
        for event in &events {
            assert_eq!((event.id.get_version_num(), event.entity.get_version_num()), (1, 4));
            assert!((END - SPAN..=END).contains(&unix_micros(event)));
        }
    }

    #[test]
    fn some_events_come_late_but_not_the_first_of_a_cart() {
        let mut latest = HashMap::new();
        let mut first = HashMap::new();
        let mut late = 0;
        for event in shop_events(1, 400, END) {
            let at = unix_micros(&event);
            assert!(*first.entry(event.entity).or_insert(at) <= at);
            let latest = latest.entry(event.entity).or_insert(at);
            late += usize::from(at < *latest);
            *latest = at.max(*latest);
        }
        assert!((10..100).contains(&late), "{late}");
    }
}
