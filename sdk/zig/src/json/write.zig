//! Writes values as canonical JSON (RFC 8785).

const std = @import("std");
const json = @import("../json.zig");
const number = @import("number.zig");
const shape = @import("shape.zig");
const text_zig = @import("text.zig");

const Allocator = std.mem.Allocator;
const Value = std.json.Value;

/// One text that is being written.
pub const Writer = struct {
    arena: Allocator,
    diagnostic: *json.Diagnostic,
    out: std.ArrayList(u8) = .empty,
    depth: usize = 0,

    /// Writes any value that has a form in JSON.
    pub fn put(w: *Writer, value: anytype) json.Error!void {
        const T = @TypeOf(value);
        if (T == Value) return w.any(value);
        switch (@typeInfo(T)) {
            .void => return w.raw("{}"),
            .null => return w.raw("null"),
            .bool => return w.raw(if (value) "true" else "false"),
            .int => return w.integer(value),
            .comptime_int => return w.integer(@as(i64, value)),
            .float => |float| {
                if (float.bits > 64) @compileError(@typeName(T) ++ " holds more than a number of JSON: use f64");
                return w.double(value);
            },
            .comptime_float => return w.double(value),
            .optional => return if (value) |present| w.put(present) else w.raw("null"),
            .@"enum", .enum_literal => return w.string(@tagName(value)),
            .@"union" => return w.tagged(value),
            .array => |array| return if (array.child == u8) w.string(&value) else w.list(&value),
            .pointer => |pointer| switch (pointer.size) {
                .one => return w.pointee(value),
                .slice => return if (pointer.child == u8) w.string(value) else w.list(value),
                else => {},
            },
            .@"struct" => switch (comptime shape.of(T)) {
                .any => comptime unreachable,
                .map => return w.map(value),
                .list => return w.put(value.items),
                .tuple => return w.list(value),
                .object => return w.object(value),
            },
            else => {},
        }
        @compileError(@typeName(T) ++ " cannot be written as JSON");
    }

    fn any(w: *Writer, value: Value) json.Error!void {
        return switch (value) {
            .null => w.raw("null"),
            .bool => |inner| w.put(inner),
            .integer => |inner| w.integer(inner),
            .float => |inner| w.double(inner),
            .number_string => |text| switch (number.parse(text) catch return w.beyond(text)) {
                .integer => |inner| w.integer(inner),
                .float => |inner| w.double(inner),
            },
            .string => |inner| w.string(inner),
            .array => |inner| w.list(inner.items),
            .object => |inner| w.map(inner),
        };
    }

    fn pointee(w: *Writer, pointer: anytype) json.Error!void {
        if (@typeInfo(@TypeOf(pointer.*)) == .array) {
            const slice: []const std.meta.Elem(@TypeOf(pointer)) = pointer;
            return w.put(slice);
        }
        return w.put(pointer.*);
    }

    fn integer(w: *Writer, value: anytype) json.Error!void {
        const in_range = value >= -number.max_integer and value <= number.max_integer;
        var buffer: [number.max_len]u8 = undefined;
        if (!in_range) return w.beyond(try std.fmt.allocPrint(w.arena, "{d}", .{value}));
        const narrow: i64 = @intCast(value);
        return w.raw(buffer[0..std.fmt.printInt(&buffer, narrow, 10, .lower, .{})]);
    }

    fn double(w: *Writer, value: f64) json.Error!void {
        if (!std.math.isFinite(value)) return w.fail("{d} is not a number that JSON has", .{value});
        var buffer: [number.max_len]u8 = undefined;
        return w.raw(number.write(&buffer, value));
    }

    fn string(w: *Writer, text: []const u8) json.Error!void {
        try w.out.ensureUnusedCapacity(w.arena, text.len + 2);
        w.out.appendAssumeCapacity('"');
        var start: usize = 0;
        var at: usize = text_zig.plain(text);
        while (at < text.len) : (at += text_zig.plain(text[at..])) {
            if (text[at] >= 0x80) {
                at += text_zig.character(text[at..]) orelse return w.fail("a string is not UTF-8", .{});
                continue;
            }
            try w.raw(text[start..at]);
            try w.escape(text[at]);
            at += 1;
            start = at;
        }
        try w.raw(text[start..]);
        try w.raw("\"");
    }

    fn escape(w: *Writer, byte: u8) json.Error!void {
        return w.raw(switch (byte) {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\x08' => "\\b",
            '\t' => "\\t",
            '\n' => "\\n",
            '\x0c' => "\\f",
            '\r' => "\\r",
            else => &.{ '\\', 'u', '0', '0', '0' + (byte >> 4), std.fmt.digitToChar(byte & 15, .lower) },
        });
    }

    fn list(w: *Writer, items: anytype) json.Error!void {
        try w.enter();
        defer w.depth -= 1;
        try w.raw("[");
        if (@typeInfo(@TypeOf(items)) == .@"struct") {
            inline for (items, 0..) |item, index| {
                if (index > 0) try w.raw(",");
                try w.put(item);
            }
        } else for (items, 0..) |item, index| {
            if (index > 0) try w.raw(",");
            try w.put(item);
        }
        try w.raw("]");
    }

    fn map(w: *Writer, entries: anytype) json.Error!void {
        const Entry = struct {
            key: []const u8,
            value: *const shape.MapValue(@TypeOf(entries)),

            fn lessThan(_: void, a: @This(), b: @This()) bool {
                return shape.lessThan(a.key, b.key);
            }
        };
        const sorted = try w.arena.alloc(Entry, entries.count());
        var iterator = entries.iterator();
        for (sorted) |*slot| {
            const entry = iterator.next().?;
            slot.* = .{ .key = entry.key_ptr.*, .value = entry.value_ptr };
        }
        std.sort.pdq(Entry, sorted, {}, Entry.lessThan);

        try w.enter();
        defer w.depth -= 1;
        try w.raw("{");
        for (sorted, 0..) |entry, index| {
            if (index > 0) try w.raw(",");
            try w.string(entry.key);
            try w.raw(":");
            try w.put(entry.value.*);
        }
        try w.raw("}");
    }

    fn object(w: *Writer, fields: anytype) json.Error!void {
        try w.enter();
        defer w.depth -= 1;
        const names = @typeInfo(@TypeOf(fields)).@"struct".field_names;
        try w.raw("{");
        inline for (comptime shape.sortedFields(@TypeOf(fields)), 0..) |field, index| {
            if (index > 0) try w.raw(",");
            try w.string(names[field]);
            try w.raw(":");
            try w.put(@field(fields, names[field]));
        }
        try w.raw("}");
    }

    /// Writes a union as `std.json` does: an object with one key, the tag.
    fn tagged(w: *Writer, value: anytype) json.Error!void {
        try w.enter();
        defer w.depth -= 1;
        try w.raw("{");
        try w.string(@tagName(value));
        try w.raw(":");
        switch (value) {
            inline else => |payload| try w.put(payload),
        }
        try w.raw("}");
    }

    fn raw(w: *Writer, text: []const u8) json.Error!void {
        return w.out.appendSlice(w.arena, text);
    }

    /// What is written must be readable again.
    fn enter(w: *Writer) json.Error!void {
        if (w.depth == json.max_depth) return w.fail("nested more than {d} levels deep", .{json.max_depth});
        w.depth += 1;
    }

    fn beyond(w: *Writer, digits: []const u8) json.Error {
        return w.fail("the number {s} is beyond 2^53: send it as a string", .{digits});
    }

    fn fail(w: *Writer, comptime format: []const u8, args: anytype) json.Error {
        w.diagnostic.message = try std.fmt.allocPrint(w.arena, format, args);
        return error.InvalidJson;
    }
};
