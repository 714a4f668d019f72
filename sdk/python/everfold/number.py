"""Numbers as all languages have them: doubles, written as ECMAScript writes them."""

from __future__ import annotations

GREATEST_INTEGER = 2**53
"""Up to here, both ways, every integer is a double as well."""


def text_of_double(value: float) -> str:
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


def beyond(number: object) -> str:
    """What is wrong with an integer that some language would round."""
    return f"the number {number} is beyond 2^53: send it as a string"
