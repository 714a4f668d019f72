//! `{{name}}`: counts the items that were added.

use everfold_sdk::{Event, Failure, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};

/// What is known about an entity.
#[derive(Default, Serialize, Deserialize)]
struct Model {
    count: i64,
}

/// What can happen to it: `item_added` and `cleared`.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    ItemAdded { qty: i64 },
    Cleared,
}

fn apply(model: &mut Model, event: Event<Change>) -> Result<Vec<NewEvent>> {
    match event.data {
        Change::ItemAdded { qty } if qty < 0 => {
            return Err(Failure::new("negative-qty", format!("{qty} items cannot be added")));
        }
        Change::ItemAdded { qty } => model.count += qty,
        Change::Cleared => model.count = 0,
    }
    Ok(vec![])
}

reducer!(apply, order: occurred);

#[cfg(test)]
mod tests {
    use everfold_sdk::testing::{event, fold, fold_in_all_cuts};
    use serde_json::json;

    use super::*;

    #[test]
    fn items_are_counted_until_they_are_cleared() -> Result<()> {
        let added = |qty| event("item_added", json!({"qty": qty}));
        let folded = fold_in_all_cuts(apply, [added(1), event("cleared", ()), added(2), added(3)])?;
        assert_eq!(folded.model(), json!({"count": 5}));
        Ok(())
    }

    #[test]
    fn a_negative_quantity_is_refused() {
        let failure = fold(apply, None, [event("item_added", json!({"qty": -1}))]).unwrap_err();
        assert_eq!(failure.code, "negative-qty");
    }
}
