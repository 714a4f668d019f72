"""Counts."""

from dataclasses import dataclass

from everfold import Event, reducer


@dataclass
class Counter:
    count: int = 0


@dataclass
class Added:
    n: int


@reducer(Counter, {"added": Added, "cleared": None})
def apply(counter: Counter, event: Event[Added | None]) -> None:
    match event.data:
        case Added(n):
            counter.count += n
        case None:
            counter.count = 0
