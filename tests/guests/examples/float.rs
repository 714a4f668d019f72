//! Calculates with numbers that machines like to treat differently, and keeps every bit of them: for the
//! tests of determinism.

use std::hint::black_box;

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Float {
    /// A number that every event moves.
    sum: Bits,
    /// What is no number.
    nans: [Bits; 3],
}

/// All bits of a double, in hexadecimal: JSON has no number for them.
#[derive(Default, Serialize, Deserialize)]
struct Bits(String);

impl Bits {
    fn of(number: f64) -> Self {
        Self(format!("{:016x}", number.to_bits()))
    }

    fn number(&self) -> f64 {
        f64::from_bits(u64::from_str_radix(&self.0, 16).unwrap_or_default())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    Noted { n: f64 },
}

#[expect(clippy::needless_pass_by_value, reason = "the form that the SDK asks for")]
fn apply(model: &mut Float, event: Event<Change>) -> Result<Vec<NewEvent>> {
    let Change::Noted { n } = event.data;
    let sum = model.sum.number() * 0.9 + (n * 1.1).sin() / 3.0 + (n + 0.1).sqrt();
    model.sum = Bits::of(sum);
    // Signs and payloads of NaN are the processor's to choose, unless somebody makes them one.
    let infinity = n * f64::MAX * 10.0;
    let other = black_box(infinity);
    model.nans = [infinity - other, (-1.0 - n).sqrt(), infinity / other].map(Bits::of);
    Ok(vec![])
}

reducer!(apply, order: occurred);
