const everfold = @import("everfold");

const Speaker = struct { said: u64 = 0 };

const Change = union(enum) {
    said: struct { to: []const []const u8, text: []const u8 },
};

pub const reducer = everfold.reducer(Speaker, Change, apply, .{
    .order = .occurred,
    .emits = &.{"heard"},
});

fn apply(call: *everfold.Call, model: *Speaker, event: everfold.Event(Change)) !void {
    const said = event.data.said;
    const by: []const everfold.Pair = &.{.{ .key = "by", .value = event.entity }};
    model.said += 1;
    for (said.to, 0..) |entity, i| {
        try call.emit("heard", .{ .i = i, .text = said.text }, .{ .entity = entity, .metadata = by });
    }
    if (said.to.len == 0) try call.emit("heard", .{ .i = 0, .text = said.text }, .{ .metadata = by });
}
