//! The memory of a module: a stretch that is there from the start, and grows only when that is used up.
//!
//! An instance lives for one call. What a call frees need hardly ever be found again, and a call that needs no more memory
//! than its instance begins with costs the host nothing: to grow means two changes of the process's memory map, which
//! interrupt every core.

const std = @import("std");
const builtin = @import("builtin");

const Allocator = std.mem.Allocator;
const Alignment = std.mem.Alignment;

/// The allocator of this module. Only wasm has it.
pub const allocator: Allocator = .{ .ptr = &heap, .vtable = &Heap(Wasm).vtable };

var heap: Heap(Wasm) = .{};

/// Gives back all that was allocated.
pub fn reset() void {
    heap.stretch.end_index = 0;
}

/// The linear memory behind the module's own data.
const Wasm = struct {
    extern var __heap_base: u8;

    /// Where the memory begins that nobody uses.
    fn base() [*]u8 {
        return @ptrCast(&__heap_base);
    }

    fn size() usize {
        return @wasmMemorySize(0) * std.wasm.page_size - @intFromPtr(base());
    }

    /// Makes room for `bytes` more and tells how many there are now; null if the host gives no more.
    fn grow(bytes: usize) ?usize {
        const pages = std.math.divCeil(usize, bytes, std.wasm.page_size) catch unreachable;
        return if (@wasmMemoryGrow(0, pages) == -1) null else size();
    }
};

/// Gives out one stretch of memory from its beginning to its end, then lets it grow. The newest block can grow, shrink and
/// be given back; any other stays where it is until the call is over.
fn Heap(comptime Memory: type) type {
    return struct {
        const Self = @This();

        stretch: std.heap.FixedBufferAllocator = .{ .buffer = &.{}, .end_index = 0 },

        const vtable: Allocator.VTable = .{ .alloc = alloc, .resize = resize, .remap = remap, .free = free };

        fn alloc(context: *anyopaque, len: usize, alignment: Alignment, address: usize) ?[*]u8 {
            const self: *Self = @ptrCast(@alignCast(context));
            return std.heap.FixedBufferAllocator.alloc(&self.stretch, len, alignment, address) orelse {
                const base = @intFromPtr(Memory.base());
                const start = alignment.forward(base + self.stretch.end_index) - base;
                if (!self.reserve(start +| len)) return null;
                return std.heap.FixedBufferAllocator.alloc(&self.stretch, len, alignment, address);
            };
        }

        fn resize(context: *anyopaque, block: []u8, alignment: Alignment, len: usize, address: usize) bool {
            const self: *Self = @ptrCast(@alignCast(context));
            if (std.heap.FixedBufferAllocator.resize(&self.stretch, block, alignment, len, address)) return true;
            if (!self.stretch.isLastAllocation(block) or
                !self.reserve(self.stretch.end_index - block.len +| len)) return false;
            return std.heap.FixedBufferAllocator.resize(&self.stretch, block, alignment, len, address);
        }

        fn remap(context: *anyopaque, block: []u8, alignment: Alignment, len: usize, address: usize) ?[*]u8 {
            return if (resize(context, block, alignment, len, address)) block.ptr else null;
        }

        fn free(context: *anyopaque, block: []u8, alignment: Alignment, address: usize) void {
            const self: *Self = @ptrCast(@alignCast(context));
            std.heap.FixedBufferAllocator.free(&self.stretch, block, alignment, address);
        }

        /// Makes the stretch at least `needed` bytes long: false if the host gives no more.
        fn reserve(self: *Self, needed: usize) bool {
            var there = Memory.size();
            if (there < needed) {
                // At least half as much again, so that a large call grows its memory a few times only.
                there = Memory.grow(@max(needed - there, there / 2)) orelse
                    Memory.grow(needed - there) orelse return false;
            }
            self.stretch.buffer = Memory.base()[0..there];
            return true;
        }
    };
}

const testing = std.testing;

/// A memory of 1,000 bytes, the first 100 of which are there from the start.
const Fake = struct {
    var bytes: [1000]u8 align(16) = undefined;
    var there: usize = 100;
    var grown: usize = 0;

    fn base() [*]u8 {
        return &bytes;
    }

    fn size() usize {
        return there;
    }

    fn grow(more: usize) ?usize {
        if (there + more > bytes.len) return null;
        there += more;
        grown += 1;
        return there;
    }
};

test "memory grows only when that is used up" {
    var fake: Heap(Fake) = .{};
    const arena: Allocator = .{ .ptr = &fake, .vtable = &Heap(Fake).vtable };

    const first = try arena.alloc(u8, 30);
    const second = try arena.alloc(u64, 8);
    try testing.expect(@intFromPtr(first.ptr) == @intFromPtr(&Fake.bytes) and @intFromPtr(second.ptr) % 8 == 0);
    try testing.expectEqual(0, Fake.grown);

    // The newest block grows in its place, also beyond what is there; others move.
    const newest = arena.remap(second, 30).?;
    try testing.expect(newest.ptr == second.ptr and Fake.grown == 1);
    try testing.expectEqual(null, arena.remap(first, 31));

    arena.free(newest);
    try testing.expect((try arena.alloc(u64, 1)).ptr == newest.ptr);

    // To the last byte, and no further.
    _ = try arena.alloc(u8, 700 - fake.stretch.end_index);
    const rest = try arena.alloc(u8, Fake.bytes.len - fake.stretch.end_index);
    try testing.expectEqual(Fake.bytes.len, fake.stretch.end_index);
    try testing.expect(rest.len > 0);
    try testing.expectError(error.OutOfMemory, arena.alloc(u8, 1));
}
