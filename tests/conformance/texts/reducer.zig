const std = @import("std");
const everfold = @import("everfold");

const Tags = std.array_hash_map.String([]const u8);

const Notes = struct {
    tags: Tags = .empty,
    texts: std.ArrayList([]const u8) = .empty,
};

const Change = union(enum) {
    noted: struct { text: []const u8, tags: Tags },
};

pub const reducer = everfold.reducer(Notes, Change, apply, .{
    .order = .occurred,
    .emits = &.{"echoed"},
});

fn apply(call: *everfold.Call, notes: *Notes, event: everfold.Event(Change)) !void {
    const noted = event.data.noted;
    var tags = noted.tags.iterator();
    while (tags.next()) |tag| try notes.tags.put(call.arena, tag.key_ptr.*, tag.value_ptr.*);
    try notes.texts.append(call.arena, noted.text);
    try call.emit("echoed", .{ .text = noted.text }, .{});
}
