//! What a Zig type is in JSON, decided at compile time.

const std = @import("std");

/// What a struct is in JSON.
pub const Shape = enum {
    /// `std.json.Value`: whatever there is.
    any,
    /// A hash map with strings as keys: an object with any keys.
    map,
    /// `std.ArrayList`: an array.
    list,
    /// A tuple: an array of a known length.
    tuple,
    /// Any other struct: an object with its fields as keys.
    object,
};

/// Tells the shape of a struct.
pub fn of(comptime T: type) Shape {
    if (T == std.json.Value) return .any;
    const info = @typeInfo(T).@"struct";
    if (@hasDecl(T, "KV") and @hasDecl(T, "iterator")) return .map;
    if (@hasField(T, "items") and @hasField(T, "capacity")) return .list;
    if (@hasDecl(T, "jsonParse") or @hasDecl(T, "jsonStringify")) @compileError(@typeName(T) ++
        " brings JSON code of its own, which would not be canonical: use a plain struct, std.json.Value or " ++
        "std.array_hash_map.String");
    return if (info.is_tuple and info.field_names.len > 0) .tuple else .object;
}

/// The type of the values of a map.
pub fn MapValue(comptime Map: type) type {
    if (@FieldType(Map.KV, "key") != []const u8) @compileError(@typeName(Map) ++
        " has keys that are not strings, which JSON cannot have: use std.array_hash_map.String");
    return @FieldType(Map.KV, "value");
}

/// The type of the elements of a list.
pub fn ListItem(comptime List: type) type {
    return std.meta.Elem(@FieldType(List, "items"));
}

/// The order in which RFC 8785 sorts keys: by UTF-16 code units. Both must be UTF-8.
///
/// That is the order of the bytes but for the characters beyond the first 65,536, whose surrogates sort before
/// U+E000 to U+FFFF, the characters that begin with the bytes 0xEE and 0xEF.
pub fn lessThan(a: []const u8, b: []const u8) bool {
    for (a[0..@min(a.len, b.len)], b[0..@min(a.len, b.len)]) |x, y| {
        if (x != y) return rank(x) < rank(y);
    }
    return a.len < b.len;
}

fn rank(byte: u8) u8 {
    return if (byte == 0xEE or byte == 0xEF) byte + 0x10 else byte;
}

/// The indices of a struct's fields, in the order of their names.
pub fn sortedFields(comptime T: type) [@typeInfo(T).@"struct".field_names.len]usize {
    const names = @typeInfo(T).@"struct".field_names;
    comptime var order: [names.len]usize = undefined;
    comptime {
        @setEvalBranchQuota(1000 + names.len * names.len * 200);
        for (&order, 0..) |*slot, index| slot.* = index;
        std.sort.insertion(usize, &order, names, byName);
    }
    return order;
}

fn byName(names: []const [:0]const u8, a: usize, b: usize) bool {
    return lessThan(names[a], names[b]);
}

const testing = std.testing;

test "the sorting example of RFC 8785, 3.2.3" {
    var keys = [_][]const u8{ "\u{20ac}", "\r", "\u{fb33}", "1", "\u{1f600}", "\u{80}", "\u{f6}" };
    std.sort.insertion([]const u8, &keys, {}, struct {
        fn less(_: void, a: []const u8, b: []const u8) bool {
            return lessThan(a, b);
        }
    }.less);
    const sorted = [_][]const u8{ "\r", "1", "\u{80}", "\u{f6}", "\u{20ac}", "\u{1f600}", "\u{fb33}" };
    for (sorted, keys) |expected, key| try testing.expectEqualStrings(expected, key);
}

test "a key sorts before those that it begins" {
    try testing.expect(lessThan("a", "ab") and !lessThan("ab", "a") and !lessThan("a", "a"));
}

test "fields are sorted at compile time" {
    const Record = struct { b: u8, aa: u8, a: u8 };
    try testing.expectEqual([_]usize{ 2, 1, 0 }, sortedFields(Record));
}
