//! The words that the shop's reducers share. Not a reducer itself.
//!
//! Visitors do things to a cart ([`events`]); `cart` keeps its [`Contents`] and says as [`facts`] what
//! that means for products and statistics; those keep a [`Window`] of what is still going on.
//!
//! Money is in cents, instants are milliseconds since the Unix epoch, and no sum overflows: it stays at
//! the greatest number instead.

mod contents;
pub mod events;
pub mod facts;
mod window;

pub use contents::{Contents, Line, MAX_LINES};
pub use window::{IDLE_HOURS, Window};

/// The instant in milliseconds since the Unix epoch, from the microseconds that events carry.
pub fn ms(unix_micros: i64) -> i64 {
    unix_micros.div_euclid(1_000)
}

/// The hour since the Unix epoch in which an instant lies.
pub fn hour(unix_ms: i64) -> i64 {
    unix_ms.div_euclid(3_600_000)
}
