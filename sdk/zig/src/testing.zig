//! Tests reducers natively, without wasm and without a host.
//!
//! ```
//! test "what is added counts" {
//!     var harness: everfold.testing.Harness = .init(std.testing.allocator, reducer);
//!     defer harness.deinit();
//!     const folded = try harness.foldInAllCuts(&.{
//!         try harness.event("item_added", .{ .qty = 2 }),
//!         try harness.event("item_added", .{ .qty = 40 }),
//!     });
//!     try std.testing.expectEqualStrings("{\"count\":42}", folded.model.?);
//! }
//! ```

const std = @import("std");
const call = @import("call.zig");
const json = @import("json.zig");
const reduce = @import("reduce.zig");

const Allocator = std.mem.Allocator;

/// The entity of the events that name none.
pub const entity = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

/// An event for a test. What a test does not set is made up: the n-th event of a call happens n seconds after the Unix
/// epoch, to `entity`, and has an id of its own.
pub const TestEvent = reduce.RawEvent;

/// What came of a call. It lives as long as the harness.
pub const Folded = struct {
    /// The model as it is stored, null where there is none. Passed on, it lets another call go on.
    model: ?[]const u8,
    /// The events that it wants to exist, in order.
    emitted: []const call.NewEvent,
};

/// Calls a reducer as the host would.
pub const Harness = struct {
    arena: std.heap.ArenaAllocator,
    reducer: reduce.Reducer,
    /// Why the last `error.Refused` was returned, as the host would get it.
    failure: ?call.Failure = null,

    /// `Refused`: see `failure`.
    pub const Error = error{ Refused, OutOfMemory };

    /// A harness that frees all that came of its calls in `deinit`.
    pub fn init(allocator: Allocator, reducer: reduce.Reducer) Harness {
        return .{ .arena = .init(allocator), .reducer = reducer };
    }

    /// Frees what came of all calls.
    pub fn deinit(harness: *Harness) void {
        harness.arena.deinit();
    }

    /// An event with the `data` given, caused by nothing. Its other fields may be set.
    pub fn event(harness: *Harness, event_type: []const u8, data: anytype) json.Error!TestEvent {
        return .{
            .id = "",
            .entity = entity,
            .type = event_type,
            .occurred_at = std.math.minInt(i64),
            .data = try json.write(harness.arena.allocator(), data, null),
        };
    }

    /// Folds events in the order given into a model, or into none, in one call.
    ///
    /// Errors: `Refused`, with the reason in `failure`.
    pub fn fold(harness: *Harness, model: ?[]const u8, events: []const TestEvent) Error!Folded {
        return harness.foldCompleted(model, try harness.complete(events));
    }

    /// Checks the law of the contract that it must not matter how the host cuts events into calls: folds events in one
    /// call, then in two for every place where they can be cut, then one by one. Gives what the one call gave.
    ///
    /// Errors: `Refused`, with the reason in `failure`; `DependsOnCut` if a model or the new events differ, with what
    /// differs in `failure`.
    pub fn foldInAllCuts(harness: *Harness, events: []const TestEvent) (Error || error{DependsOnCut})!Folded {
        const all = try harness.complete(events);
        const whole = try harness.foldCompleted(null, all);
        for (1..@max(all.len, 1)) |cut| {
            const in_two = try harness.foldParts(&.{ all[0..cut], all[cut..] });
            try harness.expectSame(whole, in_two, try harness.print("cut before event {d}", .{cut}));
        }
        const single = try harness.arena.allocator().alloc([]const TestEvent, all.len);
        for (single, 0..) |*part, index| part.* = all[index..][0..1];
        try harness.expectSame(whole, try harness.foldParts(single), "one by one");
        return whole;
    }

    fn expectSame(
        harness: *Harness,
        whole: Folded,
        cut: Folded,
        how: []const u8,
    ) error{ DependsOnCut, OutOfMemory }!void {
        const message = if (!equal(whole.model, cut.model))
            try harness.print("{s}, the model is {?s} instead of {?s}", .{ how, cut.model, whole.model })
        else if (!equal(whole.emitted, cut.emitted))
            try harness.print("{s}, the new events are others", .{how})
        else
            return;
        harness.failure = .{ .event = null, .code = "depends-on-cut", .message = message };
        return error.DependsOnCut;
    }

    fn print(harness: *Harness, comptime format: []const u8, args: anytype) Allocator.Error![]const u8 {
        return std.fmt.allocPrint(harness.arena.allocator(), format, args);
    }

    fn foldCompleted(harness: *Harness, model: ?[]const u8, events: []const TestEvent) Error!Folded {
        switch (harness.reducer.reduce(harness.arena.allocator(), model, events)) {
            .failure => |failure| {
                harness.failure = failure;
                return error.Refused;
            },
            .reduction => |reduction| return .{
                .model = switch (reduction.model) {
                    .keep => model,
                    .put => |bytes| bytes,
                    .delete => null,
                },
                .emitted = reduction.events,
            },
        }
    }

    fn foldParts(harness: *Harness, parts: []const []const TestEvent) Error!Folded {
        const arena = harness.arena.allocator();
        var model: ?[]const u8 = null;
        var emitted: std.ArrayList(call.NewEvent) = .empty;
        // New events name their causes by their places in a call; here, by those in all calls.
        var done: u32 = 0;
        for (parts) |part| {
            const folded = try harness.foldCompleted(model, part);
            model = folded.model;
            for (folded.emitted) |new_event| {
                try emitted.append(arena, new_event);
                emitted.items[emitted.items.len - 1].cause += done;
            }
            done += @intCast(part.len);
        }
        return .{ .model = model, .emitted = emitted.items };
    }

    fn complete(harness: *Harness, events: []const TestEvent) Error![]const TestEvent {
        const arena = harness.arena.allocator();
        const all = try arena.dupe(TestEvent, events);
        for (all, 0..) |*one, index| {
            if (one.occurred_at == std.math.minInt(i64)) one.occurred_at = 1_000_000 * (1 + @as(i64, @intCast(index)));
            if (one.id.len == 0) one.id = try harness.print("{x:0>8}-0000-1000-8000-010000000000", .{index});
        }
        return all;
    }
};

/// Whether two values are the same to the last byte.
fn equal(a: anytype, b: @TypeOf(a)) bool {
    const T = @TypeOf(a);
    return switch (@typeInfo(T)) {
        .optional => if (a) |inner| (if (b) |other| equal(inner, other) else false) else b == null,
        .pointer => a.len == b.len and for (a, b) |one, other| {
            if (!equal(one, other)) break false;
        } else true,
        .@"struct" => |info| inline for (info.field_names) |field| {
            if (!equal(@field(a, field), @field(b, field))) break false;
        } else true,
        else => a == b,
    };
}
