import math
import struct
import unittest
from collections import OrderedDict
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from everfold import NotJson, canonical_json

# RFC 8785, Appendix B.
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
    # 2^-44, where the interval that rounds to it is not symmetric.
    "3d30000000000000": "5.684341886080802e-14",
}


class Text(str):
    def __str__(self) -> str:
        return "another"


class Level(Enum):
    HIGH = "high"


@dataclass
class Point:
    y: float
    x: int


@dataclass
class Box:
    item: Any


class CanonicalTest(unittest.TestCase):
    def assertWritten(self, value: Any, text: str) -> None:
        self.assertEqual(canonical_json(value).decode(), text)

    def assertRefused(self, value: Any, why: str) -> None:
        with self.assertRaisesRegex(NotJson, why):
            canonical_json(value)

    def test_doubles_are_written_as_ecmascript_does(self) -> None:
        for hexadecimal, text in NUMBERS.items():
            (double,) = struct.unpack(">d", bytes.fromhex(hexadecimal))
            with self.subTest(hexadecimal):
                self.assertWritten(double, text)

    def test_whole_doubles_and_integers_are_the_same(self) -> None:
        self.assertWritten([1.0, 1, -20.0, 1e15], "[1,1,-20,1000000000000000]")
        self.assertWritten([1e-5, 1.5e16, -1e-7], "[0.00001,15000000000000000,-1e-7]")

    def test_integers_end_at_two_to_the_53rd(self) -> None:
        self.assertWritten([2**53, -(2**53)], "[9007199254740992,-9007199254740992]")
        self.assertRefused(2**53 + 1, "9007199254740993 is beyond 2.53: send it as a ")
        self.assertRefused(-(2**53) - 1, "beyond 2.53")
        self.assertRefused(10**5000, "of 16610 bits is beyond 2.53")

    def test_numbers_that_json_lacks_are_refused(self) -> None:
        for number in (math.nan, math.inf, -math.inf):
            self.assertRefused([number], f"the number {number} is not JSON")

    def test_keys_are_sorted_by_utf16_units(self) -> None:
        # The example of RFC 8785, 3.2.3.
        keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\x80", "\xf6"]
        order = ["\r", "1", "\x80", "\xf6", "\u20ac", "\U0001f600", "\ufb33"]
        members = ",".join(f'"{key}":0' for key in order).replace("\r", "\\r")
        self.assertWritten(dict.fromkeys(keys, 0), f"{{{members}}}")

    def test_texts_are_escaped_no_more_than_needed(self) -> None:
        for filler in ("", "a text that is longer than others"):
            self.assertWritten(
                filler + '\b\t\n\f\r"\\/\x00\x1f\x7f\u2028é😀',
                f'"{filler}\\b\\t\\n\\f\\r\\"\\\\/\\u0000\\u001f\x7f\u2028é😀"',
            )
            self.assertRefused(filler + "\ud83d", "half of a surrogate pair")
        self.assertRefused({"\ud83d": 1}, "half of a surrogate pair")

    def test_what_stands_for_json_is_written(self) -> None:
        self.assertWritten([Point(0.5, 2), Level.HIGH], '[{"x":2,"y":0.5},"high"]')
        self.assertWritten(([], {}, (), None), "[[],{},[],null]")
        self.assertWritten(OrderedDict(b=Text("c"), a=2), '{"a":2,"b":"c"}')

    def test_what_does_not_is_refused(self) -> None:
        self.assertRefused({"a"}, "a set has no order")
        self.assertRefused(Decimal(1), "Decimal is not JSON")
        self.assertRefused(Point, "type is not JSON")
        self.assertRefused({1: 2}, "the key 1 of an object is not text")

    def test_levels_are_counted(self) -> None:
        value: Any = 1
        for _ in range(256):
            value = [value]
        self.assertWritten(value, "[" * 256 + "1" + "]" * 256)
        self.assertRefused({"a": value}, "deeper than 256 levels")
        self.assertRefused(Box(value), "deeper than 256 levels")
        self.assertWritten(Box(value[0]), f'{{"item":{"[" * 255}1{"]" * 255}}}')
        nested: Any = Box(1)
        for _ in range(256):
            nested = [nested]
        self.assertRefused(nested, "deeper than 256 levels")
        circular: dict[str, Any] = {}
        circular["self"] = circular
        self.assertRefused(circular, "deeper than 256 levels")
