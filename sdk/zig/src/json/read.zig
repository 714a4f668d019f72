//! Reads JSON into a type: strictly as RFC 8259 has it, with integers up to 2^53.

const std = @import("std");
const json = @import("../json.zig");
const Cursor = @import("cursor.zig").Cursor;
const number_zig = @import("number.zig");
const shape = @import("shape.zig");

const Value = std.json.Value;

/// One text that is being read.
pub const Reader = struct {
    cursor: Cursor,

    /// Reads the one value that the text is.
    pub fn document(r: *Reader, comptime T: type) json.Error!T {
        const value = try r.take(T);
        try r.cursor.finish();
        return value;
    }

    fn take(r: *Reader, comptime T: type) json.Error!T {
        if (T == Value) return r.any();
        switch (@typeInfo(T)) {
            .void => return r.skip(),
            .bool => return r.cursor.boolean(),
            .int => return r.integer(T),
            .float => return r.float(T),
            .optional => |optional| {
                if (try r.cursor.peek() == .null) return r.cursor.literal(T, "null", null);
                return try r.take(optional.child);
            },
            .@"enum" => {
                const name = try r.cursor.string();
                return std.meta.stringToEnum(T, name) orelse r.cursor.fail("\"{s}\" is none of its values", .{name});
            },
            .@"union" => return r.tagged(T),
            .array => return r.array(T),
            .pointer => |pointer| switch (pointer.size) {
                .one => return r.pointee(pointer.child),
                .slice => {
                    if (pointer.child != u8) return (try r.list(pointer.child)).items;
                    const text = try r.cursor.string();
                    return if (pointer.attrs.@"const") text else r.cursor.arena.dupe(u8, text);
                },
                else => {},
            },
            .@"struct" => switch (comptime shape.of(T)) {
                .any => comptime unreachable,
                .map => return r.map(T),
                .list => return r.list(shape.ListItem(T)),
                .tuple => return r.array(T),
                .object => return r.object(T),
            },
            else => {},
        }
        @compileError("JSON cannot be read into " ++ @typeName(T));
    }

    fn any(r: *Reader) json.Error!Value {
        return switch (try r.cursor.peek()) {
            .null => r.cursor.literal(Value, "null", .null),
            .true, .false => .{ .bool = try r.cursor.boolean() },
            .number => switch (try r.cursor.number()) {
                .integer => |value| .{ .integer = value },
                .float => |value| .{ .float = value },
            },
            .string => .{ .string = try r.cursor.string() },
            .array => {
                var items = try r.list(Value);
                return .{ .array = items.toManaged(r.cursor.arena) };
            },
            .object => .{ .object = try r.map(std.json.ObjectMap) },
        };
    }

    fn integer(r: *Reader, comptime T: type) json.Error!T {
        const value = switch (try r.cursor.number()) {
            .integer => |value| value,
            .float => |value| number_zig.integral(value) orelse return r.cursor.fail("{d} is not an integer within 2^53", .{value}),
        };
        return std.math.cast(T, value) orelse r.cursor.fail("{d} is out of range (" ++ @typeName(T) ++ ")", .{value});
    }

    fn float(r: *Reader, comptime T: type) json.Error!T {
        return switch (try r.cursor.number()) {
            .integer => |value| @floatFromInt(value),
            .float => |value| @floatCast(value),
        };
    }

    fn pointee(r: *Reader, comptime T: type) json.Error!*T {
        const target = try r.cursor.arena.create(T);
        target.* = try r.take(T);
        return target;
    }

    fn list(r: *Reader, comptime Item: type) json.Error!std.ArrayList(Item) {
        try r.cursor.open(.array, "an array");
        defer r.cursor.depth -= 1;
        var items: std.ArrayList(Item) = .empty;
        while (try r.cursor.more(']', items.items.len == 0)) {
            const item = r.take(Item) catch |err| return r.cursor.within("[{d}]", .{items.items.len}, err);
            try items.append(r.cursor.arena, item);
        }
        return items;
    }

    /// Reads an array of a known length: an array or a tuple.
    fn array(r: *Reader, comptime T: type) json.Error!T {
        try r.cursor.open(.array, "an array");
        defer r.cursor.depth -= 1;
        var items: T = undefined;
        inline for (0..items.len) |index| {
            if (!try r.cursor.more(']', index == 0)) return r.cursor.fail("{d} elements instead of {d}", .{ index, items.len });
            items[index] = r.take(@TypeOf(items[index])) catch |err| return r.cursor.within("[{d}]", .{index}, err);
        }
        if (try r.cursor.more(']', items.len == 0)) return r.cursor.fail("more than {d} elements", .{items.len});
        return items;
    }

    fn map(r: *Reader, comptime Map: type) json.Error!Map {
        try r.cursor.open(.object, "an object");
        defer r.cursor.depth -= 1;
        var entries: Map = .empty;
        while (try r.cursor.key(entries.count() == 0)) |name| {
            const value = r.take(shape.MapValue(Map)) catch |err| return r.cursor.within("{s}", .{name}, err);
            try entries.put(r.cursor.arena, name, value);
        }
        return entries;
    }

    fn object(r: *Reader, comptime T: type) json.Error!T {
        try r.cursor.open(.object, "an object");
        defer r.cursor.depth -= 1;
        const info = @typeInfo(T).@"struct";
        var fields: T = undefined;
        var seen: [info.field_names.len]bool = @splat(false);
        var is_first = true;
        next_field: while (try r.cursor.key(is_first)) |name| {
            is_first = false;
            inline for (info.field_names, info.field_types, 0..) |field, Field, index| {
                if (std.mem.eql(u8, field, name)) {
                    @field(fields, field) = r.take(Field) catch |err| return r.cursor.within("{s}", .{name}, err);
                    seen[index] = true;
                    continue :next_field;
                }
            }
            try r.skip();
        }
        inline for (info.field_names, info.field_types, info.field_attrs, seen) |field, Field, attrs, is_seen| {
            if (!is_seen) {
                @field(fields, field) = if (comptime attrs.defaultValue(Field)) |default|
                    default
                else if (@typeInfo(Field) == .optional)
                    null
                else
                    return r.cursor.fail("\"" ++ field ++ "\" is missing", .{});
            }
        }
        return fields;
    }

    /// Reads a union as `std.json` does: an object with one key, the tag.
    fn tagged(r: *Reader, comptime T: type) json.Error!T {
        try r.cursor.open(.object, "an object");
        defer r.cursor.depth -= 1;
        const name = try r.cursor.key(true) orelse return r.cursor.fail("an empty object names no variant", .{});
        const info = @typeInfo(T).@"union";
        inline for (info.field_names, info.field_types) |tag, Payload| {
            if (std.mem.eql(u8, tag, name)) {
                const payload = r.take(Payload) catch |err| return r.cursor.within("{s}", .{name}, err);
                if (try r.cursor.key(false) != null) return r.cursor.fail("more than one variant", .{});
                return @unionInit(T, tag, payload);
            }
        }
        return r.cursor.fail("\"{s}\" is none of its variants", .{name});
    }

    /// Reads a value that nobody wants.
    fn skip(r: *Reader) json.Error!void {
        switch (try r.cursor.peek()) {
            .null => try r.cursor.literal(void, "null", {}),
            .true, .false => _ = try r.cursor.boolean(),
            .number => _ = try r.cursor.numberText(),
            .string => _ = try r.cursor.string(),
            .array => _ = try r.list(void),
            .object => _ = try r.object(struct {}),
        }
    }
};
