"""Says how deep a value is."""

from dataclasses import dataclass
from typing import Any

from everfold import Event, reducer


@dataclass
class Nested:
    depth: int = 0
    value: Any = None


@reducer(Nested, {"nested": Any})
def apply(nested: Nested, event: Event[Any]) -> None:
    nested.depth = depth(event.data)
    nested.value = event.data


def depth(value: Any) -> int:
    match value:
        case dict():
            return 1 + max(map(depth, value.values()), default=0)
        case list():
            return 1 + max(map(depth, value), default=0)
        case _:
            return 0
