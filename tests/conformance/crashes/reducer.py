"""Crashes on request."""

from dataclasses import dataclass

from everfold import Event, reducer


@dataclass
class Counter:
    count: int = 0


@reducer(Counter, {"counted": None, "crashed": None})
def apply(counter: Counter, event: Event[None]) -> None:
    if event.type == "crashed":
        raise RuntimeError("it crashed")
    counter.count += 1
