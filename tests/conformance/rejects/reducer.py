"""Refuses on request."""

from dataclasses import dataclass

from everfold import Event, Refused, reducer


@dataclass
class Counter:
    count: int = 0


@dataclass
class Refusal:
    why: str


@reducer(Counter, {"counted": None, "refused": Refusal})
def apply(counter: Counter, event: Event[Refusal | None]) -> None:
    if event.data:
        raise Refused("refused", f"as it asked for: {event.data.why}")
    counter.count += 1
