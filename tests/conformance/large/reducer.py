"""Grows."""

from dataclasses import dataclass, field

from everfold import Event, reducer


@dataclass
class Large:
    parts: list[str] = field(default_factory=list)


@dataclass
class Grown:
    fill: str
    times: int


@reducer(Large, {"grown": Grown})
def apply(large: Large, event: Event[Grown]) -> None:
    large.parts += [event.data.fill] * event.data.times
