"""What a reducer says about itself, and the decorator that makes one of a function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, Literal, NoReturn, TypeVar, Union

from .basic import Decoder, Mismatch
from .canonical import canonical_json
from .event import Become, Event, NewEvent
from .fold import Folding
from .reading import read
from .typed import decoder

M = TypeVar("M")

Applied = Union[Iterable[NewEvent], Become, None]
"""What a reducer's function may return: the new events (or nothing, where it has
changed the model in place or not at all), or what the model becomes."""

Fold = Literal["occurred", "recorded", "whole_context"]
Upgrade = Literal["rebuild", "resume"]
History = Literal["emit", "silent"]


class Reducer(Generic[M]):
    """A function and what the host must know about it; made by `@reducer`. It can still
    be called as the function that it was."""

    def __init__(
        self,
        apply: Callable[[M, Event[Any]], Applied],
        folding: Folding,
        *,
        fold: Fold,
        upgrade: Upgrade,
        history: History,
        content_type: str | None,
        emits: Iterable[str],
        attributes: Mapping[str, str],
    ) -> None:
        self.apply = apply
        self.folding = folding
        self.takes = tuple(folding.data)
        self.fold = fold
        self.upgrade = upgrade
        self.history = history
        self.content_type = content_type
        self.emits = tuple(emits)
        self.attributes = dict(attributes)

    def __call__(self, model: M, event: Event[Any]) -> Applied:
        return self.apply(model, event)


def reducer(
    model: Callable[..., M],
    takes: Mapping[str, Any] | Any = Any,
    *,
    initial: Callable[[], M] | None = None,
    fold: Fold = "occurred",
    upgrade: Upgrade = "rebuild",
    history: History = "emit",
    emits: Iterable[str] = (),
    content_type: str | None = None,
    attributes: Mapping[str, str] | None = None,
) -> Callable[[Callable[[M, Event[Any]], Applied]], Reducer[M]]:
    """Makes a reducer of a function that applies one event to the model.

    `model` is the model's type, and `initial` makes the model before the first event:
    without it, `model()` does. `takes` names the event types and the type of each one's
    data; `None` stands for data that is not looked at. A type (or `None`) alone is the
    data of all event types. The README has a table of the other options.

    Raises `TypeError` or `ValueError` if the options do not fit together.
    """
    _one_of("fold", fold, Fold)
    _one_of("upgrade", upgrade, Upgrade)
    _one_of("history", history, History)
    if upgrade == "resume" and fold == "occurred":
        raise ValueError("upgrade='resume' needs fold='recorded' or 'whole_context'")
    by_type = isinstance(takes, Mapping)
    if by_type and not takes:
        raise ValueError("takes={} would take nothing: leave it out to take all events")
    data = {name: _decoder(of) for name, of in takes.items()} if by_type else {}
    begin = initial or model
    read_model = decoder(model)
    _check_initial(begin(), read_model)

    def decorate(apply: Callable[[M, Event[Any]], Applied]) -> Reducer[M]:
        any_data = _not_taken if by_type else _decoder(takes)
        return Reducer(
            apply,
            Folding(apply, begin, read_model, data, any_data),
            fold=fold,
            upgrade=upgrade,
            history=history,
            content_type=content_type,
            emits=emits,
            attributes=attributes or {},
        )

    return decorate


def _decoder(of: Any) -> Decoder | None:
    return None if of is None else decoder(of)


def _not_taken(data: Any) -> NoReturn:
    """A host sends no such event; a test may, by a slip."""
    raise Mismatch("the reducer does not take events of this type")


def _check_initial(model: Any, read_model: Decoder) -> None:
    """What is wrong with it would otherwise be found only by the first event."""
    try:
        written = canonical_json(model)
        if model is not None:
            read_model(read(written))
    except ValueError as error:
        raise ValueError(f"the initial model does not fit its type: {error}") from None


def _one_of(option: str, value: str, choices: Any) -> None:
    if value not in choices.__args__:
        names = ", ".join(map(repr, choices.__args__))
        raise ValueError(f"{option}={value!r}: it is one of {names}")
