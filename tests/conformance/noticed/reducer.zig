const std = @import("std");
const everfold = @import("everfold");

const Notice = struct {
    at: i64,
    by: ?[]const u8,
    cause: ?[]const u8,
    id: []const u8,
    times: u64,
};

// Takes all types, whatever their data.
pub const reducer = everfold.reducer(?Notice, void, apply, .{ .order = .occurred });

fn apply(call: *everfold.Call, notice: *?Notice, event: everfold.Event(void)) !void {
    everfold.log.info("noticed {s}", .{event.type});
    if (std.mem.eql(u8, event.type, "refused")) return call.refuse("noticed", "refused", .{});
    notice.* = .{
        .at = event.occurred_at,
        .by = event.metadata.get("by"),
        .cause = event.cause,
        .id = event.id,
        .times = 1 + if (notice.*) |before| before.times else 0,
    };
}
