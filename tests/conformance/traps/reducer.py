"""Never ends, on request."""

from dataclasses import dataclass

from everfold import Event, reducer


@dataclass
class Counter:
    count: int = 0


@reducer(Counter, {"counted": None, "looped": None})
def apply(counter: Counter, event: Event[None]) -> None:
    while event.type == "looped":
        pass
    counter.count += 1
