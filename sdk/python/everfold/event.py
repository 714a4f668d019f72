"""Events, as a reducer takes them and as it makes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Generic, TypeVar

from .canonical import NotJson, canonical_json
from .refused import Refused

D = TypeVar("D")


class Metadata(tuple[tuple[str, str], ...]):
    """What was sent along with an event, as pairs in the order in which they came."""

    __slots__ = ()

    def get(self, key: str) -> str | None:
        """The first value of `key`, `None` if it has none."""
        return next((value for name, value in self if name == key), None)


@dataclass(slots=True)
class Event(Generic[D]):
    """An immutable fact about one entity, with its data as `D`."""

    # Not frozen: to make one would cost a module several times as much.

    id: str
    """A UUIDv1, unique in its context, made when it happened."""
    entity: str
    """The entity that it happened to: a UUIDv4."""
    type: str
    """What happened."""
    data: D
    """What is known about it."""
    occurred_at: int
    """When it happened, in microseconds since the Unix epoch."""
    position: int | None
    """Its place in the log, counted from 1. `None` under `occurred`."""
    cause: str | None
    """The event or command that led to it; `None` for what came from outside."""
    metadata: Metadata
    """What was sent along with it (tracing, authorship)."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that a reducer wants to exist. The host derives its id from the event
    that led to it.

    `data` is whatever `canonical_json` can write, and is written at once: what becomes
    of it later does not matter. If it cannot be written, that is `Refused` as
    `invalid-json`. Without an `entity` it happens to the model's own or, under
    `whole_context`, to that of the event that led to it; anything but a UUIDv4 parks
    the model's entity. `metadata` is not part of the event's identity.
    """

    type: str
    data: Any
    entity: str | None = None
    metadata: Mapping[str, str] | Iterable[tuple[str, str]] = ()
    written: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pairs = self.metadata
        items = pairs.items() if isinstance(pairs, Mapping) else pairs
        metadata = Metadata((key, value) for key, value in items)
        for text in (self.type, self.entity or "", *chain(*metadata)):
            _refuse_what_is_no_text(text)
        object.__setattr__(self, "metadata", metadata)
        try:
            object.__setattr__(self, "written", canonical_json(self.data))
        except NotJson as error:
            raise Refused("invalid-json", f"{self.type}: {error}") from None


def _refuse_what_is_no_text(text: object) -> None:
    """Else the boundary would trap, and nobody would know why."""
    if not isinstance(text, str):
        raise TypeError(f"a NewEvent needs text, not {text!r}")
    if not text.isascii():
        text.encode()


class Become:
    """Returned by a reducer whose model is replaced, not changed in place: it is
    `model` from now on. `Become(None)` is no model: the next event finds the initial
    one again.
    """

    __slots__ = ("events", "model")

    def __init__(self, model: Any, events: Iterable[NewEvent] = ()) -> None:
        self.model = model
        self.events = events
