//! One call of the host: decodes the model once, applies the events one after another, encodes once.

const std = @import("std");
const json = @import("json.zig");
const call_zig = @import("call.zig");
const Event = @import("event.zig").Event;
const Options = @import("options.zig").Options;

const Allocator = std.mem.Allocator;
const Call = call_zig.Call;

/// An event as the host passes it: its data is JSON.
pub const RawEvent = Event([]const u8);

/// What becomes of the model.
pub const ModelChange = union(enum) { keep, put: []const u8, delete };

/// What a call brings about.
pub const Outcome = union(enum) {
    reduction: struct { model: ModelChange, events: []const call_zig.NewEvent },
    failure: call_zig.Failure,
};

/// The function that a reducer is made of: it applies one event to the model.
pub fn Apply(comptime Model: type, comptime Data: type) type {
    return fn (*Call, *Model, Event(Data)) anyerror!void;
}

/// A reducer, as `reducer` makes it.
pub const Reducer = struct {
    /// The event types that it takes. Empty: all.
    event_types: []const []const u8,
    options: Options,
    /// Folds events into a model, or into none. What comes of it lives in the arena.
    reduce: *const fn (arena: Allocator, model: ?[]const u8, events: []const RawEvent) Outcome,
};

/// Makes a reducer of the types of its model and of its events' data, and of the function that applies one event.
///
/// A module's root file declares one: `pub const reducer = everfold.reducer(…);`.
pub fn reducer(
    comptime Model: type,
    comptime Data: type,
    comptime apply: Apply(Model, Data),
    comptime options: Options,
) Reducer {
    if (options.order == .occurred and options.upgrade == .@"resume") @compileError(
        "a model that is folded as events occurred is rebuilt: .@\"resume\" needs the order .recorded or .whole_context",
    );
    const Fold = struct {
        fn reduce(arena: Allocator, before: ?[]const u8, events: []const RawEvent) Outcome {
            var call: Call = .{ .arena = arena };
            const change = fold(&call, before, events) catch |err| return .{ .failure = failure(&call, err) };
            return .{ .reduction = .{ .model = change, .events = call.emitted.items } };
        }

        fn fold(call: *Call, before: ?[]const u8, events: []const RawEvent) anyerror!ModelChange {
            var diagnostic: json.Diagnostic = .{};
            var model = if (before) |bytes|
                json.read(Model, call.arena, bytes, &diagnostic) catch |err|
                    return call.invalid(null, "invalid-model", err, diagnostic)
            else
                initial(Model);
            for (events, 0..) |event, index| {
                call.index = @intCast(index);
                call.failure = null;
                try apply(call, &model, try typed(Data, call, event));
            }
            const after = json.write(call.arena, model, &diagnostic) catch |err|
                return call.invalid(null, "invalid-model", err, diagnostic);
            return changed(before, after);
        }
    };
    return .{ .event_types = eventTypes(Data), .options = options, .reduce = Fold.reduce };
}

/// What an error means to the host. All but refusals were not expected by whoever wrote the reducer.
fn failure(call: *const Call, err: anyerror) call_zig.Failure {
    if (err == error.Refused) {
        if (call.failure) |refusal| return refusal;
    }
    return .{ .event = call.index, .code = "exception", .message = @errorName(err) };
}

/// A model that is written as `null` is no model.
fn changed(before: ?[]const u8, after: []const u8) ModelChange {
    const bytes = before orelse return if (std.mem.eql(u8, after, "null")) .keep else .{ .put = after };
    if (std.mem.eql(u8, after, "null")) return .delete;
    return if (std.mem.eql(u8, bytes, after)) .keep else .{ .put = after };
}

/// The model before the first event.
fn initial(comptime Model: type) Model {
    if (@typeInfo(Model) == .optional) return null;
    if (@typeInfo(Model) == .@"struct") {
        if (@hasDecl(Model, "init") and @TypeOf(Model.init) == Model) return Model.init;
        if (@hasDecl(Model, "empty") and @TypeOf(Model.empty) == Model) return Model.empty;
        return .{};
    }
    @compileError("the first model of " ++ @typeName(Model) ++
        " is not known: use a struct with defaults or a declaration `init`, or an optional");
}

fn eventTypes(comptime Data: type) []const []const u8 {
    if (@typeInfo(Data) != .@"union" or Data == std.json.Value) return &.{};
    const names = @typeInfo(Data).@"union".field_names;
    var types: [names.len][]const u8 = undefined;
    for (&types, names) |*event_type, name| event_type.* = name;
    const final = types;
    return &final;
}

/// Decodes an event's data.
fn typed(comptime Data: type, call: *Call, event: RawEvent) Call.Error!Event(Data) {
    var diagnostic: json.Diagnostic = .{};
    const data = decode(Data, call.arena, event, &diagnostic) catch |err| {
        if (err == error.InvalidJson) return call.refuse("invalid-data", "{s}: {s}", .{ event.type, diagnostic.message });
        return error.OutOfMemory;
    };
    return .{
        .id = event.id,
        .entity = event.entity,
        .type = event.type,
        .occurred_at = event.occurred_at,
        .position = event.position,
        .cause = event.cause,
        .metadata = event.metadata,
        .data = data,
    };
}

fn decode(comptime Data: type, arena: Allocator, event: RawEvent, diagnostic: *json.Diagnostic) json.Error!Data {
    if (Data == void) return;
    if (@typeInfo(Data) != .@"union" or Data == std.json.Value) return json.read(Data, arena, event.data, diagnostic);
    const info = @typeInfo(Data).@"union";
    inline for (info.field_names, info.field_types) |name, Payload| {
        if (std.mem.eql(u8, name, event.type)) {
            if (Payload == void) return @unionInit(Data, name, {});
            return @unionInit(Data, name, try json.read(Payload, arena, event.data, diagnostic));
        }
    }
    diagnostic.message = "not among the event types that it takes";
    return error.InvalidJson;
}

test {
    _ = @import("reduce_tests.zig");
}
