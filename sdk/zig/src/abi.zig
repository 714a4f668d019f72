//! The contract as it crosses the boundary: the canonical ABI of the component model, for the world `reducer-module`.
//!
//! Records lie in memory as C would lay them out, variants as a byte and a union, so that extern structs are all that is
//! needed. Whatever is passed lives in the module's memory until the host says, after it has read the results, that it is
//! done.

const std = @import("std");
const event_zig = @import("event.zig");
const call_zig = @import("call.zig");
const log = @import("log.zig");
const memory = @import("memory.zig");
const options_zig = @import("options.zig");
const reduce_zig = @import("reduce.zig");

const Allocator = std.mem.Allocator;
const RawEvent = reduce_zig.RawEvent;

/// `list<T>`, also `string`.
fn List(comptime T: type) type {
    return extern struct {
        /// Anything within memory where the list is empty.
        items: ?[*]const T,
        len: usize,

        fn of(items: []const T) @This() {
            return .{ .items = if (items.len == 0) null else items.ptr, .len = items.len };
        }

        fn slice(list: @This()) []const T {
            return if (list.len == 0) &.{} else list.items.?[0..list.len];
        }
    };
}

const Text = List(u8);

/// `option<T>`.
fn Option(comptime T: type) type {
    return extern struct {
        is_some: bool,
        value: T,

        const none: @This() = .{ .is_some = false, .value = std.mem.zeroes(T) };

        fn of(value: ?T) @This() {
            return if (value) |some| .{ .is_some = true, .value = some } else none;
        }
    };
}

const Pair = extern struct { key: Text, value: Text };

const Event = extern struct {
    id: Text,
    entity: Text,
    event_type: Text,
    data: Text,
    occurred_at: i64,
    position: Option(u64),
    cause: Option(Text),
    metadata: List(Pair),

    fn raw(event: *const Event, arena: Allocator) Allocator.Error!RawEvent {
        const pairs = try arena.alloc(event_zig.Pair, event.metadata.len);
        for (pairs, event.metadata.slice()) |*pair, sent| {
            pair.* = .{ .key = sent.key.slice(), .value = sent.value.slice() };
        }
        return .{
            .id = event.id.slice(),
            .entity = event.entity.slice(),
            .type = event.event_type.slice(),
            .occurred_at = event.occurred_at,
            .position = if (event.position.is_some) event.position.value else null,
            .cause = if (event.cause.is_some) event.cause.value.slice() else null,
            .metadata = .{ .pairs = pairs },
            .data = event.data.slice(),
        };
    }
};

const NewEvent = extern struct {
    cause: u32,
    event_type: Text,
    entity: Option(Text),
    data: Text,
    metadata: List(Pair),

    fn of(event: call_zig.NewEvent, arena: Allocator) Allocator.Error!NewEvent {
        const pairs = try arena.alloc(Pair, event.metadata.len);
        for (pairs, event.metadata) |*pair, own| pair.* = .{ .key = .of(own.key), .value = .of(own.value) };
        return .{
            .cause = event.cause,
            .event_type = .of(event.type),
            .entity = .of(if (event.entity) |entity| .of(entity) else null),
            .data = .of(event.data),
            .metadata = .of(pairs),
        };
    }
};

const ModelChange = extern struct {
    case: enum(u8) { keep, put, delete },
    put: Text = .of(""),

    fn of(change: reduce_zig.ModelChange) ModelChange {
        return switch (change) {
            .keep => .{ .case = .keep },
            .put => |bytes| .{ .case = .put, .put = .of(bytes) },
            .delete => .{ .case = .delete },
        };
    }
};

const Failure = extern struct {
    event: Option(u32),
    code: Text,
    message: Text,
    trace: Option(Text) = .none,
};

const Result = extern struct {
    is_err: bool,
    value: extern union {
        reduction: extern struct { model: ModelChange, events: List(NewEvent) },
        failure: Failure,
    },

    fn of(outcome: reduce_zig.Outcome, arena: Allocator) Allocator.Error!Result {
        switch (outcome) {
            .reduction => |reduction| {
                const events = try arena.alloc(NewEvent, reduction.events.len);
                for (events, reduction.events) |*event, own| event.* = try .of(own, arena);
                const model: ModelChange = .of(reduction.model);
                return .{ .is_err = false, .value = .{ .reduction = .{ .model = model, .events = .of(events) } } };
            },
            .failure => |failure| return .failed(failure),
        }
    }

    fn failed(failure: call_zig.Failure) Result {
        return .{ .is_err = true, .value = .{ .failure = .{
            .event = .of(failure.event),
            .code = .of(failure.code),
            .message = .of(failure.message),
        } } };
    }
};

