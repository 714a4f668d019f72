//! The insides of strings: what reading and writing look for, eight bytes at a time.

const std = @import("std");

/// The number of bytes at the beginning of `text` that stand for themselves in a string: ASCII but for quotes,
/// backslashes and controls.
pub fn plain(text: []const u8) usize {
    var at: usize = 0;
    while (text.len - at >= 8) : (at += 8) {
        const found = special(std.mem.readInt(u64, text[at..][0..8], .little));
        if (found != 0) return at + @ctz(found) / 8;
    }
    while (at < text.len) : (at += 1) {
        if (isSpecial(text[at])) break;
    }
    return at;
}

/// The length of the first character of `text`, if that is well-formed UTF-8.
pub fn character(text: []const u8) ?usize {
    const len = std.unicode.utf8ByteSequenceLength(text[0]) catch return null;
    return if (len <= text.len and std.unicode.utf8ValidateSlice(text[0..len])) len else null;
}

fn isSpecial(byte: u8) bool {
    return byte < 0x20 or byte == '"' or byte == '\\' or byte >= 0x80;
}

/// Flags the highest bit of bytes that are special. Behind the first of them others may be flagged too.
fn special(word: u64) u64 {
    const ones = 0x0101_0101_0101_0101;
    const quote = word ^ (ones * '"');
    const backslash = word ^ (ones * '\\');
    const control = (word -% ones * 0x20) & ~word;
    const flags = word | control | ((quote -% ones) & ~quote) | ((backslash -% ones) & ~backslash);
    return flags & (ones * 0x80);
}

const testing = std.testing;

test "plain text ends at what is not" {
    var text = "0123456789 abcdefghi ~\x7f".*;
    try testing.expectEqual(text.len, plain(&text));
    for (0..256) |byte| for (0..text.len) |at| {
        const before = text[at];
        defer text[at] = before;
        text[at] = @intCast(byte);
        const expected = if (isSpecial(text[at])) at else text.len;
        try testing.expectEqual(expected, plain(&text));
    };
}

test "characters are well formed or none" {
    try testing.expectEqual(2, character("é!"));
    try testing.expectEqual(4, character("😀"));
    for ([_][]const u8{ "\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xff" }) |malformed| {
        try testing.expectEqual(null, character(malformed));
    }
}
