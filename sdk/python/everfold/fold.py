"""One call of the host: reads the model once, applies the events one after another,
writes the model once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .basic import Decoder, Mismatch
from .canonical import canonical_json
from .event import Become, Event, Metadata, NewEvent
from .reading import Unreadable, read
from .refused import Refused, text_of, trace_of


class RawEvent(Protocol):
    """An event as it crosses the boundary."""

    id: str
    entity: str
    event_type: str
    data: bytes
    occurred_at: int
    position: int | None
    cause: str | None
    metadata: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Reduction:
    """What came of a call: the model (`None`: there is none from now on) unless it is
    what it was, and the new events, each with the index of the event that led to it."""

    changed: bool
    model: bytes | None
    events: list[tuple[int, NewEvent]]


@dataclass(frozen=True, slots=True)
class Folding:
    """What a reducer is made of, ready to be called."""

    apply: Callable[[Any, Event[Any]], Any]
    initial: Callable[[], Any]
    model: Decoder
    data: Mapping[str, Decoder | None]
    """By event type; `None` for data that is not looked at."""
    any_data: Decoder | None
    """For types that are not in `data`."""

    def reduce(self, before: bytes | None, events: Sequence[RawEvent]) -> Reduction:
        """Folds `events` into the model. Raises `Refused`, and then nothing of the call
        counts."""
        model = None if before is None else self._read_model(before)
        emitted: list[tuple[int, NewEvent]] = []
        for index, raw in enumerate(events):
            try:
                event = self._event(raw)
                if model is None:
                    model = self.initial()
                made = self.apply(model, event)
                if isinstance(made, Become):
                    model, made = made.model, made.events
                if made:
                    emitted += [(index, _checked(new)) for new in made]
            except Refused as refused:
                refused.event = index
                refused.trace = refused.trace or trace_of(refused)
                raise
            except (Exception, SystemExit) as error:
                failure = Refused("exception", text_of(error))
                failure.event = index
                failure.trace = trace_of(error)
                raise failure from error
        after = None if model is None else _write_model(model)
        return Reduction(after != before, after, emitted)

    def _event(self, raw: RawEvent) -> Event[Any]:
        decode = self.data.get(raw.event_type, self.any_data)
        metadata = raw.metadata
        return Event(
            raw.id,
            raw.entity,
            raw.event_type,
            None if decode is None else _data(raw, decode),
            raw.occurred_at,
            raw.position,
            raw.cause,
            Metadata(metadata) if metadata else _NO_METADATA,
        )

    def _read_model(self, before: bytes) -> Any:
        try:
            return self.model(read(before))
        except Exception as error:
            raise Refused("invalid-model", text_of(error)) from error


_NO_METADATA = Metadata()


def _checked(new: Any) -> NewEvent:
    if isinstance(new, NewEvent):
        return new
    raise TypeError(f"a reducer returns NewEvents, not a {type(new).__name__}")


def _data(raw: RawEvent, decode: Decoder) -> Any:
    try:
        return decode(read(raw.data))
    except (Unreadable, Mismatch, RecursionError) as error:
        raise Refused("invalid-data", f"{raw.event_type}: {error}") from None


def _write_model(model: Any) -> bytes:
    try:
        return canonical_json(model)
    except Exception as error:
        raise Refused("invalid-model", text_of(error)) from error
