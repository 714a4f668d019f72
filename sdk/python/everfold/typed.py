"""Turns parsed JSON into the types that a reducer names, strictly.

A type is compiled once, into a function, when the reducer is defined: that happens
while its component is built, so that a call pays for none of it.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import (
    Any,
    Literal,
    NewType,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from .reading import GREATEST_INTEGER, beyond

Decoder = Callable[[Any], Any]


class Mismatch(ValueError):
    """A value is not what a type says. The message begins with the path to it."""

    def within(self, name: object) -> Mismatch:
        """The same, seen from the object or array that holds the value as `name`."""
        return Mismatch(f"{name}: {self}")


def decoder(of: Any) -> Decoder:
    """A function that makes a value of the type `of` out of parsed JSON, or raises
    `Mismatch`. Raises `TypeError` for types that JSON cannot be read as.
    """
    return _Compiler().compile(of)


class _Compiler:
    def __init__(self) -> None:
        self.objects: dict[Any, Decoder] = {}

    def compile(self, of: Any) -> Decoder:
        of = _plain(of)
        simple = _SIMPLE.get(of) if isinstance(of, type) or of is Any else None
        if simple:
            return simple
        origin, arguments = get_origin(of), get_args(of)
        if origin in (Union, types.UnionType):
            return self._union(arguments)
        if origin is Literal:
            return _literal(arguments)
        if origin is list:
            return _list(self.compile(arguments[0]))
        if origin is dict and arguments[0] is str:
            return _dict(self.compile(arguments[1]))
        if origin is tuple:
            return self._tuple(arguments)
        if isinstance(of, type) and (is_dataclass(of) or is_typeddict(of)):
            return self._object(of)
        if isinstance(of, type) and issubclass(of, Enum):
            return _enum(of)
        raise TypeError(
            f"JSON cannot be read as {of!r}: name a dataclass, a TypedDict, an Enum, "
            "bool, int, float, str, None, list[…], dict[str, …], tuple[…], a Union or "
            "Literal of these, or Any"
        )

    def _union(self, arguments: tuple[Any, ...]) -> Decoder:
        choices = [self.compile(a) for a in arguments if a is not type(None)]
        nullable = len(choices) < len(arguments)

        def decode(value: Any) -> Any:
            if value is None and nullable:
                return None
            mismatch = None
            for choice in choices:
                try:
                    return choice(value)
                except Mismatch as error:
                    mismatch = error
            if len(choices) == 1 and mismatch:
                raise mismatch
            names = " or ".join(getattr(a, "__name__", str(a)) for a in arguments)
            raise Mismatch(f"{_kind(value)} is no {names}")

        return decode

    def _tuple(self, arguments: tuple[Any, ...]) -> Decoder:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            items = _list(self.compile(arguments[0]))
            return lambda value: tuple(items(value))
        choices = [self.compile(argument) for argument in arguments]

        def decode(value: Any) -> tuple[Any, ...]:
            if type(value) is not list or len(value) != len(choices):
                raise _expected(f"an array of {len(choices)}", value)
            return tuple(
                _within(n, choice, item)
                for n, (choice, item) in enumerate(zip(choices, value))
            )

        return decode

    def _object(self, cls: Any) -> Decoder:
        if cls not in self.objects:
            # A type that contains itself finds this before there is anything else.
            self.objects[cls] = lambda value: decode(value)
            decode = _decode_object(cls, self._members(cls))
            self.objects[cls] = decode
        return self.objects[cls]

    def _members(self, cls: Any) -> list[tuple[str, Decoder, bool]]:
        """The members of an object: name, decoder, and whether it must be there."""
        hints = get_type_hints(cls)
        if is_typeddict(cls):
            return [
                (name, self.compile(of), name in cls.__required_keys__)
                for name, of in hints.items()
            ]
        members = []
        for field in fields(cls):
            if not field.init:
                raise TypeError(f"{cls.__name__}.{field.name} is no argument of it")
            must = field.default is MISSING and field.default_factory is MISSING
            members.append((field.name, self.compile(hints[field.name]), must))
        return members


def _plain(of: Any) -> Any:
    """What stands behind a name for a type."""
    if of is None:
        return type(None)
    while True:
        if isinstance(of, NewType):
            of = of.__supertype__
        elif hasattr(of, "__value__"):  # `type Name = …`, since Python 3.12
            of = of.__value__
        else:
            return of


def _decode_object(cls: Any, members: list[tuple[str, Decoder, bool]]) -> Decoder:
    by_place = is_dataclass(cls) and not any(field.kw_only for field in fields(cls))

    def decode(value: Any) -> Any:
        if type(value) is not dict:
            raise _expected("an object", value)
        try:
            # The common case, in as few steps as there are.
            if by_place:
                return cls(*[member(value[name]) for name, member, _ in members])
        except (KeyError, ValueError):
            pass
        try:
            return cls(**_found(value, members))
        except Mismatch:
            raise
        except ValueError as error:  # of a dataclass that looks at its values
            raise Mismatch(str(error)) from error

    return decode


def _found(
    value: dict[str, Any], members: list[tuple[str, Decoder, bool]]
) -> dict[str, Any]:
    """The members that are there, or what is wrong with the first that is not right."""
    found = {}
    for name, member, must in members:
        if name in value:
            found[name] = _within(name, member, value[name])
        elif must:
            raise Mismatch(f"{name} is missing")
    return found


def _list(item: Decoder) -> Decoder:
    def decode(value: Any) -> list[Any]:
        if type(value) is not list:
            raise _expected("an array", value)
        try:
            return [item(one) for one in value]
        except Mismatch:
            return [_within(n, item, one) for n, one in enumerate(value)]

    return decode


def _dict(item: Decoder) -> Decoder:
    def decode(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise _expected("an object", value)
        try:
            return {name: item(one) for name, one in value.items()}
        except Mismatch:
            return {name: _within(name, item, one) for name, one in value.items()}

    return decode


def _within(name: object, item: Decoder, value: Any) -> Any:
    try:
        return item(value)
    except Mismatch as error:
        raise error.within(name) from None


def _literal(choices: tuple[Any, ...]) -> Decoder:
    def decode(value: Any) -> Any:
        # Python takes True for 1.
        for choice in choices:
            if value == choice and type(value) is type(choice):
                return choice
        raise Mismatch(f"{value!r:.60} is none of {', '.join(map(repr, choices))}")

    return decode


def _enum(cls: type[Enum]) -> Decoder:
    literal = _literal(tuple(member.value for member in cls))
    return lambda value: cls(literal(value))


def _int(value: Any) -> int:
    if type(value) is int:
        return value
    # JSON does not tell 1.0 from 1.
    if type(value) is float and value.is_integer():
        if abs(value) > GREATEST_INTEGER:
            raise Mismatch(str(beyond(value)))
        return int(value)
    raise _expected("an integer", value)


def _float(value: Any) -> float:
    if type(value) is float:
        return value
    if type(value) is int:
        return float(value)
    raise _expected("a number", value)


def _exactly(cls: type, name: str) -> Decoder:
    def decode(value: Any) -> Any:
        if type(value) is cls:
            return value
        raise _expected(name, value)

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

_SIMPLE: dict[Any, Decoder] = {
    Any: _any,
    object: _any,
    int: _int,
    float: _float,
    **{cls: _exactly(cls, name) for cls, name in _NAMES.items()},
}


def _kind(value: Any) -> str:
    return _NAMES.get(type(value)) or f"the number {value}"


def _expected(what: str, value: Any) -> Mismatch:
    return Mismatch(f"expected {what}, not {_kind(value)}")
