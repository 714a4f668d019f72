//! Calculates with numbers that machines like to treat differently, and keeps every bit of them: for the
//! tests of determinism.

use std::hint::black_box;

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Float {
    /// The bits of a number that every event moves.
    sum: u64,
    /// The bits of what is no number.
    nans: [u64; 3],
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    Noted { n: f64 },
}

#[expect(clippy::needless_pass_by_value, reason = "the form that the SDK asks for")]
fn apply(model: &mut Float, event: Event<Change>) -> Result<Vec<NewEvent>> {
    let Change::Noted { n } = event.data;
    let sum = f64::from_bits(model.sum) * 0.9 + (n * 1.1).sin() / 3.0 + (n + 0.1).sqrt();
    model.sum = sum.to_bits();
    // Signs and payloads of NaN are the processor's to choose, unless somebody makes them one.
    let infinity = n * f64::MAX * 10.0;
    let other = black_box(infinity);
    model.nans = [infinity - other, (-1.0 - n).sqrt(), infinity / other].map(f64::to_bits);
    Ok(vec![])
}

reducer!(apply, order: occurred);
