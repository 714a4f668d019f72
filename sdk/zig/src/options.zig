//! What a reducer tells the host about itself, beside the types of its events.
//!
//! Values stand in the order of the contract, where their place is what they are called by.

/// In which order events are folded, and into how many models.
pub const Order = enum {
    /// One model for each entity, by event id: as they happened. An event that arrives late folds it afresh.
    occurred,
    /// One model for each entity, by position: as they were recorded.
    recorded,
    /// One model for all entities of the context, by position.
    whole_context,
};

/// What happens to present models when this module replaces another.
pub const Upgrade = enum(u8) {
    /// They are folded afresh in the background; each old model answers until its own is done.
    rebuild,
    /// They are taken over as they are. Not with the order `occurred`.
    @"resume",
};

/// Whether events that were in the log before the domain's first module make it emit.
pub const History = enum(u8) { emit, silent };

/// The options of a reducer.
pub const Options = struct {
    order: Order = .occurred,
    upgrade: Upgrade = .rebuild,
    history: History = .emit,
    /// The event types that it may emit. Empty: it emits none, or does not say.
    emits: []const []const u8 = &.{},
    /// The media type under which models are served: a JSON type. Null: `application/json`.
    content_type: ?[]const u8 = null,
    /// Anything worth showing beside the module, such as its version: keys and values.
    attributes: []const [2][]const u8 = &.{},
};
