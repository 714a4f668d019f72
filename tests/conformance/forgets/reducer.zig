const everfold = @import("everfold");

const Counter = struct { count: u64 };

const Change = union(enum) {
    counted,
    forgotten,
};

pub const reducer = everfold.reducer(?Counter, Change, apply, .{ .order = .occurred });

fn apply(_: *everfold.Call, model: *?Counter, event: everfold.Event(Change)) !void {
    switch (event.data) {
        .counted => model.* = .{ .count = 1 + if (model.*) |counter| counter.count else 0 },
        .forgotten => model.* = null,
    }
}
