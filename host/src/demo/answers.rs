//! Reads the answers to eight questions out of the shop's models and lays them out for a terminal.

use std::fmt::Write as _;

use serde_json::Value;
use uuid::Uuid;

use super::text::{Rows, Show, average, money, percent, row, span, table};

/// The models of the shop, as the host serves them. Missing numbers read as 0.
pub(crate) struct Models<'a> {
    /// A cart to look at closely, and its model in `cart`.
    pub(crate) cart: (Uuid, &'a Value),
    /// The model of `cart-analytics`.
    pub(crate) cart_analytics: &'a Value,
    /// The models of `product-analytics`.
    pub(crate) products: &'a [(Uuid, Value)],
    /// The models of `coupons`, by cart.
    pub(crate) coupons: &'a [(Uuid, Value)],
}

/// The cart that has most to tell: checked out, with a code, with something taken out, worth less in the
/// end than before; of those the one with most events. None if there is no cart.
pub(crate) fn pick_cart(carts: &[(Uuid, Value)]) -> Option<&(Uuid, Value)> {
    carts.iter().max_by_key(|(entity, cart)| {
        let told = [
            !cart["checkout"].is_null(),
            !cart["code"].is_null(),
            int(cart, "/taken_out") > 0,
            int(cart, "/peak/value") > int(cart, "/totals/value"),
        ];
        (told.iter().filter(|told| **told).count(), int(cart, "/events"), *entity)
    })
}

/// The eight questions with their answers, as plain text of at most 100 columns.
pub(crate) fn answers(models: &Models<'_>) -> String {
    let cart = models.cart.1;
    let all = models.cart_analytics;
    let questions = [
        ("How old is the cart?", age(cart, all)),
        ("How much time passes between events?", gaps(cart, all)),
        ("What was put in and taken out again?", movements(cart)),
        ("How long did it stay?", stays(cart, models.products)),
        ("Peak value against value at checkout?", peak(cart, all)),
        ("When was the code added?", code(models)),
        ("What is most often removed?", most_removed(models.products)),
        ("What correlates with abandonment?", abandonment(all)),
    ];
    let mut text = format!("Looking at cart {} and at all carts\n", models.cart.0);
    for (number, (question, rows)) in (1..).zip(questions) {
        let _ = write!(text, "\n{number}. {question}\n{}", table(&rows));
    }
    text
}

fn age(cart: &Value, all: &Value) -> Rows {
    let first = int(cart, "/first_event_ms");
    let seen = int(all, "/carts/now_ms").max(int(cart, "/last_event_ms"));
    vec![
        row(["this cart", &span(seen - first), "since its first event"]),
        row(["", &span(int(cart, "/last_event_ms") - first), "from the first event to the last"]),
        row(["checked out", &average(int(all, "/checkouts/age_ms"), checked_out(all), span), "on average"]),
    ]
}

fn gaps(cart: &Value, all: &Value) -> Rows {
    let total = int(cart, "/last_event_ms") - int(cart, "/first_event_ms");
    let between = int(all, "/checkouts/events") - checked_out(all);
    vec![
        row(["this cart", &average(total, int(cart, "/events") - 1, span), "on average"]),
        row(["", &span(int(cart, "/gaps/shortest_ms")), "at least"]),
        row(["", &span(int(cart, "/gaps/longest_ms")), "at most"]),
        row(["checked out", &average(int(all, "/checkouts/age_ms"), between, span), "on average"]),
    ]
}

fn movements(cart: &Value) -> Rows {
    let first = int(cart, "/first_event_ms");
    let movement = |entry: &Value| {
        let after = format!("after {}", span(int(entry, "/at_ms") - first));
        row([text(entry, "/moved"), &after, &int(entry, "/qty").to_string(), text(entry, "/sku")])
    };
    items(cart, "/history").iter().map(movement).collect()
}

