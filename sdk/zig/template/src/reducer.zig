//! Counts the items that were added to an entity.

const std = @import("std");
const everfold = @import("everfold");

/// The model.
const Counter = struct {
    count: i64 = 0,
};

/// The event types that it takes, and their data.
const Change = union(enum) {
    item_added: struct { qty: i64 },
    cleared,
};

pub const reducer = everfold.reducer(Counter, Change, apply, .{ .order = .occurred });

fn apply(call: *everfold.Call, model: *Counter, event: everfold.Event(Change)) !void {
    switch (event.data) {
        .item_added => |added| {
            if (added.qty < 0) return call.refuse("negative-qty", "qty is {d}, below 0", .{added.qty});
            model.count += added.qty;
        },
        .cleared => model.count = 0,
    }
}

test "items are counted until they are cleared" {
    var harness: everfold.testing.Harness = .init(std.testing.allocator, reducer);
    defer harness.deinit();
    const folded = try harness.foldInAllCuts(&.{
        try harness.event("item_added", .{ .qty = 1 }),
        try harness.event("cleared", .{}),
        try harness.event("item_added", .{ .qty = 2 }),
        try harness.event("item_added", .{ .qty = 3 }),
    });
    try std.testing.expectEqualStrings("{\"count\":5}", folded.model.?);
}

test "a negative quantity is refused" {
    var harness: everfold.testing.Harness = .init(std.testing.allocator, reducer);
    defer harness.deinit();
    const added = try harness.event("item_added", .{ .qty = -1 });
    try std.testing.expectError(error.Refused, harness.fold(null, &.{added}));
    try std.testing.expectEqualStrings("negative-qty", harness.failure.?.code);
}
