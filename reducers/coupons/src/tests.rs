use everfold_sdk::testing::{TestEvent, event, fold_in_all_cuts};
use serde_json::json;

use super::*;

fn added(qty: u32) -> TestEvent {
    event("item_added", json!({"sku": "cup", "qty": qty, "price": 500}))
}

fn code(code: &str) -> TestEvent {
    event("discount_code_added", json!({"code": code, "percent": 10}))
}

#[test]
fn a_code_is_kept_with_the_moment_it_came_in() {
    let removed = event("item_removed", json!({"sku": "cup", "qty": 1}));
    let checked_out = event("checked_out", json!(null));
    let visit = [added(3), removed, code("SPRING"), added(4), checked_out, code("LATE")];
    let model = fold_in_all_cuts(apply, visit).unwrap().model();
    assert_eq!(
        model["codes"],
        json!([{
            "code": "SPRING", "coupon": null, "percent": 10, "at_ms": 3_000, "after_ms": 2_000,
            "events_before": 2, "value": 1_000, "items": 2,
        }])
    );
    assert_eq!((&model["checkout_ms"], &model["checkout_value"]), (&json!(5_000), &json!(3_000)));
    assert_eq!(model["events"], 5);
}

#[test]
fn only_the_first_codes_are_kept() {
    let tries = (0..30).map(|n| code(&n.to_string()));
    let model = fold_in_all_cuts(apply, tries).unwrap().model();
    assert_eq!((&model["entered"], model["codes"].as_array().unwrap().len()), (&json!(30), MAX_CODES));
    assert_eq!(model["codes"][19]["code"], "19");
}
