use std::collections::BTreeMap;

use everfold_sdk::testing::{Folded, TestEvent, event, fold, fold_in_all_cuts};
use serde_json::{Value, json};
use shop::facts::{ItemsBand, ValueBand};

use super::*;

const MINUTE_US: i64 = 60_000_000;
const DAY: i64 = 24 * 60;

/// What happens to a cart, `minute` minutes after the Unix epoch.
fn visit(minute: i64, event_type: &str, data: Value) -> (i64, TestEvent) {
    let at = minute * MINUTE_US;
    (at, event(event_type, data).at(at))
}

fn added(minute: i64, sku: &str, price: u64) -> (i64, TestEvent) {
    visit(minute, "item_added", json!({"sku": sku, "qty": 1, "price": price}))
}

/// Lets `cart` fold the events of one cart as they arrive, like the host: one that comes late is folded
/// in its place, and only its own new events come into being.
fn told_by_cart(arriving: Vec<(i64, TestEvent)>) -> Vec<TestEvent> {
    let mut known: Vec<(i64, TestEvent)> = vec![];
    let mut told = vec![];
    for (at, event) in arriving {
        let place = known.partition_point(|(other, _)| *other <= at);
        known.insert(place, (at, event));
        let folded = fold(cart::apply, None, known.iter().map(|(_, event)| event.clone())).unwrap();
        told.extend(emitted_by(&folded, place).map(|(event_type, data)| event_of(at, event_type, data)));
    }
    told
}

fn emitted_by(folded: &Folded, place: usize) -> impl Iterator<Item = (&str, &Value)> {
    let own = folded.emitted.iter().filter(move |new| usize::try_from(new.cause) == Ok(place));
    own.map(|new| (new.event_type.as_str(), &new.data))
}

fn event_of(at: i64, event_type: &str, data: &Value) -> TestEvent {
    event(event_type, data).at(at)
}

fn total(model: &Value) -> i64 {
    let open = model["carts"]["open"].as_object().unwrap().values();
    let carts = |tally: &Value| tally["carts"].as_i64().unwrap();
    open.map(carts).sum::<i64>() + carts(&model["carts"]["abandoned"]) + carts(&model["checked_out"])
}

fn bought(minute: i64) -> Vec<(i64, TestEvent)> {
    vec![
        added(minute, "cup", 900),
        added(minute + 5, "tea", 4_500),
        visit(minute + 6, "discount_code_added", json!({"code": "SPRING", "percent": 10})),
        visit(minute + 90, "item_removed", json!({"sku": "cup", "qty": 1})),
        visit(minute + 95, "checked_out", json!({})),
    ]
}

#[test]
fn carts_end_or_are_abandoned_after_a_day_of_event_time() {
    let mut told = told_by_cart(bought(0));
    told.extend(told_by_cart(vec![added(10, "cup", 900), added(20, "cup", 900)]));
    told.extend(told_by_cart(vec![added(DAY + 59, "tea", 30_000)]));
    let model = fold_in_all_cuts(apply, told.clone()).unwrap().model();
    assert_eq!((&model["started"], total(&model)), (&json!(3), 3));
    assert_eq!(model["carts"]["abandoned"]["carts"], 0, "not idle for a day yet");

    told.extend(told_by_cart(vec![added(DAY + 60, "tea", 30_000)]));
    let model = fold(apply, None, told).unwrap().model();
    let expected = json!({
        "carts": 1, "with_code": 0, "with_removals": 0, "by_value": {"under_25": 1},
        "by_items": {"two_or_three": 1},
    });
    assert_eq!(model["carts"]["abandoned"], expected);
    assert_eq!(model["checked_out"]["with_code"], 1);
    assert_eq!(model["checkouts"]["peak_value"], 5_400);
    assert_eq!(model["checkouts"]["due"], 4_050);
}

#[test]
fn a_cart_that_comes_back_is_no_longer_abandoned() {
    let slow = vec![added(0, "cup", 900), visit(3 * DAY, "checked_out", json!({}))];
    let mut told = told_by_cart(slow);
    told.insert(1, told_by_cart(vec![added(2 * DAY, "tea", 1)]).remove(0));
    let before = fold(apply, None, told[..2].to_vec()).unwrap().model();
    assert_eq!(before["carts"]["abandoned"]["carts"], 1);
    let after = fold(apply, None, told).unwrap().model();
    assert_eq!(after["checked_out"]["carts"], 1);
    assert_eq!((&after["carts"]["abandoned"]["carts"], total(&after)), (&json!(0), 2));
}

#[test]
fn late_events_keep_the_sums_right() {
    let in_order = fold(apply, None, told_by_cart(bought(0))).unwrap().model();
    for late in 1..5 {
        let mut arriving = bought(0);
        let event = arriving.remove(late);
        arriving.push(event);
        let model = fold(apply, None, told_by_cart(arriving)).unwrap().model();
        assert_eq!((&model["started"], total(&model)), (&json!(1), 1), "event {late} comes last");
        assert_eq!(model["checked_out"]["carts"], in_order["checked_out"]["carts"]);
        let open = model["carts"]["open"].as_object().unwrap().values();
        assert_eq!(open.map(|tally| tally["carts"].as_i64().unwrap()).sum::<i64>(), 0);
    }
}

#[test]
fn the_largest_model_is_below_64_kib() {
    let largest = Tally {
        carts: i64::MIN,
        with_code: i64::MIN,
        with_removals: i64::MIN,
        by_value: [0, 2_500, 5_000, 10_000, 20_000].map(|cents| (ValueBand::of(cents), i64::MIN)).into(),
        by_items: [0, 1, 2, 4].map(|items| (ItemsBand::of(items), i64::MIN)).into(),
    };
    let (money, time) = (u64::MAX, i64::MIN);
    let open: BTreeMap<_, _> = (time..).take(25).map(|hour| (hour, largest.clone())).collect();
    let analytics = Analytics {
        started: u64::MAX,
        carts: Window { now_ms: time, open, abandoned: largest.clone() },
        checked_out: largest,
        checkouts: Checkouts {
            age_ms: time,
            events: u64::MAX,
            peak_value: money,
            value: money,
            due: money,
            code_after_ms: time,
        },
    };
    assert!(serde_json::to_vec(&analytics).unwrap().len() < 64 * 1024);
}
