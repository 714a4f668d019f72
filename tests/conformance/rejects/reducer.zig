const everfold = @import("everfold");

const Counter = struct { count: u64 = 0 };

const Change = union(enum) {
    counted,
    refused: struct { why: []const u8 },
};

pub const reducer = everfold.reducer(Counter, Change, apply, .{ .order = .occurred });

fn apply(call: *everfold.Call, model: *Counter, event: everfold.Event(Change)) !void {
    switch (event.data) {
        .counted => model.count += 1,
        .refused => |refused| return call.refuse("refused", "as it asked for: {s}", .{refused.why}),
    }
}
