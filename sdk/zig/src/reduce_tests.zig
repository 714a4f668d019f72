const std = @import("std");
const everfold = @import("everfold.zig");

const testing = std.testing;
const Harness = everfold.testing.Harness;

const Change = union(enum) {
    put: u32,
    emptied,
    refused,
    failed,
    @"emitted.badly",
};

/// A model that can vanish, and an answer to each event.
const answering = everfold.reducer(?u32, Change, answer, .{});

fn answer(call: *everfold.Call, model: *?u32, event: everfold.Event(Change)) !void {
    switch (event.data) {
        .put => |number| model.* = number,
        .emptied => model.* = null,
        .refused => return call.refuse("refused", "as {s} asked for", .{event.entity[0..4]}),
        .failed => return error.Broken,
        .@"emitted.badly" => try call.emit("answered", std.math.nan(f64), .{}),
    }
    try call.emit("answered", model.*, .{
        .entity = event.entity,
        .metadata = &.{.{ .key = "by", .value = "test" }},
    });
}

fn expectFailure(harness: *Harness, model: ?[]const u8, last: everfold.testing.TestEvent, expected: everfold.Failure) !void {
    const events = [_]everfold.testing.TestEvent{ try harness.event("put", 1), last };
    try testing.expectError(error.Refused, harness.fold(model, &events));
    try testing.expectEqualDeep(expected, harness.failure.?);
}

test "new events name the event that led to them" {
    var harness: Harness = .init(testing.allocator, answering);
    defer harness.deinit();
    const folded = try harness.foldInAllCuts(&.{
        try harness.event("put", 1),
        try harness.event("emptied", .{ .anything = "at all" }),
        try harness.event("put", 2),
    });
    try testing.expectEqualStrings("2", folded.model.?);
    try testing.expectEqual(3, folded.emitted.len);
    for (folded.emitted, 0.., [_][]const u8{ "1", "null", "2" }) |emitted, cause, data| {
        try testing.expectEqual(cause, emitted.cause);
        try testing.expectEqualStrings(data, emitted.data);
        try testing.expectEqualStrings(everfold.testing.entity, emitted.entity.?);
        try testing.expectEqualStrings("test", emitted.metadata[0].value);
    }
}

test "data that nobody asks for is not looked at" {
    var harness: Harness = .init(testing.allocator, answering);
    defer harness.deinit();
    var emptied = try harness.event("emptied", {});
    emptied.data = "no JSON";
    try testing.expectEqual(null, (try harness.fold("1", &.{emptied})).model);
}

test "a model that is null is no model, and only a different one is put" {
    var harness: Harness = .init(testing.allocator, answering);
    defer harness.deinit();
    const arena = harness.arena.allocator();
    const emptied = [_]everfold.testing.TestEvent{try harness.event("emptied", {})};
    const put = [_]everfold.testing.TestEvent{try harness.event("put", 1)};
    try testing.expectEqual(.keep, answering.reduce(arena, null, &emptied).reduction.model);
    try testing.expectEqual(.delete, answering.reduce(arena, "1", &emptied).reduction.model);
    try testing.expectEqual(.keep, answering.reduce(arena, "1", &put).reduction.model);
    try testing.expectEqualStrings("1", answering.reduce(arena, "2", &put).reduction.model.put);
}

test "a failure names the event and says why" {
    var harness: Harness = .init(testing.allocator, answering);
    defer harness.deinit();
    try expectFailure(&harness, null, try harness.event("refused", {}), .{
        .event = 1,
        .code = "refused",
        .message = "as 7c9e asked for",
    });
    try expectFailure(&harness, null, try harness.event("failed", {}), .{
        .event = 1,
        .code = "exception",
        .message = "Broken",
    });
    try expectFailure(&harness, null, try harness.event("emitted.badly", {}), .{
        .event = 1,
        .code = "invalid-json",
        .message = "nan is not a number that JSON has",
    });
    try expectFailure(&harness, null, try harness.event("put", "two"), .{
        .event = 1,
        .code = "invalid-data",
        .message = "put: expected a number, not a string",
    });
    try expectFailure(&harness, null, try harness.event("lost", {}), .{
        .event = 1,
        .code = "invalid-data",
        .message = "lost: not among the event types that it takes",
    });
    try expectFailure(&harness, "{}", try harness.event("put", 1), .{
        .event = null,
        .code = "invalid-model",
        .message = "expected a number, not an object",
    });
}

