const std = @import("std");
const everfold = @import("everfold");

const Item = struct { qty: i64 = 0, price: i64 = 0 };

const Cart = struct {
    items: std.array_hash_map.String(Item) = .empty,
    open: bool = true,
    total: i64 = 0,
};

const Change = union(enum) {
    item_added: struct { sku: []const u8, qty: i64, price: i64 },
    item_removed: struct { sku: []const u8, qty: i64 },
    checked_out,
};

pub const reducer = everfold.reducer(Cart, Change, apply, .{
    .order = .occurred,
    .emits = &.{"cart_ended"},
});

fn apply(call: *everfold.Call, cart: *Cart, event: everfold.Event(Change)) !void {
    if (!cart.open) return;
    switch (event.data) {
        .item_added => |added| {
            const item = try cart.items.getOrPutValue(call.arena, added.sku, .{});
            item.value_ptr.qty += added.qty;
            item.value_ptr.price = added.price;
        },
        .item_removed => |removed| {
            const item = cart.items.getPtr(removed.sku) orelse return;
            item.qty -= removed.qty;
            if (item.qty <= 0) _ = cart.items.swapRemove(removed.sku);
        },
        .checked_out => {
            cart.open = false;
            try call.emit("cart_ended", .{ .items = cart.items.count(), .total = cart.total }, .{});
        },
    }
    cart.total = 0;
    for (cart.items.values()) |item| cart.total += item.qty * item.price;
}
