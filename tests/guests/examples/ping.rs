//! Answers `pinged` with `ponged`: with `pong` one of two that feed each other.

use everfold_sdk::{Event, NewEvent, Result, reducer};
use guests::{Ball, Rally};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stroke {
    Pinged(Ball),
}

fn apply(rally: &mut Rally, event: Event<Stroke>) -> Result<Vec<NewEvent>> {
    let Stroke::Pinged(ball) = event.data;
    rally.strokes += 1;
    ball.returned("ponged")
}

reducer!(apply, order: recorded, emits: ["ponged"]);
