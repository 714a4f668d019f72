"""The types that are read alone: numbers, texts, what is one of a few values."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from .number import GREATEST_INTEGER, beyond, text_of_double

Decoder = Callable[[Any], Any]
"""Makes a value of some type out of parsed JSON, or raises `Mismatch`."""


class Mismatch(ValueError):
    """A value is not what a type says. The message begins with the path to it."""

    def within(self, name: object) -> Mismatch:
        """The same, seen from the object or array that holds the value as `name`."""
        return Mismatch(f"{name}: {self}")


def within(name: object, item: Decoder, value: Any) -> Any:
    """Decodes what an object or array holds as `name`."""
    try:
        return item(value)
    except Mismatch as error:
        raise error.within(name) from None


def literal(choices: tuple[Any, ...]) -> Decoder:
    """One of these values and nothing else."""

    def decode(value: Any) -> Any:
        # Python takes True for 1.
        for choice in choices:
            if value == choice and type(value) is type(choice):
                return choice
        raise Mismatch(f"{value!r:.60} is none of {', '.join(map(repr, choices))}")

    return decode


def enum(cls: type[Enum]) -> Decoder:
    """A member, by its value."""
    decode = literal(tuple(member.value for member in cls))
    return lambda value: cls(decode(value))


def _int(value: Any) -> int:
    if type(value) is int:
        return value
    # JSON does not tell 1.0 from 1.
    if type(value) is float and value.is_integer():
        if abs(value) > GREATEST_INTEGER:
            raise Mismatch(beyond(text_of_double(value)))
        return int(value)
    raise expected("an integer", value)


def _float(value: Any) -> float:
    if type(value) is float:
        return value
    if type(value) is int:
        return float(value)
    raise expected("a number", value)


def _exactly(cls: type, name: str) -> Decoder:
    def decode(value: Any) -> Any:
        if type(value) is cls:
            return value
        raise expected(name, value)

    return decode


def _any(value: Any) -> Any:
    return value


_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "a boolean",
    str: "a text",
    list: "an array",
    dict: "an object",
}

SIMPLE: dict[Any, Decoder] = {
    Any: _any,
    object: _any,
    int: _int,
    float: _float,
    **{cls: _exactly(cls, name) for cls, name in _NAMES.items()},
}
"""The types that need no more than a look."""


def kind_of(value: Any) -> str:
    """What a value is, in the words of JSON."""
    return _NAMES.get(type(value)) or f"the number {value}"


def expected(what: str, value: Any) -> Mismatch:
    """The complaint that a value is something else."""
    return Mismatch(f"expected {what}, not {kind_of(value)}")
