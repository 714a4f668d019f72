use everfold_sdk::{
    testing::{ENTITY, Emitted, Folded, TestEvent, event, fold, fold_in_all_cuts},
    wire::Guest,
};
use serde_json::{Value, json};

use super::*;
use crate::model::MAX_HISTORY;

const HOUR_US: i64 = 3_600_000_000;
const CUP: &str = "4f9d1a52-6a53-4a43-8c3c-59f2ad2f8f0a";

fn added(sku: &str, qty: u32, price: u64) -> TestEvent {
    event("item_added", json!({"sku": sku, "qty": qty, "price": price}))
}

fn cup_added(qty: u32) -> TestEvent {
    event("item_added", json!({"product": CUP, "sku": "cup", "name": "Cup", "qty": qty, "price": 500}))
}

fn removed(sku: &str, qty: u32) -> TestEvent {
    event("item_removed", json!({"product": CUP, "sku": sku, "qty": qty}))
}

fn code(percent: u32) -> TestEvent {
    event("discount_code_added", json!({"code": "SPRING", "coupon": ENTITY, "percent": percent}))
}

fn checked_out() -> TestEvent {
    event("checked_out", json!({}))
}

fn visit() -> Vec<TestEvent> {
    vec![
        added("abc", 1, 1_999).at(0),
        cup_added(3).at(60_000_000),
        removed("tea", 1).at(70_000_000),
        removed("cup", 2).at(100_000_000),
        code(10).at(110_000_000),
        added("gold", 1, 30_000).at(2 * HOUR_US),
        removed("gold", 9).at(2 * HOUR_US + 5_000_000),
        checked_out().at(3 * HOUR_US),
        cup_added(1).at(4 * HOUR_US),
    ]
}

fn facts_of<'a>(folded: &'a Folded, event_type: &str) -> Vec<&'a Emitted> {
    folded.emitted.iter().filter(|event| event.event_type == event_type).collect()
}

#[test]
fn a_visit_is_told_in_full() {
    let folded = fold(apply, None, visit()).unwrap();
    let model = folded.model();
    assert_eq!(model["events"], 8);
    assert_eq!(model["last_event_ms"], 3 * HOUR_US / 1_000);
    assert_eq!(model["gaps"], json!({"shortest_ms": 5_000, "longest_ms": 7_090_000, "last_ms": 3_595_000}));
    assert_eq!(model["totals"], json!({"items": 2, "value": 2_499, "due": 2_250}));
    assert_eq!(model["peak"], json!({"value": 32_499, "at_ms": 7_200_000}));
    assert_eq!((&model["put_in"], &model["taken_out"]), (&json!(5), &json!(3)));
    assert_eq!(
        model["code"],
        json!({"code": "SPRING", "coupon": ENTITY, "percent": 10, "at_ms": 110_000, "value": 2_499})
    );
    assert_eq!(model["checkout"], json!({"at_ms": 10_800_000, "value": 2_499, "due": 2_250}));
    assert_eq!(model["after_checkout"], 1);
    assert_eq!(
        model["history"][2],
        json!({"at_ms": 100_000, "sku": "cup", "qty": 2, "moved": "out", "stayed_ms": 40_000})
    );
}

#[test]
fn products_hear_what_becomes_of_them() {
    let folded = fold(apply, None, visit()).unwrap();
    let cup: Vec<_> = folded.emitted.iter().filter(|event| event.entity.as_deref() == Some(CUP)).collect();
    let told: Vec<_> =
        cup.iter().map(|event| (event.event_type.as_str(), event.data["qty"].as_u64())).collect();
    let expected =
        [("cart_item_added", Some(3)), ("cart_item_removed", Some(2)), ("cart_item_bought", Some(1))];
    assert_eq!(told, expected);
    assert_eq!(cup[1].data["stayed_ms"], 40_000);
    assert_eq!(cup[2].data["stayed_ms"], 10_740_000);
}

#[test]
fn each_activity_takes_up_where_the_last_one_left() {
    let folded = fold(apply, None, visit()).unwrap();
    let told = facts_of(&folded, "cart_activity");
    assert_eq!(told[0].data["before"], Value::Null);
    assert!(told.windows(2).all(|pair| pair[1].data["before"] == pair[0].data["after"]));
    let ended = facts_of(&folded, "cart_ended")[0];
    assert_eq!(ended.data["before"], told.last().unwrap().data["after"]);
    assert_eq!(ended.data["peak_value"], 32_499);
    assert_eq!(ended.data["code_after_ms"], 110_000);
    assert_eq!(ended.entity, None);
}

#[test]
fn an_event_that_changes_no_statistic_says_nothing() {
    let folded = fold(apply, None, (0..20).map(|_| added("abc", 1, 1))).unwrap();
    assert_eq!(folded.emitted.len(), 3, "1, 2 and 4 items");
}

#[test]
fn it_does_not_matter_how_the_events_are_cut() {
    fold_in_all_cuts(apply, visit()).unwrap();
}

#[test]
fn the_history_keeps_the_latest() {
    let events = (0..60).map(|n| added(&format!("sku-{n}"), 1, 1));
    let model = fold_in_all_cuts(apply, events).unwrap().model();
    assert_eq!(model["history"].as_array().unwrap().len(), MAX_HISTORY);
    assert_eq!(model["history"][0]["sku"], "sku-10");
    assert_eq!(model["history_left_out"], 10);
}

#[test]
fn only_data_that_cannot_be_read_is_refused() {
    let odd = [removed("cup", 1), code(900), added("abc", 0, 5), checked_out(), checked_out()];
    let model = fold(apply, None, odd).unwrap().model();
    assert_eq!(model["totals"], json!({"items": 0, "value": 0, "due": 0}));
    let failure = fold(apply, None, [cup_added(1), event("item_added", json!({"sku": "abc"}))]).unwrap_err();
    assert_eq!((failure.event, failure.code.as_str()), (Some(1), "invalid-data"));
}

#[test]
fn it_takes_what_visitors_do_and_nothing_that_it_emits() {
    let descriptor = Reducer::describe();
    assert_eq!(descriptor.event_types, ["item_added", "item_removed", "discount_code_added", "checked_out"]);
    assert!(descriptor.emits.iter().all(|fact| !descriptor.event_types.contains(fact)));
    let folded = fold(apply, None, visit()).unwrap();
    assert!(folded.emitted.iter().all(|event| descriptor.emits.contains(&event.event_type)));
}