fn stays(cart: &Value, products: &[(Uuid, Value)]) -> Rows {
    let out = items(cart, "/history").iter().filter(|entry| entry["moved"] == "out");
    let mut rows: Rows = out
        .map(|entry| row([text(entry, "/sku"), &span(int(entry, "/stayed_ms")), "until taken out"]))
        .collect();
    let end = int(cart, "/last_event_ms");
    let until = if cart["checkout"].is_null() { "so far" } else { "until bought" };
    for (sku, line) in cart["contents"].as_object().into_iter().flatten() {
        rows.push(row([sku, &span(end - int(line, "/since_ms")), until]));
    }
    for (name, until) in [("removed", "until taken out, on average"), ("bought", "until bought, on average")]
    {
        let sum = |part| {
            products.iter().map(|(_, model)| int(model, &format!("/stayed_until_{name}/{part}"))).sum()
        };
        rows.push(row(["all products", &average(sum("total_ms"), sum("carts"), span), until]));
    }
    rows
}

fn peak(cart: &Value, all: &Value) -> Rows {
    let carts = checked_out(all);
    let mean = |part| average(int(all, &format!("/checkouts/{part}")), carts, money);
    let ended = |part| match cart.pointer(&format!("/checkout/{part}")) {
        Some(cents) => money(cents.as_i64().unwrap_or_default()),
        None => "-".to_owned(),
    };
    vec![
        row(["", "peak", "at checkout", "paid"]),
        row(["this cart", &money(int(cart, "/peak/value")), &ended("value"), &ended("due")]),
        row(["checked out, on average", &mean("peak_value"), &mean("value"), &mean("due")]),
    ]
}

fn code(models: &Models<'_>) -> Rows {
    let of_cart = models.coupons.iter().filter(|(entity, _)| *entity == models.cart.0);
    let entered = |code: &Value| {
        let after = format!("after {}", span(int(code, "/after_ms")));
        let events = format!("and {} events", int(code, "/events_before"));
        row([text(code, "/code"), &after, &events, &format!("at {}", money(int(code, "/value")))])
    };
    let mut rows: Rows = of_cart.flat_map(|(_, model)| items(model, "/codes")).map(entered).collect();
    let codes = || models.coupons.iter().flat_map(|(_, model)| items(model, "/codes"));
    let count = i64::try_from(codes().count()).unwrap_or(i64::MAX);
    let mean = |part, show: Show| average(codes().map(|code| int(code, part)).sum(), count, show);
    let after = format!("after {}", mean("/after_ms", span));
    let events = format!("and {} events", mean("/events_before", |events| events.to_string()));
    rows.push(row(["all, on average", &after, &events, &format!("at {}", mean("/value", money))]));
    rows
}

fn most_removed(products: &[(Uuid, Value)]) -> Rows {
    let mut products: Vec<&Value> = products.iter().map(|(_, model)| model).collect();
    products.sort_by_key(|model| (-int(model, "/removed"), text(model, "/sku")));
    let mut rows = vec![row(["", "added", "removed", "", "bought", "abandoned"])];
    rows.extend(products.iter().take(5).map(|model| {
        let counts = ["/added", "/removed", "/bought", "/in_carts/abandoned"].map(|part| int(model, part));
        let [added, removed, bought, abandoned] = counts.map(|count| count.to_string());
        row([text(model, "/sku"), &added, &removed, &percent(counts[1], counts[0]), &bought, &abandoned])
    }));
    rows
}

/// Of the carts that ended one way or the other, how many were abandoned, by what they were like.
fn abandonment(all: &Value) -> Rows {
    let mut rows = vec![row(["", "abandoned", "checked out", "share abandoned"])];
    let mut compare = |name: &str, count: &dyn Fn(&Value) -> i64| {
        let (abandoned, bought) = (count(&all["carts"]["abandoned"]), count(&all["checked_out"]));
        let share = percent(abandoned, abandoned + bought);
        rows.push(row([name, &abandoned.to_string(), &bought.to_string(), &share]));
    };
    compare("all carts", &|tally| int(tally, "/carts"));
    compare("with a code", &|tally| int(tally, "/with_code"));
    compare("without", &|tally| int(tally, "/carts") - int(tally, "/with_code"));
    compare("something taken out", &|tally| int(tally, "/with_removals"));
    compare("nothing", &|tally| int(tally, "/carts") - int(tally, "/with_removals"));
    for value in ["under_25", "under_50", "under_100", "under_200", "from_200"] {
        compare(&format!("value {}", value.replace('_', " ")), &|tally| {
            int(&tally["by_value"], &format!("/{value}"))
        });
    }
    for items in ["none", "one", "two_or_three", "four_or_more"] {
        compare(&format!("items: {}", items.replace('_', " ")), &|tally| {
            int(&tally["by_items"], &format!("/{items}"))
        });
    }
    rows
}

