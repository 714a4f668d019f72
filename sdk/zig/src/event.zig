//! Events, as a reducer takes them.

const std = @import("std");

/// An immutable fact about one entity, with its data as `Data`.
pub fn Event(comptime Data: type) type {
    return struct {
        /// A UUIDv1, unique in its context, made when it happened.
        id: []const u8,
        /// The entity that it happened to: a UUIDv4.
        entity: []const u8,
        /// What happened. Rarely needed: where `Data` is a union, its tag says so.
        type: []const u8,
        /// When it happened, in microseconds since the Unix epoch.
        occurred_at: i64,
        /// Its place in the log, counted from 1. Null under the order `occurred`.
        position: ?u64 = null,
        /// The event or command that led to it; null for what came from outside.
        cause: ?[]const u8 = null,
        /// What was sent along with it (tracing, authorship).
        metadata: Metadata = .{},
        /// What is known about it.
        data: Data,
    };
}

/// A key and a value of an event's metadata.
pub const Pair = struct {
    key: []const u8,
    value: []const u8,
};

/// What was sent along with an event, in the order in which it was sent.
pub const Metadata = struct {
    pairs: []const Pair = &.{},

    /// The value of the first pair that has this key.
    pub fn get(metadata: Metadata, key: []const u8) ?[]const u8 {
        for (metadata.pairs) |pair| {
            if (std.mem.eql(u8, pair.key, key)) return pair.value;
        }
        return null;
    }
};

test "metadata is found by key" {
    const metadata: Metadata = .{ .pairs = &.{ .{ .key = "a", .value = "1" }, .{ .key = "a", .value = "2" } } };
    try std.testing.expectEqualStrings("1", metadata.get("a").?);
    try std.testing.expectEqual(null, metadata.get("b"));
}
