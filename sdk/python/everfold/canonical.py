"""Canonical JSON (RFC 8785): the same value is the same bytes, in every language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from json.encoder import encode_basestring
from math import isfinite
from typing import Any

from .reading import GREATEST_INTEGER, MOST_LEVELS

_Put = Callable[[str], None]

_ESCAPED = bytes.maketrans(bytes([*range(32), *b'"\\']), bytes(34))
"""Makes a zero of each byte that a text must not hold as it is."""


class NotJson(ValueError):
    """A value cannot be written as JSON that every language reads alike."""


def canonical_json(value: Any) -> bytes:
    """Writes `value` as canonical JSON, in UTF-8.

    It takes what JSON has (`None`, `bool`, `int`, `float`, `str`, `list`, `tuple` and
    `dict` with keys of text), dataclasses, by the names of their fields, and enums, by
    their values. Raises `NotJson` for anything else: NaN and infinities, integers
    beyond 2^53, lone surrogates, and more than 256 levels.
    """
    parts: list[str] = []
    try:
        _write(value, parts.append, MOST_LEVELS)
        return "".join(parts).encode()
    except UnicodeEncodeError:
        raise NotJson("a text with half of a surrogate pair is not Unicode") from None


def number(value: float) -> str:
    """A finite double as ECMAScript's `Number::toString` writes it."""
    if value == 0:
        return "0"
    # Both have the same digits, but part with plain notation at other exponents.
    digits, _, exponent = repr(value).partition("e")
    if not exponent:
        return digits.removesuffix(".0")
    sign = "-" if value < 0 else ""
    power = int(exponent)
    bare = digits.lstrip("-").replace(".", "")
    if 0 < power < 21:
        return sign + bare.ljust(power + 1, "0")
    if -7 < power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{bare}"
    return f"{digits}e{power:+d}"


def _write(value: Any, put: _Put, levels: int) -> None:
    kind = type(value)
    if kind is str:
        put(_quoted(value))
    elif kind is int:
        put(_integer(value))
    elif kind is dict:
        _write_dict(value, put, levels)
    elif kind is list or kind is tuple:
        _write_list(value, put, levels)
    elif kind is float:
        put(_double(value))
    elif value is None:
        put("null")
    elif kind is bool:
        put("true" if value else "false")
    else:
        _write_other(value, put, levels)


def _write_other(value: Any, put: _Put, levels: int) -> None:
    if is_dataclass(value) and not isinstance(value, type):
        _write_dataclass(value, put, levels)
    elif isinstance(value, Enum):
        _write(value.value, put, levels)
    elif isinstance(value, str):
        put(_quoted(str(value)))
    elif isinstance(value, int):
        put(_integer(int(value)))
    elif isinstance(value, float):
        put(_double(float(value)))
    elif isinstance(value, dict):
        _write_dict(value, put, levels)
    elif isinstance(value, (list, tuple)):
        _write_list(value, put, levels)
    elif isinstance(value, (set, frozenset)):
        raise NotJson("a set has no order: write sorted(…) or a list")
    else:
        raise NotJson(f"a value of type {type(value).__name__} is not JSON")


def _write_dict(value: dict[Any, Any], put: _Put, levels: int) -> None:
    _refuse_depth(levels)
    try:
        ascii_only = "".join(value).isascii()
    except TypeError:
        odd = next(key for key in value if not isinstance(key, str))
        raise NotJson(f"the key {odd!r} of an object is not text") from None
    # By code points and by UTF-16 units is the same order for most keys.
    keys = sorted(value) if ascii_only else sorted(value, key=_utf16)
    before = "{"
    for key in keys:
        put(f"{before}{_quoted(key)}:")
        _write(value[key], put, levels - 1)
        before = ","
    put("}" if keys else "{}")


def _write_dataclass(value: Any, put: _Put, levels: int) -> None:
    _refuse_depth(levels)
    members = _members(type(value))
    for name, before in members:
        put(before)
        _write(getattr(value, name), put, levels - 1)
    put("}" if members else "{}")


def _write_list(value: list[Any] | tuple[Any, ...], put: _Put, levels: int) -> None:
    _refuse_depth(levels)
    before = "["
    for item in value:
        put(before)
        _write(item, put, levels - 1)
        before = ","
    put("]" if value else "[]")


@cache
def _members(cls: type) -> list[tuple[str, str]]:
    """The fields of a dataclass, in order, each with what is written before it."""
    names = sorted((field.name for field in fields(cls)), key=_utf16)
    return [(name, f'{"," if n else "{"}"{name}":') for n, name in enumerate(names)]


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def _quoted(text: str) -> str:
    # In a module, to look at each character costs several times what this does.
    if len(text) > 16 and 0 not in text.encode().translate(_ESCAPED):
        return f'"{text}"'
    return encode_basestring(text)


def _integer(value: int) -> str:
    if -GREATEST_INTEGER <= value <= GREATEST_INTEGER:
        return str(value)
    # Python itself writes no more than some thousand digits.
    shown = value if value.bit_length() <= 256 else f"of {value.bit_length()} bits"
    raise NotJson(f"the number {shown} is beyond 2^53: send it as a string")


def _double(value: float) -> str:
    if isfinite(value):
        return number(value)
    raise NotJson(f"the number {value} is not JSON")


def _refuse_depth(levels: int) -> None:
    if levels == 0:
        raise NotJson(f"it is nested deeper than {MOST_LEVELS} levels")