fn checked_out(all: &Value) -> i64 {
    int(all, "/checked_out/carts")
}

fn int(model: &Value, pointer: &str) -> i64 {
    model.pointer(pointer).and_then(Value::as_i64).unwrap_or_default()
}

fn text<'a>(model: &'a Value, pointer: &str) -> &'a str {
    model.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn items<'a>(model: &'a Value, pointer: &str) -> &'a [Value] {
    model.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cart() -> Value {
        json!({
            "events": 4, "first_event_ms": 0, "last_event_ms": 7_200_000, "put_in": 2, "taken_out": 1,
            "gaps": {"shortest_ms": 5_000, "longest_ms": 3_600_000, "last_ms": 5_000},
            "contents": {"cup": {"qty": 1, "price": 500, "since_ms": 60_000}},
            "peak": {"value": 2_499, "at_ms": 60_000},
            "history": [
                {"at_ms": 60_000, "sku": "tea", "qty": 1, "moved": "in"},
                {"at_ms": 150_000, "sku": "tea", "qty": 1, "moved": "out", "stayed_ms": 90_000},
            ],
            "code": {"code": "SPRING"},
            "checkout": {"at_ms": 7_200_000, "value": 500, "due": 450},
        })
    }

    #[test]
    fn every_question_has_its_answer() {
        let id = Uuid::from_u128(1);
        let all = json!({
            "carts": {"now_ms": 90_000_000, "abandoned": {"carts": 3, "with_code": 1}},
            "checked_out": {"carts": 1, "with_code": 1},
            "checkouts": {"age_ms": 7_200_000, "events": 4, "peak_value": 2_499, "value": 500, "due": 450},
        });
        let product = json!({"sku": "tea", "added": 4, "removed": 1, "bought": 2});
        let coupons =
            json!({"codes": [{"code": "SPRING", "after_ms": 61_000, "events_before": 2, "value": 500}]});
        let text = answers(&Models {
            cart: (id, &cart()),
            cart_analytics: &all,
            products: &[(id, product)],
            coupons: &[(id, coupons)],
        });
        for line in [
            "this cart    1 d 1 h    since its first event",
            "this cart    40 min 0 s  on average",
            "out  after 2 min 30 s  1  tea",
            "tea           1 min 30 s  until taken out",
            "this cart                24.99         5.00  4.50",
            "SPRING           after 1 min 1 s  and 2 events  at 5.00",
            "tea      4        1  25 %       2          0",
            "with a code                  1            1             50 %",
        ] {
            assert!(text.contains(line), "{line:?} is not in\n{text}");
        }
    }

    #[test]
    fn nothing_is_assumed_about_the_models() {
        let models = Models {
            cart: (Uuid::nil(), &Value::Null),
            cart_analytics: &json!({}),
            products: &[],
            coupons: &[],
        };
        assert!(answers(&models).contains("8. What correlates with abandonment?"));
    }

    #[test]
    fn the_cart_with_most_to_tell_is_picked() {
        let plain = json!({"events": 90, "taken_out": 0, "code": null, "checkout": null});
        let carts = [(Uuid::from_u128(2), plain), (Uuid::from_u128(1), cart())];
        assert_eq!(pick_cart(&carts).map(|(entity, _)| *entity), Some(Uuid::from_u128(1)));
        assert_eq!(pick_cart(&[]), None);
    }
}
