const std = @import("std");
const everfold = @import("everfold");

/// What an entity has been given.
const Counter = struct {
    count: f64 = 0,
};

/// The event types that it takes, and their data.
const Change = union(enum) {
    item_added: struct { qty: f64 },
    cleared,
};

pub const reducer = everfold.reducer(Counter, Change, apply, .{ .order = .occurred });

fn apply(call: *everfold.Call, model: *Counter, event: everfold.Event(Change)) !void {
    switch (event.data) {
        .item_added => |added| {
            if (added.qty < 0) return call.refuse("negative-qty", "{d} items cannot be added", .{added.qty});
            model.count += added.qty;
        },
        .cleared => model.count = 0,
    }
}
