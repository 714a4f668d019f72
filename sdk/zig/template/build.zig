const std = @import("std");
const everfold = @import("everfold");

pub fn build(b: *std.Build) void {
    everfold.addReducer(b, .{ .name = "{{name}}", .root_source_file = b.path("src/reducer.zig") });
}
