"""Forgets on request."""

from dataclasses import dataclass

from everfold import Become, Event, reducer


@dataclass
class Counter:
    count: int = 0


@reducer(Counter, {"counted": None, "forgotten": None})
def apply(counter: Counter, event: Event[None]) -> Become | None:
    if event.type == "forgotten":
        return Become(None)
    counter.count += 1
    return None
