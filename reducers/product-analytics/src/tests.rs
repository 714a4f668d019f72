use everfold_sdk::testing::{TestEvent, event, fold, fold_in_all_cuts};
use serde_json::{Value, json};

use super::*;

const HOUR_MS: i64 = 3_600_000;

fn fact(event_type: &str, at_hour: i64, since_hour: i64, qty: u64) -> TestEvent {
    let stayed_ms = (at_hour - since_hour) * HOUR_MS;
    let data = json!({
        "sku": "cup", "name": "Cup", "qty": qty, "price": 500, "since_ms": since_hour * HOUR_MS,
        "stayed_ms": stayed_ms,
    });
    event(event_type, data).at(at_hour * HOUR_MS * 1_000)
}

fn story() -> Vec<TestEvent> {
    vec![
        fact("cart_item_added", 1, 1, 3),
        fact("cart_item_added", 2, 2, 2),
        fact("cart_item_removed", 3, 1, 1),
        fact("cart_item_bought", 4, 2, 2),
        fact("cart_item_added", 30, 30, 4),
    ]
}

fn model(events: Vec<TestEvent>) -> Value {
    fold(apply, None, events).unwrap().model()
}

#[test]
fn what_became_of_a_product_is_added_up() {
    let model = fold_in_all_cuts(apply, story()).unwrap().model();
    assert_eq!((&model["sku"], &model["name"]), (&json!("cup"), &json!("Cup")));
    let counts = ["added", "removed", "bought", "revenue"].map(|name| model[name].as_u64().unwrap());
    assert_eq!(counts, [9, 1, 2, 1_000]);
    assert_eq!(model["stayed_until_removed"]["total_ms"], 2 * HOUR_MS);
    assert_eq!(model["stayed_until_bought"]["carts"], 1);
}

#[test]
fn what_lies_for_a_day_is_abandoned_until_it_is_bought() {
    let before = model(story());
    assert_eq!(before["in_carts"]["abandoned"], 2);
    assert_eq!(before["in_carts"]["open"], json!({"30": 4}));
    let bought = fact("cart_item_bought", 31, 1, 2);
    assert_eq!(model(story().into_iter().chain([bought]).collect())["in_carts"]["abandoned"], 0);
}

#[test]
fn the_order_of_recording_does_not_matter() {
    let expected = model(story());
    assert_eq!(model(story().into_iter().rev().collect()), expected);
}