const Descriptor = extern struct {
    event_types: List(Text),
    fold: extern struct { case: enum(u8) { entity, whole_context }, order: enum(u8) { occurred, recorded } },
    upgrade: options_zig.Upgrade,
    history: options_zig.History,
    content_type: Option(Text),
    emits: List(Text),
    attributes: List(Pair),
};

/// Makes `reducer` what this module exports.
pub fn exportReducer(comptime reducer: reduce_zig.Reducer) void {
    comptime std.debug.assert(@sizeOf(Event) == 80 and @sizeOf(NewEvent) == 40);
    comptime std.debug.assert(@sizeOf(Result) == 40 and @sizeOf(Descriptor) == 40);

    const Exports = struct {
        const descriptor: Descriptor = descriptorOf(reducer);
        var result: Result = undefined;

        fn describe() callconv(.c) *const Descriptor {
            return &descriptor;
        }

        /// The first seven are the target, which the events say again; then come the model and the events.
        fn reduce(
            _: usize,
            _: usize,
            _: usize,
            _: usize,
            _: u32,
            _: usize,
            _: usize,
            has_model: u32,
            model: ?[*]const u8,
            model_len: usize,
            events: ?[*]const Event,
            events_len: usize,
        ) callconv(.c) *const Result {
            const model_bytes: Text = .{ .items = model, .len = model_len };
            const all: List(Event) = .{ .items = events, .len = events_len };
            result = run(reducer, if (has_model != 0) model_bytes.slice() else null, all.slice()) catch
                .failed(.{ .event = null, .code = "exception", .message = @errorName(error.OutOfMemory) });
            return &result;
        }

        fn done(_: *const anyopaque) callconv(.c) void {
            memory.reset();
        }
    };
    const interface = "everfold:domain/reducer@0.1.0#";
    @export(&Exports.describe, .{ .name = interface ++ "describe" });
    @export(&Exports.reduce, .{ .name = interface ++ "reduce" });
    @export(&Exports.done, .{ .name = "cabi_post_" ++ interface ++ "reduce" });
    @export(&realloc, .{ .name = "cabi_realloc" });
}

fn run(reducer: reduce_zig.Reducer, model: ?[]const u8, events: []const Event) Allocator.Error!Result {
    const arena = memory.allocator;
    const raw = try arena.alloc(RawEvent, events.len);
    for (raw, events) |*slot, *event| slot.* = try event.raw(arena);
    return .of(reducer.reduce(arena, model, raw), arena);
}

/// Constant: it is laid out when the module is compiled.
fn descriptorOf(comptime reducer: reduce_zig.Reducer) Descriptor {
    const options: options_zig.Options = reducer.options;
    return .{
        .event_types = texts(reducer.event_types),
        .fold = .{
            .case = if (options.order == .whole_context) .whole_context else .entity,
            .order = if (options.order == .recorded) .recorded else .occurred,
        },
        .upgrade = options.upgrade,
        .history = options.history,
        .content_type = .of(if (options.content_type) |media_type| .of(media_type) else null),
        .emits = texts(options.emits),
        .attributes = attributes(options.attributes),
    };
}

fn texts(comptime own: []const []const u8) List(Text) {
    comptime var laid: [own.len]Text = undefined;
    inline for (&laid, own) |*text, item| text.* = .of(item);
    const constant = laid;
    return .of(&constant);
}

fn attributes(comptime own: []const [2][]const u8) List(Pair) {
    comptime var laid: [own.len]Pair = undefined;
    inline for (&laid, own) |*pair, item| pair.* = .{ .key = .of(item[0]), .value = .of(item[1]) };
    const constant = laid;
    return .of(&constant);
}

/// Gives the host memory for what it passes.
fn realloc(old: ?[*]u8, old_len: usize, alignment: usize, len: usize) callconv(.c) ?[*]u8 {
    // Whatever is empty lies anywhere, but not nowhere.
    if (len == 0) return @ptrFromInt(alignment);
    const block = memory.allocator.rawAlloc(len, .fromByteUnits(alignment), 0) orelse panic("out of memory", null);
    if (old) |there| @memcpy(block[0..old_len], there[0..old_len]);
    return block;
}

/// Ends the call where Zig can go no further. The host keeps the last lines of the log beside the call that failed.
pub fn panic(message: []const u8, _: ?usize) noreturn {
    @branchHint(.cold);
    log.line(.err, message);
    @trap();
}
