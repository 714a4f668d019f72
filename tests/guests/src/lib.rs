//! Guests of the tests: each file in `examples/` is one program, and its first line says what for. What
//! some of them share is here.

use everfold_sdk::{NewEvent, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The model of the echoes: how much was said.
#[derive(Default, Serialize, Deserialize)]
pub struct Heard {
    /// The number of events.
    pub said: u64,
}

/// What the echoes take.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Words {
    /// Anything; `times` in it (1 if missing) and `to` (an entity) say how often and where it echoes.
    Said(Value),
}

/// One `echoed` for each time that `said` asks for, with `data`.
///
/// # Errors
///
/// None: every `Value` can be written.
pub fn echoes(said: &Value, data: &Value) -> Result<Vec<NewEvent>> {
    let times = said["times"].as_u64().unwrap_or(1);
    let one = || {
        let echo = NewEvent::new("echoed", data)?;
        Ok(match said["to"].as_str() {
            Some(entity) => echo.on(entity),
            None => echo,
        })
    };
    (0..times).map(|_| one()).collect()
}

/// The model of ping and pong: how often it hit the ball.
#[derive(Default, Serialize, Deserialize)]
pub struct Rally {
    /// The number of events.
    pub strokes: u64,
}

/// What ping and pong play with.
#[derive(Serialize, Deserialize)]
pub struct Ball {
    /// How many more times it is returned; none: for ever.
    pub left: Option<u64>,
}

impl Ball {
    /// What comes back: an event of this type, unless nothing is left.
    ///
    /// # Errors
    ///
    /// None: a ball can be written.
    pub fn returned(&self, stroke: &str) -> Result<Vec<NewEvent>> {
        match self.left {
            Some(0) => Ok(vec![]),
            left => Ok(vec![NewEvent::new(stroke, &Self { left: left.map(|left| left - 1) })?]),
        }
    }
}
