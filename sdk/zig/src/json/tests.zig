const std = @import("std");
const json = @import("../json.zig");

const testing = std.testing;
const Value = std.json.Value;

fn expectWritten(expected: []const u8, value: anytype) !void {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    try testing.expectEqualStrings(expected, try json.write(arena.allocator(), value, null));
}

fn expectUnwritable(message: []const u8, value: anytype) !void {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    var diagnostic: json.Diagnostic = .{};
    try testing.expectError(error.InvalidJson, json.write(arena.allocator(), value, &diagnostic));
    try testing.expectEqualStrings(message, diagnostic.message);
}

fn expectUnreadable(message: []const u8, comptime T: type, text: []const u8) !void {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    var diagnostic: json.Diagnostic = .{};
    try testing.expectError(error.InvalidJson, json.read(T, arena.allocator(), text, &diagnostic));
    try testing.expectEqualStrings(message, diagnostic.message);
}

/// Reads `text` as a `T` and writes that.
fn expectRead(expected: []const u8, comptime T: type, text: []const u8) !void {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    try expectWritten(expected, try json.read(T, arena.allocator(), text, null));
}

const Kind = enum { cup, plate };

const Shelf = struct {
    width: ?u8,
    name: []const u8 = "unnamed",
    kinds: []const Kind = &.{},
    counts: std.array_hash_map.String(i32) = .empty,
    list: std.ArrayList(f64) = .empty,
    at: struct { i32, bool } = .{ 0, false },
    more: ?*const Shelf = null,
    how: union(enum) { hung: f32, stood } = .stood,
};

test "the structured example of RFC 8785, 3.2.2" {
    const text =
        \\{
        \\  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        \\  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
        \\  "literals": [null, true, false]
        \\}
    ;
    try expectRead(
        \\{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}
    , Value, text);
}

