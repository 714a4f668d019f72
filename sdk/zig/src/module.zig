//! The root of a module: what the host calls, and what happens where Zig would otherwise have an operating system.

const std = @import("std");
const everfold = @import("everfold");

pub const panic = std.debug.FullPanic(everfold.abi.panic);

pub const std_options: std.Options = .{ .logFn = everfold.log.fromStd, .log_level = .debug };

comptime {
    everfold.abi.exportReducer(@import("reducer").reducer);
}
