"""Keeps texts and tags as they are."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from everfold import Event, NewEvent, reducer


@dataclass
class Texts:
    tags: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)


@dataclass
class Noted:
    text: str
    tags: dict[str, str]


@reducer(Texts, {"noted": Noted}, emits=["echoed"])
def apply(texts: Texts, event: Event[Noted]) -> Iterator[NewEvent]:
    texts.tags |= event.data.tags
    texts.texts.append(event.data.text)
    yield NewEvent("echoed", {"text": event.data.text})
