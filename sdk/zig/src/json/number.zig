//! Numbers: as RFC 8259 spells them, and as ECMAScript (and so RFC 8785) does.

const std = @import("std");

/// The largest integer up to which a double holds every integer. Beyond it, integers travel as strings.
pub const max_integer: i64 = 1 << 53;

/// Room for any number that `write` makes.
pub const max_len = 32;

/// A number as it was sent: an integer if it has neither a fraction nor an exponent, and is within ±2^53.
pub const Number = union(enum) {
    integer: i64,
    float: f64,
};

/// Reads a number that is known to be well formed.
///
/// Errors: `BeyondIntegers` for an integer beyond ±2^53 that is not how a double is written, `BeyondDoubles` for what no
/// double comes near.
pub fn parse(text: []const u8) error{ BeyondIntegers, BeyondDoubles }!Number {
    if (std.json.isNumberFormattedLikeAnInteger(text)) return parseInteger(text) orelse error.BeyondIntegers;
    const float = std.fmt.parseFloat(f64, text) catch unreachable;
    if (std.math.isInf(float)) return error.BeyondDoubles;
    return .{ .float = float };
}

/// Beyond ±2^53 an integer is a float, if that is just how `write` writes it, as it writes 1e20 as 100000000000000000000.
fn parseInteger(text: []const u8) ?Number {
    if (std.fmt.parseInt(i64, text, 10)) |integer| {
        if (@abs(integer) <= max_integer) return .{ .integer = integer };
    } else |_| {}
    const float = std.fmt.parseFloat(f64, text) catch unreachable;
    var buffer: [max_len]u8 = undefined;
    const is_written = std.math.isFinite(float) and std.mem.eql(u8, text, write(&buffer, float));
    return if (is_written) .{ .float = float } else null;
}

/// The value of a float, if that is an integer within ±2^53.
pub fn integral(float: f64) ?i64 {
    if (@abs(float) > max_integer or @trunc(float) != float) return null;
    return @intFromFloat(float);
}

/// Writes a finite number as ECMAScript's `Number::toString` does: the fewest digits that read back as the same
/// double and, among those, the closest to it.
pub fn write(buffer: *[max_len]u8, float: f64) []const u8 {
    if (integral(float)) |integer| return buffer[0..std.fmt.printInt(buffer, integer, 10, .lower, .{})];

    var scratch: [std.fmt.float.min_buffer_size]u8 = undefined;
    const text = std.fmt.float.render(&scratch, @abs(float), .{ .mode = .scientific }) catch unreachable;
    const e = std.mem.findScalar(u8, text, 'e').?;
    const exponent = std.fmt.parseInt(i32, text[e + 1 ..], 10) catch unreachable;
    // Closes the gap that the point leaves: 1.25e3 has the digits 125.
    if (e > 1) scratch[1] = scratch[0];
    const digits = if (e > 1) scratch[1..e] else scratch[0..1];

    var out: std.ArrayList(u8) = .initBuffer(buffer);
    if (float < 0) out.appendAssumeCapacity('-');
    place(&out, digits, exponent + 1);
    return out.items;
}

/// Writes `digits` with a point behind the first `point` of them, with an exponent where that would be far away.
fn place(out: *std.ArrayList(u8), digits: []const u8, point: i32) void {
    if (point > 21 or point <= -6) {
        out.appendAssumeCapacity(digits[0]);
        if (digits.len > 1) {
            out.appendAssumeCapacity('.');
            out.appendSliceAssumeCapacity(digits[1..]);
        }
        out.appendSliceAssumeCapacity(if (point > 0) "e+" else "e-");
        const room = out.unusedCapacitySlice();
        out.items.len += std.fmt.printInt(room, @abs(point - 1), 10, .lower, .{});
    } else if (point <= 0) {
        out.appendSliceAssumeCapacity("0.");
        out.appendNTimesAssumeCapacity('0', @abs(point));
        out.appendSliceAssumeCapacity(digits);
    } else if (point >= digits.len) {
        out.appendSliceAssumeCapacity(digits);
        out.appendNTimesAssumeCapacity('0', @as(usize, @abs(point)) - digits.len);
    } else {
        const whole: usize = @abs(point);
        out.appendSliceAssumeCapacity(digits[0..whole]);
        out.appendAssumeCapacity('.');
        out.appendSliceAssumeCapacity(digits[whole..]);
    }
}

