"""Turns parsed JSON into the types that a reducer names, strictly.

A type is compiled once, into a function, when the reducer is defined: that happens
while its component is built, so that a call pays for none of it.
"""

from __future__ import annotations

import types
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from inspect import Parameter, signature
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

from .basic import (
    SIMPLE,
    Decoder,
    Mismatch,
    enum,
    expected,
    kind_of,
    literal,
    within,
)


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
        simple = SIMPLE.get(of) if isinstance(of, type) or of is Any else None
        if simple:
            return simple
        origin, arguments = get_origin(of), get_args(of)
        if origin in (Union, types.UnionType):
            return self._union(arguments)
        if origin is Literal:
            return literal(arguments)
        if origin is list:
            return _list(self.compile(arguments[0]))
        if origin is dict and arguments[0] is str:
            return _dict(self.compile(arguments[1]))
        if origin is tuple:
            return self._tuple(arguments)
        if isinstance(of, type) and (is_dataclass(of) or is_typeddict(of)):
            return self._object(of)
        if isinstance(of, type) and issubclass(of, Enum):
            return enum(of)
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
            raise Mismatch(f"{kind_of(value)} is no {names}")

        return decode

    def _tuple(self, arguments: tuple[Any, ...]) -> Decoder:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            items = _list(self.compile(arguments[0]))
            return lambda value: tuple(items(value))
        choices = [self.compile(argument) for argument in arguments]

        def decode(value: Any) -> tuple[Any, ...]:
            if type(value) is not list or len(value) != len(choices):
                raise expected(f"an array of {len(choices)}", value)
            return tuple(
                within(n, choice, item)
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
    names = [name for name, _, _ in members]
    by_place = is_dataclass(cls) and _takes_by_place(cls, names)

    def decode(value: Any) -> Any:
        if type(value) is not dict:
            raise expected("an object", value)
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


def _takes_by_place(cls: Any, names: list[str]) -> bool:
    """Whether a class takes just these arguments, and also without their names."""
    parameters = signature(cls).parameters
    kinds = {parameter.kind for parameter in parameters.values()}
    return [*parameters] == names and kinds <= {Parameter.POSITIONAL_OR_KEYWORD}


def _found(
    value: dict[str, Any], members: list[tuple[str, Decoder, bool]]
) -> dict[str, Any]:
    """The members that are there, or what is wrong with the first that is not right."""
    found = {}
    for name, member, must in members:
        if name in value:
            found[name] = within(name, member, value[name])
        elif must:
            raise Mismatch(f"{name} is missing")
    return found


def _list(item: Decoder) -> Decoder:
    def decode(value: Any) -> list[Any]:
        if type(value) is not list:
            raise expected("an array", value)
        try:
            return [item(one) for one in value]
        except Mismatch:
            return [within(n, item, one) for n, one in enumerate(value)]

    return decode


def _dict(item: Decoder) -> Decoder:
    def decode(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise expected("an object", value)
        try:
            return {name: item(one) for name, one in value.items()}
        except Mismatch:
            return {name: within(name, item, one) for name, one in value.items()}

    return decode
