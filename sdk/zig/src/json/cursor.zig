//! Goes through a text, value by value, and says what is wrong with it.

const std = @import("std");
const json = @import("../json.zig");
const lexer_zig = @import("lexer.zig");
const number_zig = @import("number.zig");

const Allocator = std.mem.Allocator;
const Kind = lexer_zig.Kind;

/// A text, how far it has been read, and why it could not be.
pub const Cursor = struct {
    arena: Allocator,
    lexer: lexer_zig.Lexer,
    diagnostic: *json.Diagnostic,
    depth: usize = 0,
    /// Whether the place of a mistake helps to find it.
    says_place: bool = true,

    /// Sees that nothing follows.
    pub fn finish(c: *Cursor) json.Error!void {
        c.lexer.finish() catch |err| return c.malformed(err);
    }

    /// Tells what value comes.
    pub fn peek(c: *Cursor) json.Error!Kind {
        return c.lexer.peek() catch |err| c.malformed(err);
    }

    /// Sees that a value of this kind comes.
    pub fn begin(c: *Cursor, kind: Kind, comptime expected: []const u8) json.Error!void {
        const found = try c.peek();
        if (found != kind) return c.unexpected(expected, found);
    }

    /// Reads `true` or `false`.
    pub fn boolean(c: *Cursor) json.Error!bool {
        return switch (try c.peek()) {
            .true => c.literal(bool, "true", true),
            .false => c.literal(bool, "false", false),
            else => |kind| c.unexpected("true or false", kind),
        };
    }

    /// Reads a name that stands for `value`.
    pub fn literal(c: *Cursor, comptime T: type, name: []const u8, value: T) json.Error!T {
        c.lexer.literal(name) catch |err| return c.malformed(err);
        return value;
    }

    /// Reads a string.
    pub fn string(c: *Cursor) json.Error![]const u8 {
        try c.begin(.string, "a string");
        return c.lexer.string(c.arena) catch |err| c.malformed(err);
    }

    /// Reads a number.
    pub fn number(c: *Cursor) json.Error!number_zig.Number {
        const text = try c.numberText();
        const shown = text[0..@min(text.len, 64)];
        return number_zig.parse(text) catch |err| switch (err) {
            error.BeyondIntegers => c.fail("the number {s} is beyond 2^53: send it as a string", .{shown}),
            error.BeyondDoubles => c.fail("the number {s} is beyond what a double holds", .{shown}),
        };
    }

    /// Reads a number as it is spelt.
    pub fn numberText(c: *Cursor) json.Error![]const u8 {
        try c.begin(.number, "a number");
        return c.lexer.number() catch |err| c.malformed(err);
    }

    /// Begins an array or object. Whoever does so makes `depth` what it was at the end.
    pub fn open(c: *Cursor, kind: Kind, comptime expected: []const u8) json.Error!void {
        try c.begin(kind, expected);
        try c.enter();
        c.lexer.at += 1;
    }

    /// Goes on behind a bracket or a value: false at the end.
    pub fn more(c: *Cursor, end: u8, is_first: bool) json.Error!bool {
        return c.lexer.more(end, is_first) catch |err| c.malformed(err);
    }

    /// The next key of an object, null at its end.
    pub fn key(c: *Cursor, is_first: bool) json.Error!?[]const u8 {
        if (!try c.more('}', is_first)) return null;
        if (try c.peek() != .string) return c.malformed(error.Malformed);
        const name = try c.string();
        c.lexer.expect(':') catch |err| return c.malformed(err);
        return name;
    }

    fn enter(c: *Cursor) json.Error!void {
        if (c.depth == json.max_depth) {
            c.says_place = false;
            return c.fail("nested more than {d} levels deep", .{json.max_depth});
        }
        c.depth += 1;
    }

    fn malformed(c: *Cursor, err: lexer_zig.Error) json.Error {
        if (err == error.OutOfMemory) return error.OutOfMemory;
        c.says_place = false;
        if (c.lexer.at >= c.lexer.text.len) return c.fail("not JSON: it ends too early", .{});
        return c.fail("not JSON at byte {d}", .{c.lexer.at});
    }

    fn unexpected(c: *Cursor, comptime expected: []const u8, found: Kind) json.Error {
        const name = switch (found) {
            .null => "null",
            .true, .false => "a boolean",
            .number => "a number",
            .string => "a string",
            .array => "an array",
            .object => "an object",
        };
        return c.fail("expected " ++ expected ++ ", not {s}", .{name});
    }

    /// Says why the text cannot be read.
    pub fn fail(c: *Cursor, comptime format: []const u8, args: anytype) json.Error {
        c.diagnostic.message = try std.fmt.allocPrint(c.arena, format, args);
        return error.InvalidJson;
    }

    /// Says where in the text it was that a value could not be read.
    pub fn within(c: *Cursor, comptime format: []const u8, args: anytype, err: json.Error) json.Error {
        if (err == error.InvalidJson and c.says_place) {
            c.diagnostic.message = try std.fmt.allocPrint(c.arena, format ++ ": {s}", args ++ .{c.diagnostic.message});
        }
        return err;
    }
};
