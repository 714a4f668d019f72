const std = @import("std");
const everfold = @import("everfold");

const Numbers = std.json.ObjectMap;

const Change = union(enum) {
    put: struct { name: []const u8, value: std.json.Value },
    divided: struct { name: []const u8, a: f64, b: f64 },
    added: struct { name: []const u8, a: []const u8, b: []const u8 },
};

pub const reducer = everfold.reducer(Numbers, Change, apply, .{ .order = .occurred });

fn apply(call: *everfold.Call, numbers: *Numbers, event: everfold.Event(Change)) !void {
    switch (event.data) {
        .put => |put| try numbers.put(call.arena, put.name, put.value),
        .divided => |divided| try numbers.put(call.arena, divided.name, .{ .float = divided.a / divided.b }),
        .added => |added| {
            const sum = add(added.a, added.b) catch
                return call.refuse("not-i64", "{s} + {s}", .{ added.a, added.b });
            const text = try std.fmt.allocPrint(call.arena, "{d}", .{sum});
            try numbers.put(call.arena, added.name, .{ .string = text });
        },
    }
}

fn add(a: []const u8, b: []const u8) !i64 {
    return std.math.add(i64, try parse(a), try parse(b));
}

/// Zig's own numbers may have underscores, these may not.
fn parse(text: []const u8) !i64 {
    if (std.mem.findScalar(u8, text, '_') != null) return error.InvalidCharacter;
    return std.fmt.parseInt(i64, text, 10);
}
