//! Reads JSON into a type: strictly as RFC 8259 has it, with integers up to 2^53.

const std = @import("std");
const json = @import("../json.zig");
const lexer_zig = @import("lexer.zig");
const number_zig = @import("number.zig");
const shape = @import("shape.zig");

const Allocator = std.mem.Allocator;
const Kind = lexer_zig.Kind;
const Value = std.json.Value;

/// One text that is being read.
pub const Reader = struct {
    arena: Allocator,
    lexer: lexer_zig.Lexer,
    diagnostic: *json.Diagnostic,
    depth: usize = 0,
    /// Whether the place of a mistake helps to find it.
    says_place: bool = true,

    /// Reads the one value that the text is.
    pub fn document(r: *Reader, comptime T: type) json.Error!T {
        const value = try r.take(T);
        r.lexer.finish() catch |err| return r.malformed(err);
        return value;
    }

    fn take(r: *Reader, comptime T: type) json.Error!T {
        if (T == Value) return r.any();
        switch (@typeInfo(T)) {
            .void => return r.skip(),
            .bool => return r.boolean(),
            .int => return r.integer(T),
            .float => return r.float(T),
            .optional => |optional| {
                if (try r.peek() == .null) return r.literal(T, "null", null);
                return try r.take(optional.child);
            },
            .@"enum" => {
                const name = try r.string();
                return std.meta.stringToEnum(T, name) orelse r.fail("\"{s}\" is none of its values", .{name});
            },
            .@"union" => return r.tagged(T),
            .array => return r.array(T),
            .pointer => |pointer| switch (pointer.size) {
                .one => return r.pointee(pointer.child),
                .slice => {
                    if (pointer.child != u8) return (try r.list(pointer.child)).items;
                    const text = try r.string();
                    return if (pointer.attrs.@"const") text else r.arena.dupe(u8, text);
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
        return switch (try r.peek()) {
            .null => r.literal(Value, "null", .null),
            .true, .false => .{ .bool = try r.boolean() },
            .number => switch (try r.number()) {
                .integer => |value| .{ .integer = value },
                .float => |value| .{ .float = value },
            },
            .string => .{ .string = try r.string() },
            .array => {
                var items = try r.list(Value);
                return .{ .array = items.toManaged(r.arena) };
            },
            .object => .{ .object = try r.map(std.json.ObjectMap) },
        };
    }

    fn boolean(r: *Reader) json.Error!bool {
        return switch (try r.peek()) {
            .true => r.literal(bool, "true", true),
            .false => r.literal(bool, "false", false),
            else => |kind| r.unexpected("true or false", kind),
        };
    }

    fn literal(r: *Reader, comptime T: type, name: []const u8, value: T) json.Error!T {
        r.lexer.literal(name) catch |err| return r.malformed(err);
        return value;
    }

    fn string(r: *Reader) json.Error![]const u8 {
        try r.begin(.string, "a string");
        return r.lexer.string(r.arena) catch |err| r.malformed(err);
    }

    fn number(r: *Reader) json.Error!number_zig.Number {
        const text = try r.numberText();
        const shown = text[0..@min(text.len, 64)];
        return number_zig.parse(text) catch |err| switch (err) {
            error.BeyondIntegers => r.fail("the number {s} is beyond 2^53: send it as a string", .{shown}),
            error.BeyondDoubles => r.fail("the number {s} is beyond what a double holds", .{shown}),
        };
    }

    fn numberText(r: *Reader) json.Error![]const u8 {
        try r.begin(.number, "a number");
        return r.lexer.number() catch |err| r.malformed(err);
    }

    fn integer(r: *Reader, comptime T: type) json.Error!T {
        const value = switch (try r.number()) {
            .integer => |value| value,
            .float => |value| number_zig.integral(value) orelse return r.fail("{d} is not an integer", .{value}),
        };
        return std.math.cast(T, value) orelse r.fail("{d} is out of range (" ++ @typeName(T) ++ ")", .{value});
    }

    fn float(r: *Reader, comptime T: type) json.Error!T {
        return switch (try r.number()) {
            .integer => |value| @floatFromInt(value),
            .float => |value| @floatCast(value),
        };
    }

    fn pointee(r: *Reader, comptime T: type) json.Error!*T {
        const target = try r.arena.create(T);
        target.* = try r.take(T);
        return target;
    }

    fn list(r: *Reader, comptime Item: type) json.Error!std.ArrayList(Item) {
        try r.open(.array, "an array");
        defer r.depth -= 1;
        var items: std.ArrayList(Item) = .empty;
        while (try r.more(']', items.items.len == 0)) {
            const item = r.take(Item) catch |err| return r.within("[{d}]", .{items.items.len}, err);
            try items.append(r.arena, item);
        }
        return items;
    }

    /// Reads an array of a known length: an array or a tuple.
    fn array(r: *Reader, comptime T: type) json.Error!T {
        try r.open(.array, "an array");
        defer r.depth -= 1;
        var items: T = undefined;
        inline for (0..items.len) |index| {
            if (!try r.more(']', index == 0)) return r.fail("{d} elements instead of {d}", .{ index, items.len });
            items[index] = r.take(@TypeOf(items[index])) catch |err| return r.within("[{d}]", .{index}, err);
        }
        if (try r.more(']', items.len == 0)) return r.fail("more than {d} elements", .{items.len});
        return items;
    }

    fn map(r: *Reader, comptime Map: type) json.Error!Map {
        try r.open(.object, "an object");
        defer r.depth -= 1;
        var entries: Map = .empty;
        while (try r.key(entries.count() == 0)) |name| {
            const value = r.take(shape.MapValue(Map)) catch |err| return r.within("{s}", .{name}, err);
            try entries.put(r.arena, name, value);
        }
        return entries;
    }

    fn object(r: *Reader, comptime T: type) json.Error!T {
        try r.open(.object, "an object");
        defer r.depth -= 1;
        const info = @typeInfo(T).@"struct";
        var fields: T = undefined;
        var seen: [info.field_names.len]bool = @splat(false);
        var is_first = true;
        next_field: while (try r.key(is_first)) |name| {
            is_first = false;
            inline for (info.field_names, info.field_types, 0..) |field, Field, index| {
                if (std.mem.eql(u8, field, name)) {
                    @field(fields, field) = r.take(Field) catch |err| return r.within("{s}", .{name}, err);
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
                    return r.fail("\"" ++ field ++ "\" is missing", .{});
            }
        }
        return fields;
    }

    /// Reads a union as `std.json` does: an object with one key, the tag.
    fn tagged(r: *Reader, comptime T: type) json.Error!T {
        try r.open(.object, "an object");
        defer r.depth -= 1;
        const name = try r.key(true) orelse return r.fail("an empty object names no variant", .{});
        const info = @typeInfo(T).@"union";
        inline for (info.field_names, info.field_types) |tag, Payload| {
            if (std.mem.eql(u8, tag, name)) {
                const payload = r.take(Payload) catch |err| return r.within("{s}", .{name}, err);
                if (try r.key(false) != null) return r.fail("more than one variant", .{});
                return @unionInit(T, tag, payload);
            }
        }
        return r.fail("\"{s}\" is none of its variants", .{name});
    }

    /// Reads a value that nobody wants.
    fn skip(r: *Reader) json.Error!void {
        switch (try r.peek()) {
            .null => try r.literal(void, "null", {}),
            .true, .false => _ = try r.boolean(),
            .number => _ = try r.numberText(),
            .string => _ = try r.string(),
            .array => _ = try r.list(void),
            .object => _ = try r.object(struct {}),
        }
    }

    fn peek(r: *Reader) json.Error!Kind {
        return r.lexer.peek() catch |err| r.malformed(err);
    }

    fn begin(r: *Reader, kind: Kind, comptime expected: []const u8) json.Error!void {
        const found = try r.peek();
        if (found != kind) return r.unexpected(expected, found);
    }

    /// Begins an array or object. Whoever does so makes `depth` what it was at the end.
    fn open(r: *Reader, kind: Kind, comptime expected: []const u8) json.Error!void {
        try r.begin(kind, expected);
        try r.enter();
        r.lexer.at += 1;
    }

    fn more(r: *Reader, end: u8, is_first: bool) json.Error!bool {
        return r.lexer.more(end, is_first) catch |err| r.malformed(err);
    }

    /// The next key of an object, null at its end.
    fn key(r: *Reader, is_first: bool) json.Error!?[]const u8 {
        if (!try r.more('}', is_first)) return null;
        if (try r.peek() != .string) return r.malformed(error.Malformed);
        const name = try r.string();
        r.lexer.expect(':') catch |err| return r.malformed(err);
        return name;
    }

    fn enter(r: *Reader) json.Error!void {
        if (r.depth == json.max_depth) {
            r.says_place = false;
            return r.fail("nested more than {d} levels deep", .{json.max_depth});
        }
        r.depth += 1;
    }

    fn malformed(r: *Reader, err: lexer_zig.Error) json.Error {
        if (err == error.OutOfMemory) return error.OutOfMemory;
        r.says_place = false;
        if (r.lexer.at >= r.lexer.text.len) return r.fail("not JSON: it ends too early", .{});
        return r.fail("not JSON at byte {d}", .{r.lexer.at});
    }

    fn unexpected(r: *Reader, comptime expected: []const u8, found: Kind) json.Error {
        const name = switch (found) {
            .null => "null",
            .true, .false => "a boolean",
            .number => "a number",
            .string => "a string",
            .array => "an array",
            .object => "an object",
        };
        return r.fail("expected " ++ expected ++ ", not {s}", .{name});
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
