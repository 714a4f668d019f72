"""One model of a whole context."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from everfold import Event, NewEvent, reducer


@dataclass
class Journal:
    count: int = 0
    last: int | None = None
    texts: list[str] = field(default_factory=list)


@dataclass
class Noted:
    text: str


@reducer(
    Journal,
    {"counted": None, "noted": Noted},
    fold="whole_context",
    upgrade="resume",
    history="silent",
    emits=["summed"],
    content_type="application/vnd.everfold-journal+json",
    attributes={"version": "1"},
)
def apply(journal: Journal, event: Event[Noted | None]) -> Iterator[NewEvent]:
    journal.last = event.position
    match event.data:
        case Noted(text):
            journal.texts = [*journal.texts, text][-3:]
        case None:
            journal.count += 1
            yield NewEvent("summed", {"count": journal.count})