fn keep(_: *everfold.Call, model: *?f64, event: everfold.Event(f64)) !void {
    model.* = if (event.data == 0) model.* else event.data;
}

test "integers beyond 2^53 are doubles or failures, in data and in models" {
    var harness: Harness = .init(testing.allocator, everfold.reducer(?f64, f64, keep, .{}));
    defer harness.deinit();
    const nothing = try harness.event("put", 0);
    for ([_][]const u8{ "100000000000000000000", "9007199254740994" }) |text| {
        var put = nothing;
        put.data = text;
        try testing.expectEqualStrings(text, (try harness.fold(null, &.{put})).model.?);
        try testing.expectEqualStrings(text, (try harness.fold(text, &.{nothing})).model.?);
    }
    inline for (.{ "9007199254740993", "18446744073709551615" }) |text| {
        const message = "the number " ++ text ++ " is beyond 2^53: send it as a string";
        var put = nothing;
        put.data = text;
        try testing.expectError(error.Refused, harness.fold(null, &.{put}));
        try testing.expectEqualStrings("invalid-data", harness.failure.?.code);
        try testing.expectEqualStrings("put: " ++ message, harness.failure.?.message);
        try testing.expectError(error.Refused, harness.fold(text, &.{nothing}));
        try testing.expectEqualStrings("invalid-model", harness.failure.?.code);
        try testing.expectEqualStrings(message, harness.failure.?.message);
    }
}

const Ratio = struct {
    /// Half of nothing is no number.
    half: f64 = std.math.nan(f64),
};

fn halve(_: *everfold.Call, model: *Ratio, event: everfold.Event(std.json.Value)) !void {
    if (event.data == .integer) model.half = @as(f64, @floatFromInt(event.data.integer)) / 2;
}

test "a model that cannot be written fails without an event" {
    var harness: Harness = .init(testing.allocator, everfold.reducer(Ratio, std.json.Value, halve, .{}));
    defer harness.deinit();
    const folded = try harness.fold(null, &.{try harness.event("any", 5)});
    try testing.expectEqualStrings("{\"half\":2.5}", folded.model.?);

    try testing.expectError(error.Refused, harness.fold(null, &.{try harness.event("any", .{})}));
    try testing.expectEqual(null, harness.failure.?.event);
    try testing.expectEqualStrings("invalid-model", harness.failure.?.code);
}

const Emitted = struct { emitted: usize = 0 };

/// Its model depends on how events are cut into calls: it keeps how many a call has emitted.
fn countEmitted(call: *everfold.Call, model: *Emitted, _: everfold.Event(void)) !void {
    try call.emit("counted", .{}, .{});
    model.emitted = call.emitted.items.len;
}

test "a reducer that depends on the cut is found" {
    var harness: Harness = .init(testing.allocator, everfold.reducer(Emitted, void, countEmitted, .{}));
    defer harness.deinit();
    const events = [_]everfold.testing.TestEvent{ try harness.event("a", {}), try harness.event("b", {}) };
    try testing.expectError(error.DependsOnCut, harness.foldInAllCuts(&events));
    const difference = "cut before event 1, the model is {\"emitted\":1} instead of {\"emitted\":2}";
    try testing.expectEqualStrings(difference, harness.failure.?.message);
}

test "the host is told the tags of a union, and else that all events are taken" {
    try testing.expectEqual(5, answering.event_types.len);
    try testing.expectEqualStrings("emitted.badly", answering.event_types[4]);
    const all = everfold.reducer(Ratio, std.json.Value, halve, .{ .order = .recorded, .upgrade = .@"resume" });
    try testing.expectEqual(0, all.event_types.len);
}
