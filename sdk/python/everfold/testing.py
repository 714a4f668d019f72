"""Tests reducers natively, without wasm and without a host.

    folded = fold(apply, [event("item_added", {"qty": 2}), event("cleared")])
    assert folded.model == {"count": 0}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .canonical import canonical_json
from .definition import Reducer
from .event import Metadata
from .reading import read

ENTITY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
"""The entity of the events that name none."""


@dataclass(frozen=True)
class Happening:
    """An event for a test; `event` makes it. What is `None` and may not be is made up
    when it is folded."""

    event_type: str
    data: bytes
    entity: str
    id: str | None
    occurred_at: int | None
    position: int | None
    cause: str | None
    metadata: Metadata


def event(
    type: str,
    data: Any = None,
    *,
    entity: str = ENTITY,
    id: str | None = None,
    occurred_at: int | None = None,
    position: int | None = None,
    cause: str | None = None,
    metadata: Mapping[str, str] | Iterable[tuple[str, str]] = (),
) -> Happening:
    """An event with the `data` given, caused by nothing. If nothing else is said, the
    n-th event of a call happens n seconds after the Unix epoch (`occurred_at` is in
    microseconds) and has an id of its own, in their order."""
    pairs = metadata.items() if isinstance(metadata, Mapping) else metadata
    return Happening(
        type,
        canonical_json(data),
        entity,
        id,
        occurred_at,
        position,
        cause,
        Metadata(pairs),
    )


@dataclass(frozen=True)
class Emitted:
    """A new event, as the host gets it: `cause` is the index of the event that led to
    it, and an `entity` of `None` the model's own."""

    cause: int
    type: str
    data: Any
    entity: str | None = None
    metadata: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Folded:
    """What came of a call."""

    written: bytes | None
    """The model as it is stored, `None` where there is none. Handed to `fold`, it lets
    another call go on."""
    events: list[Emitted] = field(default_factory=list)

    @property
    def model(self) -> Any:
        """The model as parsed JSON, `None` where there is none."""
        return None if self.written is None else read(self.written)


def fold(
    reducer: Reducer[Any], events: Iterable[Happening], *, model: Any = None
) -> Folded:
    """Folds `events` in the order given into `model` (its bytes, or anything that can
    be written as JSON), in one call, as the host would. Raises `Refused` as the host
    would get it."""
    as_it_is = model is None or isinstance(model, bytes)
    before = model if as_it_is else canonical_json(model)
    complete = [_complete(index, one) for index, one in enumerate(events)]
    # As the contract's records they have the same names.
    reduction = reducer.folding.reduce(before, complete)  # type: ignore[arg-type]
    made = [
        Emitted(cause, new.type, read(new.written), new.entity, tuple(new.metadata))
        for cause, new in reduction.events
    ]
    return Folded(reduction.model, made)


def fold_in_all_cuts(reducer: Reducer[Any], events: Iterable[Happening]) -> Folded:
    """Checks the law of the contract that it must not matter how the host cuts events
    into calls: folds `events` in one call, then in two for every place where they can
    be cut, then one by one. Gives what the one call gave.

    Raises `Refused` if the reducer does, and `AssertionError`, naming the cut, if a
    model or the new events differ.
    """
    complete = [_complete(index, one) for index, one in enumerate(events)]
    whole = fold(reducer, complete)
    for cut in range(1, len(complete)):
        in_two = _fold_parts(reducer, [complete[:cut], complete[cut:]])
        _same(f"cut before event {cut}", in_two, whole)
    one_by_one = _fold_parts(reducer, [[one] for one in complete])
    _same("one by one", one_by_one, whole)
    return whole


def _fold_parts(reducer: Reducer[Any], parts: Iterable[Sequence[Happening]]) -> Folded:
    written, emitted, done = None, [], 0
    for part in parts:
        folded = fold(reducer, part, model=written)
        written = folded.written
        emitted += [replace(new, cause=new.cause + done) for new in folded.events]
        done += len(part)
    return Folded(written, emitted)


def _same(how: str, folded: Folded, whole: Folded) -> None:
    if folded != whole:
        raise AssertionError(f"{how}: {folded}, but in one call: {whole}")


def _complete(index: int, one: Happening) -> Happening:
    at = 1_000_000 * (index + 1) if one.occurred_at is None else one.occurred_at
    made_up = f"{index:08x}-0000-1000-8000-010000000000"
    return replace(one, id=one.id or made_up, occurred_at=at)
