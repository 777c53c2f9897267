"""Formats doubles as Java and Trino do."""

from __future__ import annotations

from decimal import Decimal

_FIRST_PLAIN, _FIRST_SCIENTIFIC = 1e-3, 1e7
"""Range in which Java formats doubles without an exponent."""


def java_double(number: float) -> str:
    """Formats a double like `Double.toString`: `1.1`, `1.0E10`."""
    if number != number or number in (float("inf"), float("-inf")):
        return "NaN" if number != number else "Infinity" if number > 0 else "-Infinity"
    is_plain = number == 0 or _FIRST_PLAIN <= abs(number) < _FIRST_SCIENTIFIC
    return f"{Decimal(repr(number)):f}" if is_plain else scientific(number)


def scientific(number: float) -> str:
    """Formats a finite double like a cast to varchar in Trino: `1.1E0`."""
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    if number == 0:
        return f"{'-' if sign else ''}0E0"
    power = len(digits) - 1 + int(exponent)
    fraction = "".join(map(str, digits[1:])) or "0"
    return f"{'-' if sign else ''}{digits[0]}.{fraction}E{power}"
