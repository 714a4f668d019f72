//! What a reducer can do while an event is applied.

const std = @import("std");
const json = @import("json.zig");
const Pair = @import("event.zig").Pair;

const Allocator = std.mem.Allocator;

/// Why a reducer refuses an event. It parks the entity: the host keeps the model as it was and folds nothing further into
/// it until a new module, a person or, under `occurred`, an earlier event comes.
pub const Failure = struct {
    /// Which event of the call it is about, counted from 0. Null: the model.
    event: ?u32,
    /// A short, stable name for programs, such as `unknown-sku`.
    code: []const u8,
    /// A sentence for people.
    message: []const u8,
};

/// An event that a reducer wants to exist. The host derives its id from the event that led to it.
pub const NewEvent = struct {
    /// The index of that event in the call.
    cause: u32,
    /// What happens.
    type: []const u8,
    /// To whom; null: to the model's own entity or, under `whole_context`, to that of the cause.
    entity: ?[]const u8,
    /// What is known about it: canonical JSON.
    data: []const u8,
    /// What is sent along with it.
    metadata: []const Pair,
};

/// What a new event may have beside its type and data. It is copied.
pub const EmitOptions = struct {
    /// The entity it happens to: a UUIDv4 in its usual text form; anything else parks the model's entity.
    entity: ?[]const u8 = null,
    /// What is sent along with it and is not part of its identity.
    metadata: []const Pair = &.{},
};

/// One call of the host, which folds some events into one model.
pub const Call = struct {
    /// Memory until the end of the call. Nothing need be freed.
    arena: Allocator,
    /// The index of the event that is being applied.
    index: u32 = 0,
    /// What has been emitted so far.
    emitted: std.ArrayList(NewEvent) = .empty,
    /// Why the last `error.Refused` was returned.
    failure: ?Failure = null,

    /// `Refused`: `failure` says why.
    pub const Error = error{ Refused, OutOfMemory };

    /// Wants an event to exist, with any `data` that `json` can write.
    ///
    /// Errors: `Refused` with the code `invalid-json` if the data cannot be written.
    pub fn emit(call: *Call, event_type: []const u8, data: anytype, options: EmitOptions) Error!void {
        var diagnostic: json.Diagnostic = .{};
        const text = json.write(call.arena, data, &diagnostic) catch |err|
            return call.invalid(call.index, "invalid-json", err, diagnostic);
        const metadata = try call.arena.dupe(Pair, options.metadata);
        for (metadata) |*pair| pair.* = .{ .key = try call.copy(pair.key), .value = try call.copy(pair.value) };
        try call.emitted.append(call.arena, .{
            .cause = call.index,
            .type = try call.copy(event_type),
            .entity = if (options.entity) |entity| try call.copy(entity) else null,
            .data = text,
            .metadata = metadata,
        });
    }

    fn copy(call: *Call, text: []const u8) Allocator.Error![]const u8 {
        return call.arena.dupe(u8, text);
    }

    /// Refuses the event, with a `code` for programs and a message for people: `return call.refuse(…)`.
    pub fn refuse(call: *Call, code: []const u8, comptime format: []const u8, args: anytype) Error {
        const message = try std.fmt.allocPrint(call.arena, format, args);
        return call.fail(.{ .event = call.index, .code = code, .message = message });
    }

    /// Says why JSON could not be read or written.
    pub fn invalid(call: *Call, event: ?u32, code: []const u8, err: json.Error, why: json.Diagnostic) Error {
        return switch (err) {
            error.OutOfMemory => error.OutOfMemory,
            error.InvalidJson => call.fail(.{ .event = event, .code = code, .message = why.message }),
        };
    }

    fn fail(call: *Call, failure: Failure) Error {
        call.failure = failure;
        return error.Refused;
    }
};
