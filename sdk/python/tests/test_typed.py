import unittest
from dataclasses import InitVar, dataclass, field
from enum import Enum
from typing import Any, Literal, NewType, Optional, TypedDict, Union

from everfold.basic import Mismatch
from everfold.typed import decoder

Sku = NewType("Sku", str)


class Colour(Enum):
    RED = "red"


class Size(TypedDict, total=False):
    width: int


class Named(TypedDict):
    name: str


@dataclass
class Item:
    sku: Sku
    qty: int = 1
    colour: Optional[Colour] = None

    def __post_init__(self) -> None:
        if self.qty < 0:
            raise ValueError("qty is less than nothing")


@dataclass
class Span:
    start: int
    length: int
    end: int = field(default=9, kw_only=True)


@dataclass
class Rate:
    tax: InitVar[float]
    gross: float


@dataclass
class Node:
    value: float
    children: "list[Node]" = field(default_factory=list)


class TypedTest(unittest.TestCase):
    def assertRead(self, of: Any, value: Any, expected: Any) -> None:
        read = decoder(of)(value)
        self.assertEqual((type(read), read), (type(expected), expected))

    def assertRefused(self, of: Any, value: Any, why: str) -> None:
        with self.subTest(of=of, value=value):
            with self.assertRaisesRegex(Mismatch, why):
                decoder(of)(value)

    def test_basic_types_are_strict(self) -> None:
        self.assertRead(int, 3, 3)
        self.assertRead(int, 3.0, 3)
        self.assertRead(float, 3, 3.0)
        self.assertRead(Any, [1, {}], [1, {}])
        self.assertRead(dict, {"a": 1}, {"a": 1})
        self.assertRefused(int, True, "expected an integer, not a boolean")
        self.assertRefused(int, 1.5, "expected an integer, not the number 1.5")
        self.assertRefused(int, 1e300, "beyond 2.53")
        self.assertRefused(float, "1", "expected a number, not a text")
        self.assertRefused(str, None, "expected a text, not null")
        self.assertRefused(bool, 1, "expected a boolean, not the number 1")
        self.assertRefused(None, [], "expected null, not an array")

    def test_containers_name_the_place(self) -> None:
        self.assertRead(list[int], [1, 2], [1, 2])
        self.assertRead(dict[str, float], {"a": 1}, {"a": 1.0})
        self.assertRead(tuple[int, ...], [1, 2], (1, 2))
        self.assertRead(tuple[int, str], [1, "a"], (1, "a"))
        self.assertRefused(list[int], [1, "a"], "^1: expected an integer")
        self.assertRefused(dict[str, list[int]], {"a": [None]}, "^a: 0: expected an i")
        self.assertRefused(tuple[int, str], [1], "expected an array of 2, not an array")
        self.assertRefused(list[int], {}, "expected an array, not an object")

    def test_unions_take_what_fits(self) -> None:
        self.assertRead(Optional[int], None, None)
        self.assertRead(Union[int, str, None], "a", "a")
        self.assertRefused(int | str, None, "null is no int or str")
        self.assertRefused(Optional[int], "a", "expected an integer, not a text")
        self.assertRead(Literal["a", 1], 1, 1)
        self.assertRefused(Literal["a", 1], True, "True is none of 'a', 1")
        self.assertRead(Colour, "red", Colour.RED)
        self.assertRefused(Colour, "blue", "'blue' is none of 'red'")

    def test_dataclasses(self) -> None:
        self.assertRead(Item, {"sku": "cup"}, Item(Sku("cup")))
        data = {"sku": "cup", "qty": 2, "colour": "red", "unknown": 1}
        self.assertRead(Item, data, Item(Sku("cup"), 2, Colour.RED))
        self.assertRefused(Item, {"qty": 2}, "sku is missing")
        self.assertRefused(Item, {"sku": 1}, "^sku: expected a text")
        self.assertRefused(Item, {"sku": "cup", "qty": -1}, "qty is less than nothing")
        self.assertRefused(Item, [], "expected an object, not an array")
        tree = {"value": 1, "children": [{"value": 2}]}
        self.assertRead(Node, tree, Node(1.0, [Node(2.0)]))
        tree["children"] = [{"value": "x"}]
        self.assertRefused(Node, tree, "^children: 0: value: expected a number")

    def test_arguments_are_given_by_name_where_places_differ(self) -> None:
        data = {"start": 1, "end": 3, "length": 2}
        self.assertRead(Span, data, Span(1, 2, end=3))
        with self.assertRaisesRegex(TypeError, "missing .* 'tax'"):
            decoder(Rate)({"gross": 1})

    def test_typed_dicts(self) -> None:
        self.assertRead(Size, {}, {})
        self.assertRead(Size, {"width": 1.0, "unknown": 1}, {"width": 1})
        self.assertRefused(Named, {}, "name is missing")

    def test_other_types_are_refused_when_they_are_named(self) -> None:
        for of in (set[str], bytes, dict[int, str], complex):
            with self.assertRaisesRegex(TypeError, "JSON cannot be read as"):
                decoder(of)
