"""A shopping cart that says what was in it when it was checked out."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from everfold import Event, NewEvent, reducer


@dataclass
class Item:
    price: int
    qty: int


@dataclass
class Cart:
    items: dict[str, Item] = field(default_factory=dict)
    open: bool = True
    total: int = 0


@dataclass
class ItemAdded:
    sku: str
    qty: int
    price: int


@dataclass
class ItemRemoved:
    sku: str
    qty: int


@reducer(
    Cart,
    {"item_added": ItemAdded, "item_removed": ItemRemoved, "checked_out": None},
    emits=["cart_ended"],
)
def apply(
    cart: Cart, event: Event[ItemAdded | ItemRemoved | None]
) -> Iterator[NewEvent]:
    if not cart.open:
        return
    match event.data:
        case ItemAdded(sku, qty, price):
            item = cart.items.setdefault(sku, Item(price, 0))
            item.qty += qty
            item.price = price
        case ItemRemoved(sku, qty) if sku in cart.items:
            cart.items[sku].qty -= qty
            if cart.items[sku].qty <= 0:
                del cart.items[sku]
        case None:
            cart.open = False
            yield NewEvent(
                "cart_ended", {"items": len(cart.items), "total": cart.total}
            )
    cart.total = sum(item.qty * item.price for item in cart.items.values())
