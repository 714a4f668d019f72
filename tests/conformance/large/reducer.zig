const std = @import("std");
const everfold = @import("everfold");

const Heap = struct { parts: std.ArrayList([]const u8) = .empty };

const Change = union(enum) {
    grown: struct { fill: []const u8, times: usize },
};

pub const reducer = everfold.reducer(Heap, Change, apply, .{ .order = .occurred });

fn apply(call: *everfold.Call, heap: *Heap, event: everfold.Event(Change)) !void {
    const grown = event.data.grown;
    try heap.parts.appendNTimes(call.arena, grown.fill, grown.times);
}
