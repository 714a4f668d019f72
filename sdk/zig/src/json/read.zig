//! Reads JSON into a type: strictly as RFC 8259 has it, with integers up to 2^53.

const std = @import("std");
const json = @import("../json.zig");
const number = @import("number.zig");
const shape = @import("shape.zig");

const Allocator = std.mem.Allocator;
const Token = std.json.Token;
const Value = std.json.Value;
const ScannerError = std.json.Scanner.AllocError || std.json.Scanner.NextError;

/// One text that is being read. Each `take` gets the first token of a value that it then reads to its end.
pub const Reader = struct {
    arena: Allocator,
    scanner: std.json.Scanner,
    diagnostic: *json.Diagnostic,
    depth: usize = 0,
    /// Whether the place of a mistake helps to find it.
    says_place: bool = true,

    /// Reads the one value that the text is.
    pub fn document(r: *Reader, comptime T: type) json.Error!T {
        const value = try r.take(T, try r.next());
        // There is nothing behind it, or the scanner says so.
        _ = try r.next();
        return value;
    }

    fn take(r: *Reader, comptime T: type, token: Token) json.Error!T {
        if (T == Value) return r.any(token);
        switch (@typeInfo(T)) {
            .void => return r.skip(token),
            .bool => return switch (token) {
                .true => true,
                .false => false,
                else => r.unexpected("true or false", token),
            },
            .int => return r.integer(T, token),
            .float => return r.float(T, token),
            .optional => |optional| return if (token == .null) null else try r.take(optional.child, token),
            .@"enum" => {
                const name = try r.string(token);
                return std.meta.stringToEnum(T, name) orelse r.fail("\"{s}\" is none of its values", .{name});
            },
            .@"union" => return r.tagged(T, token),
            .array => return r.array(T, token),
            .pointer => |pointer| switch (pointer.size) {
                .one => {
                    try r.enter();
                    defer r.depth -= 1;
                    const target = try r.arena.create(pointer.child);
                    target.* = try r.take(pointer.child, token);
                    return target;
                },
                .slice => {
                    if (pointer.child != u8) return (try r.list(pointer.child, token)).items;
                    const text = try r.string(token);
                    return if (pointer.attrs.@"const") text else r.arena.dupe(u8, text);
                },
                else => {},
            },
            .@"struct" => switch (comptime shape.of(T)) {
                .any => comptime unreachable,
                .map => return r.map(T, token),
                .list => return r.list(shape.ListItem(T), token),
                .tuple => return r.array(T, token),
                .object => return r.object(T, token),
            },
            else => {},
        }
        @compileError("JSON cannot be read into " ++ @typeName(T));
    }

    fn any(r: *Reader, token: Token) json.Error!Value {
        return switch (token) {
            .null => .null,
            .true => .{ .bool = true },
            .false => .{ .bool = false },
            .number => switch (try r.parse(token)) {
                .integer => |value| .{ .integer = value },
                .float => |value| .{ .float = value },
            },
            .array_begin => .{ .array = try r.values(token) },
            .object_begin => .{ .object = try r.map(std.json.ObjectMap, token) },
            else => .{ .string = try r.string(token) },
        };
    }

    fn values(r: *Reader, token: Token) json.Error!std.json.Array {
        var items = try r.list(Value, token);
        return items.toManaged(r.arena);
    }

    fn string(r: *Reader, token: Token) json.Error![]const u8 {
        return switch (token) {
            .string => |text| text,
            .allocated_string => |text| text,
            else => r.unexpected("a string", token),
        };
    }

    fn parse(r: *Reader, token: Token) json.Error!number.Number {
        const text = switch (token) {
            .number => |text| text,
            else => return r.unexpected("a number", token),
        };
        const shown = text[0..@min(text.len, 64)];
        return number.parse(text) catch |err| switch (err) {
            error.BeyondIntegers => r.fail("the number {s} is beyond 2^53: send it as a string", .{shown}),
            error.BeyondDoubles => r.fail("the number {s} is beyond what a double holds", .{shown}),
        };
    }

    fn integer(r: *Reader, comptime T: type, token: Token) json.Error!T {
        const value = switch (try r.parse(token)) {
            .integer => |value| value,
            .float => |value| number.integral(value) orelse
                return r.fail("{s} is not an integer", .{token.number}),
        };
        return std.math.cast(T, value) orelse r.fail("{d} is out of range (" ++ @typeName(T) ++ ")", .{value});
    }

    fn float(r: *Reader, comptime T: type, token: Token) json.Error!T {
        return switch (try r.parse(token)) {
            .integer => |value| @floatFromInt(value),
            .float => |value| @floatCast(value),
        };
    }

    fn list(r: *Reader, comptime Item: type, token: Token) json.Error!std.ArrayList(Item) {
        if (token != .array_begin) return r.unexpected("an array", token);
        try r.enter();
        defer r.depth -= 1;
        var items: std.ArrayList(Item) = .empty;
        while (true) {
            const first = try r.next();
            if (first == .array_end) return items;
            const item = r.take(Item, first) catch |err| return r.within("[{d}]", .{items.items.len}, err);
            try items.append(r.arena, item);
        }
    }

    /// Reads an array of a known length: an array or a tuple.
    fn array(r: *Reader, comptime T: type, token: Token) json.Error!T {
        if (token != .array_begin) return r.unexpected("an array", token);
        try r.enter();
        defer r.depth -= 1;
        var items: T = undefined;
        inline for (0..items.len) |index| {
            const first = try r.next();
            if (first == .array_end) return r.fail("{d} elements instead of {d}", .{ index, items.len });
            items[index] = r.take(@TypeOf(items[index]), first) catch |err| return r.within("[{d}]", .{index}, err);
        }
        if (try r.next() != .array_end) return r.fail("more than {d} elements", .{items.len});
        return items;
    }

    fn map(r: *Reader, comptime Map: type, token: Token) json.Error!Map {
        if (token != .object_begin) return r.unexpected("an object", token);
        try r.enter();
        defer r.depth -= 1;
        var entries: Map = .empty;
        while (try r.key()) |name| {
            const value = r.take(shape.MapValue(Map), try r.next()) catch |err| return r.within("{s}", .{name}, err);
            try entries.put(r.arena, name, value);
        }
        return entries;
    }

    fn object(r: *Reader, comptime T: type, token: Token) json.Error!T {
        if (token != .object_begin) return r.unexpected("an object", token);
        try r.enter();
        defer r.depth -= 1;
        const info = @typeInfo(T).@"struct";
        var fields: T = undefined;
        var seen: [info.field_names.len]bool = @splat(false);
        next_field: while (try r.key()) |name| {
            const first = try r.next();
            inline for (info.field_names, info.field_types, 0..) |field, Field, index| {
                if (std.mem.eql(u8, field, name)) {
                    @field(fields, field) = r.take(Field, first) catch |err| return r.within("{s}", .{name}, err);
                    seen[index] = true;
                    continue :next_field;
                }
            }
            try r.skip(first);
        }
        inline for (info.field_names, info.field_types, info.field_attrs, seen) |field, Field, attrs, is_seen| {
            if (!is_seen) {
                @field(fields, field) = if (comptime attrs.defaultValue(Field)) |default|
                    default
                else if (@typeInfo(Field) == .optional)
                    null
                else
                    return r.fail("\"" ++ field ++ "\" is missing", .{});
            }
        }
        return fields;
    }

    /// Reads a union as `std.json` does: an object with one key, the tag.
    fn tagged(r: *Reader, comptime T: type, token: Token) json.Error!T {
        if (token != .object_begin) return r.unexpected("an object", token);
        try r.enter();
        defer r.depth -= 1;
        const name = try r.key() orelse return r.fail("an empty object names no variant", .{});
        const first = try r.next();
        const info = @typeInfo(T).@"union";
        inline for (info.field_names, info.field_types) |tag, Payload| {
            if (std.mem.eql(u8, tag, name)) {
                const payload = r.take(Payload, first) catch |err| return r.within("{s}", .{name}, err);
                if (try r.key() != null) return r.fail("more than one variant", .{});
                return @unionInit(T, tag, payload);
            }
        }
        return r.fail("\"{s}\" is none of its variants", .{name});
    }

    /// The next key of an object, null at its end.
    fn key(r: *Reader) json.Error!?[]const u8 {
        const token = try r.next();
        return if (token == .object_end) null else try r.string(token);
    }

    fn skip(r: *Reader, token: Token) json.Error!void {
        switch (token) {
            .object_begin, .array_begin => r.scanner.skipUntilStackHeight(r.scanner.stackHeight() - 1) catch |err|
                return r.malformed(err),
            else => {},
        }
    }

    fn next(r: *Reader) json.Error!Token {
        return r.scanner.nextAllocMax(r.arena, .alloc_if_needed, r.scanner.input.len) catch |err| r.malformed(err);
    }

    fn enter(r: *Reader) json.Error!void {
        if (r.depth == json.max_depth) {
            r.says_place = false;
            return r.fail("nested more than {d} levels deep", .{json.max_depth});
        }
        r.depth += 1;
    }

    fn malformed(r: *Reader, err: ScannerError) json.Error {
        return switch (err) {
            error.OutOfMemory => error.OutOfMemory,
            error.UnexpectedEndOfInput => r.fail("not JSON: it ends too early", .{}),
            else => r.fail("not JSON at byte {d}", .{r.scanner.cursor}),
        };
    }

    fn unexpected(r: *Reader, comptime expected: []const u8, token: Token) json.Error {
        const found = switch (token) {
            .null => "null",
            .true, .false => "a boolean",
            .number => "a number",
            .array_begin => "an array",
            .object_begin => "an object",
            else => "a string",
        };
        return r.fail("expected " ++ expected ++ ", not {s}", .{found});
    }

    fn fail(r: *Reader, comptime format: []const u8, args: anytype) json.Error {
        r.diagnostic.message = try std.fmt.allocPrint(r.arena, format, args);
        return error.InvalidJson;
    }

    /// Says where in the text it was that a value could not be read.
    fn within(r: *Reader, comptime format: []const u8, args: anytype, err: json.Error) json.Error {
        if (err == error.InvalidJson and r.says_place) {
            r.diagnostic.message = try std.fmt.allocPrint(r.arena, format ++ ": {s}", args ++ .{r.diagnostic.message});
        }
        return err;
    }
};
