const std = @import("std");

/// The memory that a module begins with, in bytes: its stack, its data, and some 700 KiB for what a call allocates. Most
/// calls need a few thousand, and growing costs more than they do. What is not touched costs nothing.
const initial_memory = 1280 * 1024;

/// The stack for what does not fit into locals of wasm, in bytes. JSON at its greatest depth takes about a third.
const stack_size = 512 * 1024;

pub fn build(b: *std.Build) void {
    _ = b.addModule("everfold", .{ .root_source_file = b.path("src/everfold.zig") });
    const tests = b.createModule(.{
        .root_source_file = b.path("src/everfold.zig"),
        .target = b.standardTargetOptions(.{}),
        .optimize = b.standardOptimizeOption(.{ .preferred_optimize_mode = .safe }),
    });
    b.step("test", "Test the package").dependOn(runTests(b, tests));
}

/// What `addReducer` has to know.
pub const ReducerOptions = struct {
    /// What the module's file is called, without `.wasm`.
    name: []const u8,
    /// The file that declares `pub const reducer`.
    root_source_file: std.Build.LazyPath,
};

/// Installs the module of a reducer as `bin/NAME.wasm`, ready for `everfold build`, and adds the step `test`, which runs
/// the tests in its sources natively. For the `build` of a project that depends on this package.
pub fn addReducer(b: *std.Build, options: ReducerOptions) void {
    const sdk = b.dependencyFromBuildZig(@This(), .{});
    const imports: []const std.Build.Module.Import = &.{.{ .name = "everfold", .module = sdk.module("everfold") }};
    const optimize = b.standardOptimizeOption(.{ .preferred_optimize_mode = .safe });
    const reducer = b.createModule(.{ .root_source_file = options.root_source_file, .imports = imports });
    const root = b.createModule(.{
        .root_source_file = sdk.path("src/module.zig"),
        .imports = imports,
        .target = b.resolveTargetQuery(.{ .cpu_arch = .wasm32, .os_tag = .freestanding }),
        // Not for size: without its checks, an integer that overflows would spoil a model and say nothing.
        .optimize = optimize,
        .single_threaded = true,
        // For the names of functions: `everfold build` leaves out what only debuggers want.
        .strip = false,
    });
    root.addImport("reducer", reducer);

    const module = b.addExecutable(.{ .name = options.name, .root_module = root });
    module.entry = .disabled;
    module.rdynamic = true;
    module.initial_memory = initial_memory;
    module.stack_size = stack_size;
    b.installArtifact(module);

    const tests = b.createModule(.{
        .root_source_file = options.root_source_file,
        .imports = imports,
        .target = b.graph.host,
        .optimize = optimize,
    });
    b.step("test", "Run the tests natively").dependOn(runTests(b, tests));
}

fn runTests(b: *std.Build, module: *std.Build.Module) *std.Build.Step {
    return &b.addRunArtifact(b.addTest(.{ .root_module = module })).step;
}
