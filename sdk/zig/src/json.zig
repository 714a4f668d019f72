//! JSON as reducers read and write it.
//!
//! What is written is canonical (RFC 8785): the same value is always the same bytes, in every language.
//!
//! | Zig | JSON |
//! |---|---|
//! | `bool`, `?T` | `true` and `false`; `null`, or what T is. Absent from an object: null |
//! | integers, floats | a number; integers beyond ±2^53, NaN and infinities are refused |
//! | `[]const u8`, enums | a string |
//! | slices, arrays, tuples, `std.ArrayList(T)` | an array |
//! | structs | an object; what it lacks is the field's default, what the struct lacks is skipped |
//! | `std.array_hash_map.String(T)` | an object with any keys; of keys that are there twice, the last counts |
//! | `union(enum)` | an object with one key, the tag |
//! | `std.json.Value` | whatever there is |
//! | `void` | is not looked at; written as `{}` |

const std = @import("std");
const number = @import("json/number.zig");
const Reader = @import("json/read.zig").Reader;
const Writer = @import("json/write.zig").Writer;

const Allocator = std.mem.Allocator;

/// How deep arrays and objects may be nested, for reading and for writing.
pub const max_depth = 256;

/// The integer beyond which JSON's numbers are not exact: 2^53.
pub const max_integer = number.max_integer;

/// `InvalidJson` is explained by the `Diagnostic`.
pub const Error = error{ InvalidJson, OutOfMemory };

/// Why something was refused.
pub const Diagnostic = struct {
    /// A sentence for people, such as `qty: expected a number, not a string`. Allocated in the arena.
    message: []const u8 = "",
};

/// Reads a whole text as a `T`. Strings that need no unescaping are slices of `text`; all else lives in the arena.
///
/// The double 1e20 is written as an integer with 21 digits. So an integer beyond ±2^53 is taken where it is just how a
/// double is written: it is that double, and fits no integer type.
///
/// Errors: what is not JSON (RFC 8259) in UTF-8, not a `T`, any other integer beyond ±2^53, or nested too deep.
pub fn read(comptime T: type, arena: Allocator, text: []const u8, diagnostic: ?*Diagnostic) Error!T {
    var unread: Diagnostic = .{};
    var reader: Reader = .{ .cursor = .{
        .arena = arena,
        .lexer = .{ .text = text },
        .diagnostic = diagnostic orelse &unread,
    } };
    return reader.document(T);
}

/// Writes `value` as canonical JSON.
///
/// Errors: numbers that are not finite, integers beyond ±2^53, strings that are not UTF-8, or nested too deep.
pub fn write(arena: Allocator, value: anytype, diagnostic: ?*Diagnostic) Error![]const u8 {
    var unread: Diagnostic = .{};
    var writer: Writer = .{ .arena = arena, .diagnostic = diagnostic orelse &unread };
    try writer.put(value);
    return writer.out.items;
}

test {
    _ = number;
    _ = @import("json/shape.zig");
    _ = @import("json/text.zig");
    _ = @import("json/tests.zig");
}
