//! Lines for the people who run the host. They are never a result; the host may drop them or cut them short. In a native
//! test they go to standard error.
//!
//! In a module, `std.log` comes here too.

const std = @import("std");
const builtin = @import("builtin");
const memory = @import("memory.zig");

/// How much a line matters.
pub const Level = enum(u8) { trace, debug, info, warn, err };

/// Writes the finest detail.
pub fn trace(comptime format: []const u8, args: anytype) void {
    write(.trace, format, args);
}

/// Writes what helps to find a mistake.
pub fn debug(comptime format: []const u8, args: anytype) void {
    write(.debug, format, args);
}

/// Writes what is worth knowing.
pub fn info(comptime format: []const u8, args: anytype) void {
    write(.info, format, args);
}

/// Writes what somebody should look at some day.
pub fn warn(comptime format: []const u8, args: anytype) void {
    write(.warn, format, args);
}

/// Writes what somebody should look at now.
pub fn err(comptime format: []const u8, args: anytype) void {
    write(.err, format, args);
}

/// The `logFn` of a module's `std_options`.
pub fn fromStd(
    comptime level: std.log.Level,
    comptime scope: @EnumLiteral(),
    comptime format: []const u8,
    args: anytype,
) void {
    const own: Level = switch (level) {
        .debug => .debug,
        .info => .info,
        .warn => .warn,
        .err => .err,
    };
    write(own, (if (scope == .default) "" else @tagName(scope) ++ ": ") ++ format, args);
}

/// Writes a line as it is.
pub fn line(level: Level, message: []const u8) void {
    if (builtin.cpu.arch.isWasm()) {
        host.write(@backingInt(level), message.ptr, message.len);
    } else {
        std.debug.print("{t}: {s}\n", .{ level, message });
    }
}

fn write(level: Level, comptime format: []const u8, args: anytype) void {
    const allocator = if (builtin.cpu.arch.isWasm()) memory.allocator else std.heap.page_allocator;
    // Without memory the reducer will fail anyhow, and say so.
    const message = std.fmt.allocPrint(allocator, format, args) catch return;
    defer allocator.free(message);
    line(level, message);
}

const host = struct {
    extern "everfold:domain/log@0.1.0" fn write(level: u32, message: [*]const u8, len: usize) void;
};
