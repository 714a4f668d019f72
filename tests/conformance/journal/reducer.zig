const std = @import("std");
const everfold = @import("everfold");

const Journal = struct {
    count: u64 = 0,
    last: ?u64 = null,
    texts: std.ArrayList([]const u8) = .empty,
};

const Change = union(enum) {
    counted,
    noted: struct { text: []const u8 },
};

pub const reducer = everfold.reducer(Journal, Change, apply, .{
    .order = .whole_context,
    .upgrade = .@"resume",
    .history = .silent,
    .emits = &.{"summed"},
    .content_type = "application/vnd.everfold-journal+json",
    .attributes = &.{.{ "version", "1" }},
});

fn apply(call: *everfold.Call, journal: *Journal, event: everfold.Event(Change)) !void {
    journal.last = event.position;
    switch (event.data) {
        .counted => {
            journal.count += 1;
            try call.emit("summed", .{ .count = journal.count }, .{});
        },
        .noted => |noted| {
            try journal.texts.append(call.arena, noted.text);
            if (journal.texts.items.len > 3) _ = journal.texts.orderedRemove(0);
        },
    }
}
