const everfold = @import("everfold");

const Counter = struct { count: i64 = 0 };

const Change = union(enum) {
    added: struct { n: i64 },
    cleared,
};

pub const reducer = everfold.reducer(Counter, Change, apply, .{ .order = .occurred });

fn apply(_: *everfold.Call, model: *Counter, event: everfold.Event(Change)) !void {
    switch (event.data) {
        .added => |added| model.count += added.n,
        .cleared => model.count = 0,
    }
}
