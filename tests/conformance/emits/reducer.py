"""Tells others what was said."""

from collections.abc import Iterator
from dataclasses import dataclass

from everfold import Event, NewEvent, reducer


@dataclass
class Speaker:
    said: int = 0


@dataclass
class Said:
    to: list[str]
    text: str


@reducer(Speaker, {"said": Said}, emits=["heard"])
def apply(speaker: Speaker, event: Event[Said]) -> Iterator[NewEvent]:
    speaker.said += 1
    for i, entity in enumerate(event.data.to or [None]):
        yield NewEvent(
            "heard",
            {"i": i, "text": event.data.text},
            entity=entity,
            metadata={"by": event.entity},
        )
