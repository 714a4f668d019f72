import math
import unittest
from typing import Any

from everfold import canonical_json
from everfold.reading import Unreadable, read


class ReadingTest(unittest.TestCase):
    def assertRefused(self, text: str | bytes, why: str) -> None:
        data = text if isinstance(text, bytes) else text.encode()
        with self.subTest(text[:40]), self.assertRaisesRegex(Unreadable, why):
            read(data)

    def test_json_is_read(self) -> None:
        self.assertEqual(read(b' {"a":[1,2.5,true,null],"a":"\\u00e9"} '), {"a": "é"})
        self.assertEqual(read(b"-0.5e1"), -5)

    def test_one_value_is_read_and_nothing_else(self) -> None:
        for text in ("", "1 2", "{} x", "[1,]", "{'a':1}", "tru", '"\n"', '"\\x"'):
            self.assertRefused(text, "it is not JSON")
        for text in ("01", "+1", ".5", "1.", "\u0661", "NaN", "-Infinity", "\ufeff1"):
            self.assertRefused(text, "it is not JSON")

    def test_text_is_unicode(self) -> None:
        self.assertRefused(b'"a\xff"', "not UTF-8 at byte 2")
        self.assertRefused(b'"\xed\xa0\x80"', "not UTF-8")
        self.assertEqual(read(b'"\\ud83d\\uDE00 \\\\ud83d"'), "😀 \\ud83d")
        for text in (r'"\ud83d"', r'"\uDE00"', r'"\ud83d\\\ude00"', r'"\ude00\ud83d"'):
            self.assertRefused(text, "is half of a pair")

    def test_numbers_are_what_every_language_reads(self) -> None:
        self.assertEqual(read(b"9007199254740992"), 2**53)
        self.assertEqual(read(b"-9007199254740992"), -(2**53))
        self.assertRefused("1e400", "beyond the range of doubles")
        self.assertRefused("-1e400", "beyond the range of doubles")
        self.assertEqual(read(b"9007199254740993.0"), 2.0**53)
        self.assertEqual(read(b"1e-400"), 0)
        self.assertEqual(math.copysign(1, read(b"-0")), -1)

    def test_an_integer_that_is_how_a_double_is_written_is_that(self) -> None:
        for digits in ("9007199254740993", "-9007199254740993", "18446744073709551615"):
            self.assertRefused(digits, "is beyond 2.53: send it as a string")
        for digits in ("100000000000000000001", "1" + "0" * 21, "9" * 5000):
            self.assertRefused(digits, "is beyond 2.53: send it as a string")
        doubles = [1e20, 2.0**53 + 2, -(2.0**53) - 2, 2.0**64, -1.2345678901234568e20]
        written = canonical_json(doubles)
        self.assertRegex(written, b"100000000000000000000,9007199254740994,-9007")
        again = read(written)
        self.assertEqual([type(double) for double in again], [float] * len(doubles))
        self.assertEqual(canonical_json(again), written)

    def test_levels_are_counted(self) -> None:
        for opened, closed in ("[]", ('{"a":', "}")):
            for levels in (256, 257, 100_000):
                text = opened * levels + "1" + closed * levels
                if levels <= 256:
                    self.assertEqual(depth(read(text.encode())), levels)
                    continue
                later = f'["{"_" * 20_000}",{text}]'
                for deep in (text, later, opened * 100_000):
                    self.assertRefused(deep, "nested deeper than 256 levels")

    def test_brackets_in_texts_are_no_levels(self) -> None:
        text = '\\"[{' * 1000
        self.assertEqual(read(f'["{text}","\\\\",["{text}"]]'.encode())[1], "\\")
        self.assertEqual(len(read(b"[" + b"[{}]," * 1000 + b"[]]")), 1001)


def depth(value: Any) -> int:
    levels = 0
    while isinstance(value, (list, dict)):
        value = value["a"] if isinstance(value, dict) else value[0]
        levels += 1
    return levels
