//! Write Everfold reducers in Zig: types for a model and its events, and one function.
//!
//! ```
//! const everfold = @import("everfold");
//!
//! const Counter = struct { count: u64 = 0 };
//! const Change = union(enum) { item_added: struct { qty: u32 }, cleared };
//!
//! pub const reducer = everfold.reducer(Counter, Change, apply, .{ .order = .occurred });
//!
//! fn apply(_: *everfold.Call, model: *Counter, event: everfold.Event(Change)) !void {
//!     switch (event.data) {
//!         .item_added => |added| model.count += added.qty,
//!         .cleared => model.count = 0,
//!     }
//! }
//! ```
//!
//! What the types mean:
//!
//! - **The events.** The tags of a `union(enum)` are the event types that the module takes; a tag's payload is the
//!   event's data (`void` takes any). Any other type, such as `std.json.Value`, takes all events, and only their data.
//! - **The model.** Before the first event it is null if it is an optional, else its declaration `init` or `empty`, else
//!   the defaults of its fields. A model that is null is no model: the host deletes it.
//! - **The new events** (`Call.emit`) get the event that was applied as their cause, and exist once the host has
//!   committed the whole call.
//! - **A failure** (`Call.refuse`, or any other error) parks the entity. Leave it to events that must not be folded; fold
//!   the merely odd ones.
//!
//! The function must be pure: it is called again for the same events when one arrives late, when a module is upgraded, and
//! on other machines. Everything that it needs is in its arguments, times included. Whatever it allocates, it takes from
//! `Call.arena`, which ends with the call.
//!
//! The parts, in the order that a call flows: `abi` is what the host calls, `reduce` decodes, applies and encodes with
//! `json`, and `Call` collects what a reducer wants. `log` writes lines for people, `testing` does all of it natively.

const std = @import("std");
const call = @import("call.zig");
const event = @import("event.zig");
const options = @import("options.zig");
const reduce = @import("reduce.zig");

pub const Call = call.Call;
pub const EmitOptions = call.EmitOptions;
pub const Event = event.Event;
pub const Failure = call.Failure;
pub const History = options.History;
pub const Metadata = event.Metadata;
pub const NewEvent = call.NewEvent;
pub const Options = options.Options;
pub const Order = options.Order;
pub const Pair = event.Pair;
pub const Reducer = reduce.Reducer;
pub const Upgrade = options.Upgrade;
pub const json = @import("json.zig");
pub const log = @import("log.zig");
pub const reducer = reduce.reducer;
pub const testing = @import("testing.zig");

/// What the root of a module consists of. `addReducer` of this package's build.zig provides that root.
pub const abi = @import("abi.zig");

test {
    _ = event;
    _ = json;
    _ = reduce;
    _ = testing;
    _ = @import("memory.zig");
}