const testing = std.testing;

fn expectWritten(expected: []const u8, float: f64) !void {
    var buffer: [max_len]u8 = undefined;
    try testing.expectEqualStrings(expected, write(&buffer, float));
}

test "RFC 8785, appendix B" {
    const samples = [_]struct { u64, []const u8 }{
        .{ 0x0000000000000000, "0" },
        .{ 0x8000000000000000, "0" },
        .{ 0x0000000000000001, "5e-324" },
        .{ 0x8000000000000001, "-5e-324" },
        .{ 0x7fefffffffffffff, "1.7976931348623157e+308" },
        .{ 0xffefffffffffffff, "-1.7976931348623157e+308" },
        .{ 0x4340000000000000, "9007199254740992" },
        .{ 0xc340000000000000, "-9007199254740992" },
        .{ 0x4430000000000000, "295147905179352830000" },
        .{ 0x44b52d02c7e14af5, "9.999999999999997e+22" },
        .{ 0x44b52d02c7e14af6, "1e+23" },
        .{ 0x44b52d02c7e14af7, "1.0000000000000001e+23" },
        .{ 0x444b1ae4d6e2ef4e, "999999999999999700000" },
        .{ 0x444b1ae4d6e2ef4f, "999999999999999900000" },
        .{ 0x444b1ae4d6e2ef50, "1e+21" },
        .{ 0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7" },
        .{ 0x3eb0c6f7a0b5ed8d, "0.000001" },
        .{ 0x41b3de4355555553, "333333333.3333332" },
        .{ 0x41b3de4355555554, "333333333.33333325" },
        .{ 0x41b3de4355555555, "333333333.3333333" },
        .{ 0x41b3de4355555556, "333333333.3333334" },
        .{ 0x41b3de4355555557, "333333333.33333343" },
        .{ 0xbecbf647612f3696, "-0.0000033333333333333333" },
        .{ 0x43143ff3c1cb0959, "1424953923781206.2" },
    };
    for (samples) |sample| try expectWritten(sample[1], @bitCast(sample[0]));
}

test "the closest of the shortest, also where the doubles below are twice as dense" {
    try expectWritten("5.684341886080802e-14", 0x1p-44);
    try expectWritten("2.220446049250313e-16", 0x1p-52);
    try expectWritten("9007199254740994", 9007199254740994);
    try expectWritten("2.2250738585072014e-308", 0x1p-1022);
    try expectWritten("0.1", 0.1);
    try expectWritten("-123.5", -123.5);
}

test "integers end at 2^53, doubles at infinity" {
    try testing.expectEqual(Number{ .integer = -max_integer }, try parse("-9007199254740992"));
    try testing.expectError(error.BeyondIntegers, parse("9007199254740993"));
    try testing.expectError(error.BeyondIntegers, parse("18446744073709551615"));
    try testing.expectError(error.BeyondIntegers, parse("-99999999999999999999"));
    const beyond_doubles: [400]u8 = @splat('9');
    try testing.expectError(error.BeyondIntegers, parse(&beyond_doubles));
    try testing.expectEqual(Number{ .float = 9007199254740996 }, try parse("9007199254740995.0"));
    try testing.expectError(error.BeyondDoubles, parse("-1e400"));
    try testing.expectEqual(Number{ .float = 0 }, try parse("1e-400"));
    try testing.expect(std.math.signbit((try parse("-0")).float));
}
