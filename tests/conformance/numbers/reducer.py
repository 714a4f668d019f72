"""Keeps numbers, also those that not every language has."""

import math
import re
from dataclasses import dataclass
from typing import Any

from everfold import Event, Refused, reducer

Numbers = dict[str, Any]

DECIMAL = re.compile(r"[+-]?0*[0-9]{1,19}")


@dataclass
class Put:
    name: str
    value: Any


@dataclass
class Divided:
    name: str
    a: float
    b: float


@dataclass
class Added:
    name: str
    a: str
    b: str


@reducer(Numbers, {"put": Put, "divided": Divided, "added": Added})
def apply(numbers: Numbers, event: Event[Put | Divided | Added]) -> None:
    match event.data:
        case Put(name, value):
            numbers[name] = value
        case Divided(name, a, b):
            numbers[name] = divide(a, b)
        case Added(name, a, b):
            numbers[name] = add(a, b)


def divide(a: float, b: float) -> float:
    """The quotient as IEEE 754 has it, also by zero."""
    if b:
        return a / b
    if not a or math.isnan(a):
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1, b)


def add(a: str, b: str) -> str:
    """The sum of two decimal numbers of 64 bits."""
    if DECIMAL.fullmatch(a) and DECIMAL.fullmatch(b):
        numbers = int(a), int(b), int(a) + int(b)
        if all(-(2**63) <= number < 2**63 for number in numbers):
            return str(sum(numbers[:2]))
    raise Refused("not-i64", f"{a} + {b}")
