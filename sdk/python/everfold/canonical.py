"""Canonical JSON (RFC 8785): the same value is the same bytes, in every language."""

from __future__ import annotations

from codecs import lookup
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from json.encoder import encode_basestring
from math import isfinite
from typing import Any

from .number import GREATEST_INTEGER, beyond, text_of_double
from .reading import MOST_LEVELS

_Writer = Callable[[Any, int], str]

_UTF16 = lookup("utf-16-be")
"""A codec is a module, and modules are loaded only while a component is built."""

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
    try:
        return _text(value, MOST_LEVELS).encode()
    except UnicodeEncodeError:
        raise NotJson("a text with half of a surrogate pair is not Unicode") from None


def _text(value: Any, levels: int) -> str:
    kind = type(value)
    if kind is int and -GREATEST_INTEGER <= value <= GREATEST_INTEGER:
        return str(value)
    write = _WRITERS.get(kind) or _writer(kind)
    return write(value, levels)


def _writer(kind: type) -> _Writer:
    """Finds out how values of a type are written, once."""
    if is_dataclass(kind):
        write = _dataclass(kind)
    elif issubclass(kind, Enum):
        write = _enum
    elif issubclass(kind, (set, frozenset)):
        raise NotJson("a set has no order: write sorted(…) or a list")
    else:
        write = _derived(kind)
    _WRITERS[kind] = write
    return write


def _derived(kind: type) -> _Writer:
    """A type that derives from one of those that JSON has is written as that."""
    # By their own methods: those of `kind` may say something else.
    for base, plain in (
        (str, str.__str__),
        (int, int.__int__),
        (float, float.__float__),
    ):
        if issubclass(kind, base):
            as_base = _WRITERS[base]
            return lambda value, levels: as_base(plain(value), levels)
    for base in (dict, list, tuple):
        if issubclass(kind, base):
            return _WRITERS[base]
    raise NotJson(f"a value of type {kind.__name__} is not JSON")


def _dataclass(kind: type) -> _Writer:
    names = sorted((field.name for field in fields(kind)), key=_utf16)
    members = [(name, f'"{name}":') for name in names]

    def write(value: Any, levels: int) -> str:
        if levels == 0:
            raise _too_deep()
        parts = [
            before + _text(getattr(value, name), levels - 1) for name, before in members
        ]
        return f"{{{','.join(parts)}}}"

    return write


def _enum(value: Any, levels: int) -> str:
    return _text(value.value, levels)


def _dict(value: dict[Any, Any], levels: int) -> str:
    if levels == 0:
        raise _too_deep()
    try:
        ascii_only = "".join(value).isascii()
    except TypeError:
        odd = next(key for key in value if not isinstance(key, str))
        raise NotJson(f"the key {odd!r} of an object is not text") from None
    # By code points and by UTF-16 units is the same order for most keys.
    keys = sorted(value) if ascii_only else sorted(value, key=_utf16)
    parts = [f"{_str(key)}:{_text(value[key], levels - 1)}" for key in keys]
    return f"{{{','.join(parts)}}}"


def _list(value: list[Any] | tuple[Any, ...], levels: int) -> str:
    if levels == 0:
        raise _too_deep()
    return f"[{','.join([_text(item, levels - 1) for item in value])}]"


def _str(value: str, levels: int = 0) -> str:
    # In a module, to look at each character costs several times what this does.
    if len(value) > 16 and 0 not in value.encode().translate(_ESCAPED):
        return f'"{value}"'
    return encode_basestring(value)


def _int(value: int, levels: int) -> str:
    if -GREATEST_INTEGER <= value <= GREATEST_INTEGER:
        return str(value)
    # Python itself writes no more than some thousand digits.
    shown = value if value.bit_length() <= 256 else f"of {value.bit_length()} bits"
    raise NotJson(beyond(shown))


def _float(value: float, levels: int) -> str:
    if not isfinite(value):
        raise NotJson(f"the number {value} is not JSON")
    return text_of_double(value)


def _bool(value: bool, levels: int) -> str:
    return "true" if value else "false"


def _none(value: None, levels: int) -> str:
    return "null"


_WRITERS: dict[type, _Writer] = {
    str: _str,
    bool: _bool,
    int: _int,
    float: _float,
    type(None): _none,
    dict: _dict,
    list: _list,
    tuple: _list,
}
"""How the types that have been met are written. What is met while a component is built,
each call begins with."""


def _utf16(key: str) -> bytes:
    return _UTF16.encode(key, "surrogatepass")[0]


def _too_deep() -> NotJson:
    return NotJson(f"it is nested deeper than {MOST_LEVELS} levels")
