const everfold = @import("everfold");

const Counter = struct { count: f64 = 0 };

const Change = union(enum) {
    added: struct { n: f64 },
    cleared,
};

pub const reducer = everfold.reducer(Counter, Change, apply, .{ .order = .occurred });

fn apply(_: *everfold.Call, model: *Counter, event: everfold.Event(Change)) !void {
    switch (event.data) {
        .added => |added| model.count += added.n,
        .cleared => model.count = 0,
    }
}
