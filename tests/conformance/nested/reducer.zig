const std = @import("std");
const everfold = @import("everfold");

const Value = std.json.Value;

const Nest = struct { depth: u64 = 0, value: Value = .null };

const Change = union(enum) {
    nested: Value,
};

pub const reducer = everfold.reducer(Nest, Change, apply, .{ .order = .occurred });

fn apply(_: *everfold.Call, nest: *Nest, event: everfold.Event(Change)) !void {
    const value = event.data.nested;
    nest.* = .{ .depth = depth(value), .value = value };
}

fn depth(value: Value) u64 {
    const children = switch (value) {
        .array => |array| array.items,
        .object => |object| object.values(),
        else => return 0,
    };
    var greatest: u64 = 0;
    for (children) |child| greatest = @max(greatest, depth(child));
    return 1 + greatest;
}
