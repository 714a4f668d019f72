"""Counts the items of {{name}}."""

from dataclasses import dataclass

from everfold import Event, Refused, reducer


@dataclass
class Counter:
    """The model."""

    count: int = 0


@dataclass
class ItemAdded:
    """The data of an `item_added`."""

    qty: int


@reducer(Counter, {"item_added": ItemAdded, "cleared": None})
def apply(counter: Counter, event: Event[ItemAdded | None]) -> None:
    match event.data:
        case ItemAdded(qty) if qty < 0:
            raise Refused("negative-qty", f"{qty} items cannot be added")
        case ItemAdded(qty):
            counter.count += qty
        case None:  # cleared
            counter.count = 0
