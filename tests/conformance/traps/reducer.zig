const std = @import("std");
const everfold = @import("everfold");

const Counter = struct { count: u64 = 0 };

const Change = union(enum) {
    counted,
    looped,
};

pub const reducer = everfold.reducer(Counter, Change, apply, .{ .order = .occurred });

fn apply(_: *everfold.Call, model: *Counter, event: everfold.Event(Change)) !void {
    switch (event.data) {
        .counted => model.count += 1,
        // The compiler must believe that each turn does something.
        .looped => while (true) std.mem.doNotOptimizeAway(model.count),
    }
}
