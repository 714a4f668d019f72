"""Reads JSON strictly: RFC 8259 and the limits that all of Everfold's SDKs share."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from .number import GREATEST_INTEGER, beyond, text_of_double

MOST_LEVELS = 256
"""How deep arrays and objects may lie in each other. Well below what the stack of a
module holds, so that code which walks through a value has room, too."""

_BACKSLASH = ord("\\")
_HALF_OF_A_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")
_PAIR = re.compile(rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]..")
_BRACKETS = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[{]}"))
_BEGINNING = 16 * 1024


class Unreadable(ValueError):
    """Bytes are not JSON, or JSON that not every language reads alike."""


def read(data: bytes) -> Any:
    """The value that a JSON text stands for.

    Raises `Unreadable` for what is not exactly one value in UTF-8, for integers beyond
    2^53 (but those that are just how a double is written: they are that double), for
    other numbers beyond the range of doubles, for escapes that are half of a surrogate
    pair, and for more than `MOST_LEVELS` levels.
    """
    # What is short has no room for so many levels, and to count takes its time.
    if len(data) > 2 * MOST_LEVELS:
        if data.count(b"[") + data.count(b"{") > MOST_LEVELS:
            _refuse_depth(data)
    if _BACKSLASH in data and _HALF_OF_A_PAIR.search(data):
        _refuse_lone_surrogates(data)
    try:
        text = data.decode()
        try:
            value, end = _DECODER.scan_once(text, 0)
        except StopIteration:
            end = -1
        # Mostly there is no white space around it: else the long way, or an error.
        return value if end == len(text) else _DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise Unreadable(f"it is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"it is not JSON: {error}") from None


def _refuse_depth(data: bytes) -> None:
    """The parser recurses on the stack of the module, and to run over that is a trap,
    not an exception. So nesting is looked at before, in few steps of much work each."""
    # What is far too deep mostly begins so, and is not worth looking at all of it.
    for part in (data[:_BEGINNING], data):
        # Every second piece between quotes that are no escapes lies outside of strings.
        pieces = part.replace(b"\\\\", b"__").replace(b'\\"', b"__").split(b'"')
        brackets = b"".join(pieces[::2]).translate(_BRACKETS, _NO_BRACKETS)
        levels = 0
        while b"[]" in brackets:
            brackets = brackets.replace(b"[]", b"")
            levels += 1
            if levels > MOST_LEVELS:
                break
        if max(levels, brackets.count(b"[")) > MOST_LEVELS:
            raise Unreadable(f"it is nested deeper than {MOST_LEVELS} levels")


def _refuse_lone_surrogates(data: bytes) -> None:
    # What is replaced leaves something in its place: its neighbours are no pair.
    alone = _PAIR.sub(b"__", data.replace(b"\\\\", b"__"))
    found = _HALF_OF_A_PAIR.search(alone)
    if found:
        escape = alone[found.start() : found.start() + 6].decode("ascii", "replace")
        raise Unreadable(f"the escape {escape} is half of a pair: that is not Unicode")


def _integer(digits: str) -> int | float:
    if len(digits) < 16:
        return int(digits) if digits != "-0" else -0.0
    # Longer ones need not be read to know that they are too large: as doubles they are
    # written with an exponent.
    if len(digits) <= 22:
        integer = int(digits)
        if abs(integer) <= GREATEST_INTEGER:
            return integer
        # The double 1e20 is written as an integer with 21 digits.
        double = float(integer)
        if text_of_double(double) == digits:
            return double
    raise Unreadable(beyond(digits if len(digits) <= 40 else f"{digits[:40]}…"))


def _double(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise Unreadable(f"the number {digits[:40]} is beyond the range of doubles")
    return number


def _constant(name: str) -> NoReturn:
    raise Unreadable(f"it is not JSON: {name} is no number there")


_DECODER = json.JSONDecoder(
    parse_int=_integer, parse_float=_double, parse_constant=_constant
)
