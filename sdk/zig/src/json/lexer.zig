//! Takes a text apart as RFC 8259 has it. `std.json.Scanner` would do that too, but at some forty instructions for each
//! byte, which are what large models would spend most of their fuel on.

const std = @import("std");
const text_zig = @import("text.zig");

const Allocator = std.mem.Allocator;

/// What a value is, by its first byte.
pub const Kind = enum { null, true, false, number, string, array, object };

pub const Error = error{ Malformed, OutOfMemory };

/// A text, and how far it has been read.
pub const Lexer = struct {
    text: []const u8,
    at: usize = 0,

    /// Skips white space and tells what value comes.
    pub fn peek(lexer: *Lexer) Error!Kind {
        return switch (lexer.next()) {
            'n' => .null,
            't' => .true,
            'f' => .false,
            '-', '0'...'9' => .number,
            '"' => .string,
            '[' => .array,
            '{' => .object,
            else => error.Malformed,
        };
    }

    /// Reads `null`, `true` or `false`, whichever `peek` has told.
    pub fn literal(lexer: *Lexer, name: []const u8) Error!void {
        if (!std.mem.startsWith(u8, lexer.text[lexer.at..], name)) return error.Malformed;
        lexer.at += name.len;
    }

    /// Goes on in an array or object behind its bracket or a value: false at its end, which is read then.
    pub fn more(lexer: *Lexer, end: u8, is_first: bool) Error!bool {
        const byte = lexer.next();
        if (byte == end) {
            lexer.at += 1;
            return false;
        }
        if (!is_first) try lexer.expect(',');
        return true;
    }

    /// Reads a byte behind white space.
    pub fn expect(lexer: *Lexer, byte: u8) Error!void {
        if (lexer.next() != byte) return error.Malformed;
        lexer.at += 1;
    }

    /// Sees that nothing follows.
    pub fn finish(lexer: *Lexer) Error!void {
        _ = lexer.next();
        if (lexer.at < lexer.text.len) return error.Malformed;
    }

    /// Reads a number and gives it as it is spelt.
    pub fn number(lexer: *Lexer) Error![]const u8 {
        const start = lexer.at;
        if (lexer.here() == '-') lexer.at += 1;
        if (lexer.here() == '0') lexer.at += 1 else try lexer.digits();
        if (lexer.here() == '.') {
            lexer.at += 1;
            try lexer.digits();
        }
        if (lexer.here() | 0x20 == 'e') {
            lexer.at += 1;
            if (lexer.here() == '+' or lexer.here() == '-') lexer.at += 1;
            try lexer.digits();
        }
        return lexer.text[start..lexer.at];
    }

    fn digits(lexer: *Lexer) Error!void {
        const start = lexer.at;
        while (std.ascii.isDigit(lexer.here())) lexer.at += 1;
        if (lexer.at == start) return error.Malformed;
    }

    /// Reads a string. Without escapes it is a slice of the text, otherwise it is allocated.
    pub fn string(lexer: *Lexer, arena: Allocator) Error![]const u8 {
        lexer.at += 1;
        const start = lexer.at;
        try lexer.run();
        if (lexer.here() == '"') {
            lexer.at += 1;
            return lexer.text[start .. lexer.at - 1];
        }
        var unescaped: std.ArrayList(u8) = .empty;
        try unescaped.appendSlice(arena, lexer.text[start..lexer.at]);
        while (lexer.here() != '"') {
            try lexer.escape(arena, &unescaped);
            const from = lexer.at;
            try lexer.run();
            try unescaped.appendSlice(arena, lexer.text[from..lexer.at]);
        }
        lexer.at += 1;
        return unescaped.items;
    }

    /// Reads the characters that stand for themselves.
    fn run(lexer: *Lexer) Error!void {
        while (true) {
            lexer.at += text_zig.plain(lexer.text[lexer.at..]);
            switch (lexer.here()) {
                '"', '\\' => return,
                0x80...0xff => lexer.at += text_zig.character(lexer.text[lexer.at..]) orelse return error.Malformed,
                else => return error.Malformed,
            }
        }
    }

    fn escape(lexer: *Lexer, arena: Allocator, out: *std.ArrayList(u8)) Error!void {
        lexer.at += 1;
        const byte: u8 = switch (lexer.here()) {
            '"', '\\', '/' => |itself| itself,
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return lexer.unicode(arena, out),
            else => return error.Malformed,
        };
        lexer.at += 1;
        try out.append(arena, byte);
    }

    fn unicode(lexer: *Lexer, arena: Allocator, out: *std.ArrayList(u8)) Error!void {
        const unit = try lexer.codeUnit();
        var point: u21 = unit;
        if (std.unicode.utf16IsHighSurrogate(unit)) {
            if (lexer.here() != '\\') return error.Malformed;
            lexer.at += 1;
            if (lexer.here() != 'u') return error.Malformed;
            const pair = [_]u16{ unit, try lexer.codeUnit() };
            point = std.unicode.utf16DecodeSurrogatePair(&pair) catch return error.Malformed;
        }
        var buffer: [4]u8 = undefined;
        // A low surrogate that no high one comes before is no character.
        const len = std.unicode.utf8Encode(point, &buffer) catch return error.Malformed;
        try out.appendSlice(arena, buffer[0..len]);
    }

    /// Reads the `u` and the four digits of an escape.
    fn codeUnit(lexer: *Lexer) Error!u16 {
        var unit: u16 = 0;
        for (0..4) |_| {
            lexer.at += 1;
            unit = unit << 4 | (std.fmt.charToDigit(lexer.here(), 16) catch return error.Malformed);
        }
        lexer.at += 1;
        return unit;
    }

    /// The byte where reading is, or 0, which JSON has nowhere, at the end.
    fn here(lexer: *const Lexer) u8 {
        return if (lexer.at < lexer.text.len) lexer.text[lexer.at] else 0;
    }

    fn next(lexer: *Lexer) u8 {
        while (true) : (lexer.at += 1) switch (lexer.here()) {
            ' ', '\t', '\n', '\r' => {},
            else => |byte| return byte,
        };
    }
};