test "the sorting example of RFC 8785, 3.2.3" {
    const text =
        \\{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",
        \\"\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}
    ;
    try expectRead("{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\"," ++
        "\"\u{f6}\":\"Latin Small Letter O With Diaeresis\",\"\u{20ac}\":\"Euro Sign\"," ++
        "\"\u{1f600}\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}", Value, text);
}

test "strings are escaped as little as can be" {
    try expectWritten("\"\\b\\t\\n\\f\\r\\\"\\\\\\u0000\\u001f/\u{7f}\u{2028}😀\"", "\x08\t\n\x0c\r\"\\\x00\x1f/\x7f\u{2028}😀");
    try expectRead("\"\\\"\\\\/\\b\\f\\n\\r\\t\"", []const u8, "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"");
    try expectRead("\"😀\u{7f}\"", []const u8, "\"\\ud83d\\uDE00\\u007f\"");
}

test "structs are objects with sorted keys" {
    try expectWritten("{\"a\":1,\"b\":[true,null],\"c\":{}}", .{ .b = .{ true, null }, .a = 1, .c = .{} });
    try expectRead(
        \\{"at":[0,false],"counts":{},"how":{"stood":{}},"kinds":[],"list":[],"more":null,"name":"unnamed","width":null}
    , Shelf, "{}");
    const full =
        \\{"at":[-3,true],"counts":{"a":1,"b":2},"how":{"hung":0.5},"kinds":["plate","cup"],"list":[1,0.1],"more":null,"name":"é","width":255}
    ;
    try expectRead(full, Shelf, full);
}

test "of keys that are there twice the last counts, and unknown ones are skipped" {
    try expectRead("{\"a\":2}", Value, "{\"a\":[1],\"a\":2}");
    try expectRead("{\"qty\":3}", struct { qty: u8 }, "{\"qty\":1,\"more\":[{\"qty\":9}],\"qty\":3}");
    try expectRead("{\"a\":2}", std.array_hash_map.String(u8), "{\"a\":1,\"a\":2}");
}

test "numbers are what the type says, if they are that" {
    try expectRead("100", u8, "1e2");
    try expectRead("2", f64, "2");
    try expectRead("[0,0,1e-7,9007199254740992]", Value, "[-0,-0.0,0.0000001,9007199254740992]");
    try expectUnreadable("qty: 2.5 is not an integer within 2^53", struct { qty: i8 }, "{\"qty\":2.5}");
    try expectUnreadable("300 is out of range (u8)", u8, "300");
    try expectUnreadable("-1 is out of range (u8)", u8, "-1");
    try expectUnreadable("a: [1]: the number 9007199254740993 is beyond 2^53: send it as a string", Value, "{\"a\":[0,9007199254740993]}");
    try expectUnreadable("the number -9007199254740993 is beyond 2^53: send it as a string", f64, "-9007199254740993");
    try expectUnreadable("the number 1e400 is beyond what a double holds", f64, "1e400");
}

test "an integer that is how a double is written is that double" {
    const written = "[100000000000000000000,9007199254740994,-123456789012345680000,18446744073709552000,1e+21]";
    try expectRead(written, []const f64, written);
    try expectRead(written, Value, written);
    const others = [_][]const u8{ "9007199254740993", "18446744073709551615", "100000000000000000001", "1000000000000000000000" };
    inline for (others) |text| {
        const message = "the number " ++ text ++ " is beyond 2^53: send it as a string";
        try expectUnreadable(message, Value, text);
        try expectUnreadable(message, i128, text);
    }
    try expectUnreadable("9007199254740994 is not an integer within 2^53", i64, "9007199254740994");
    try expectUnreadable("100000000000000000000 is not an integer within 2^53", i128, "100000000000000000000");
}

test "what is not of the type is refused with its place" {
    try expectUnreadable("expected an object, not a number", Shelf, "1");
    try expectUnreadable("\"qty\" is missing", struct { qty: u8 }, "{}");
    try expectUnreadable("kinds: [1]: \"pan\" is none of its values", Shelf, "{\"kinds\":[\"cup\",\"pan\"]}");
    try expectUnreadable("name: expected a string, not a boolean", Shelf, "{\"name\":true}");
    try expectUnreadable("name: expected a string, not null", Shelf, "{\"name\":null}");
    try expectUnreadable("width: expected a number, not a string", Shelf, "{\"width\":\"1\"}");
    try expectUnreadable("at: more than 2 elements", Shelf, "{\"at\":[1,true,2]}");
    try expectUnreadable("at: 1 elements instead of 2", Shelf, "{\"at\":[1]}");
    try expectUnreadable("how: \"lay\" is none of its variants", Shelf, "{\"how\":{\"lay\":1}}");
    try expectUnreadable("counts: b: expected a number, not an array", Shelf, "{\"counts\":{\"a\":1,\"b\":[]}}");
}

test "what is not JSON is refused" {
    const texts = [_][]const u8{
        "",            "{",             "[1,]",               "{\"a\":1,}",         "[1 2]",            "{\"a\":1 \"b\":2}",
        "{1:2}",       "{\"a\"}",       "01",                 "1.",                 "1e",               "-",
        "1 2",         "nul",           "NaN",                "'a'",                "\"\n\"",           "\"\\x\"",
        "\"\\u12g4\"", "\"\\ud800\"",   "\"\\ud800\\u0041\"", "\"\\udc00\\ud800\"", "\"\xed\xa0\x80\"", "\"\xff\"",
        "// 1",        "\xef\xbb\xbf1",
    };
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    for (texts) |text| {
        errdefer std.debug.print("accepted: {s}\n", .{text});
        try testing.expectError(error.InvalidJson, json.read(Value, arena.allocator(), text, null));
    }
    try expectUnreadable("not JSON at byte 3", Value, "[1,]");
    try expectUnreadable("not JSON: it ends too early", Value, "[1");
}

test "what is not to be had in JSON is not written" {
    try expectUnwritable("nan is not a number that JSON has", std.math.nan(f64));
    try expectUnwritable("-inf is not a number that JSON has", -std.math.inf(f32));
    try expectUnwritable("the number 9007199254740993 is beyond 2^53: send it as a string", @as(i64, 9007199254740993));
    try expectUnwritable("the number -9007199254740993 is beyond 2^53: send it as a string", @as(i64, -9007199254740993));
    try expectUnwritable("the number 18446744073709551615 is beyond 2^53: send it as a string", .{@as(u64, std.math.maxInt(u64))});
    try expectUnwritable("a string is not UTF-8", @as([]const u8, "\xed\xa0\x80"));
    try expectUnwritable("a string is not UTF-8", .{ .a = "\xff" });
    try expectWritten("[9007199254740992,-9007199254740992]", .{ json.max_integer, -json.max_integer });
    try expectWritten("9223372036854776000", @as(f64, 0x1p63));
}

test "what nests too deep is refused" {
    const opening: [100_000]u8 = @splat('[');
    const closing: [json.max_depth]u8 = @splat(']');
    const deepest = opening[0..json.max_depth] ++ closing;
    try expectRead(deepest, Value, deepest);
    try expectUnreadable("nested more than 256 levels deep", Value, &opening);
    try expectUnreadable("nested more than 256 levels deep", Value, "[" ++ deepest ++ "]");

    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    const value = try json.read(Value, arena.allocator(), deepest, null);
    try expectUnwritable("nested more than 256 levels deep", .{value});
}
