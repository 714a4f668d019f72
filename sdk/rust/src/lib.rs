//! Write Everfold reducers in Rust: serde types for a model and its events, one function, one macro.
//!
//! A whole reducer, deployed as the file that `everfold build` makes of its crate (`crate-type =
//! ["cdylib", "rlib"]`: a module for the host and a library for native tests):
//!
//! ```
//! use everfold_sdk::{Event, NewEvent, Result, reducer};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Default, Serialize, Deserialize)]
//! struct Counter {
//!     count: u64,
//! }
//!
//! #[derive(Deserialize)]
//! #[serde(rename_all = "snake_case")]
//! enum Change {
//!     ItemAdded { qty: u64 },
//!     Cleared,
//! }
//!
//! fn apply(model: &mut Counter, event: Event<Change>) -> Result<Vec<NewEvent>> {
//!     match event.data {
//!         Change::ItemAdded { qty } => model.count += qty,
//!         Change::Cleared => model.count = 0,
//!     }
//!     Ok(vec![])
//! }
//!
//! reducer!(apply, order: occurred);
//! # use everfold_sdk::testing::{event, fold};
//! # let added = || event("item_added", serde_json::json!({"qty": 2}));
//! # let folded = fold(apply, None, [added(), event("cleared", ()), added()])?;
//! # assert_eq!(folded.model(), serde_json::json!({"count": 2}));
//! # assert_eq!(<Reducer as everfold_sdk::wire::Guest>::describe().event_types, ["item_added", "cleared"]);
//! # Ok::<(), everfold_sdk::Failure>(())
//! ```
//!
//! What the types mean:
//!
//! - **The events.** The names of an enum's variants are the event types that the module takes; a
//!   variant's content is the event's data (a unit variant takes any). Any other type, such as
//!   `serde_json::Value`, takes all events, and only their data.
//! - **The model.** There is [`Default`] before the first event. A model that serializes to `null`, such
//!   as the `None` of an `Option`, is no model: the host deletes it.
//! - **Numbers.** An integer beyond ±2⁵³ is refused in data and in models, though a `u64` could hold it:
//!   readers in other languages would get another number. Keep it as a string. Only what is exactly the
//!   canonical text of a double, as `100000000000000000000` is, is read: as that double. NaN and infinities are
//!   refused, too.
//! - **The new events.** They get the event that was applied as their cause, and exist once the host has
//!   committed the whole call.
//! - **A failure** parks the entity. Leave it to events that must not be folded; fold the merely odd ones.
//!
//! The function must be pure: it is called again for the same events when one arrives late, when a module
//! is upgraded, and on other machines. Everything that it needs is in its arguments, times included.
//!
//! The parts, in the order that a call flows: [`reducer!`] exports the module, [`wire`] is the contract as
//! it crosses the boundary, then events are decoded, applied as [`Event`]s, and [`NewEvent`]s or a
//! [`Failure`] go back, in [`canonical`] JSON. [`log`] writes lines for people, [`testing`] does all of it natively.

#[doc(hidden)]
pub mod bindings;
pub mod canonical;
mod decode;
mod event;
mod failure;
mod json;
pub mod log;
mod macros;
#[cfg(any(test, all(target_arch = "wasm32", feature = "arena")))]
mod memory;
mod reduce;
pub mod testing;
mod variants;

pub use crate::{
    event::{Event, NewEvent},
    failure::{Failure, Result},
    reduce::Apply,
};

/// The contract as it crosses the boundary, for a module that has to do without [`reducer!`]: implement
/// [`Guest`](wire::Guest) and export it with `everfold_sdk::bindings::export!`.
pub mod wire {
    pub use crate::bindings::{
        everfold::domain::types::{Event, Failure, ModelChange, NewEvent, Payload, Reduction, Target},
        exports::everfold::domain::reducer::{Descriptor, Fold, Guest, History, Order, Upgrade},
    };
}

#[cfg(all(target_arch = "wasm32", feature = "arena"))]
#[global_allocator]
static MEMORY: memory::Memory = memory::Memory::new();

/// What [`reducer!`] expands to; not for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use crate::reduce::{describe, entry};
}
