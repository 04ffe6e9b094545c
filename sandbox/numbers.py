"""Numbers in a program's output: whether two texts stand for the same one, or for near ones."""

from __future__ import annotations

import math
import re

_NUMBER = re.compile(rb"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_LONGEST = 64  # the most bytes of a number that is compared by value
_DOUBLE_DIGITS = (17, 21)  # significant digits: more than the first are no double's; a C long double is printed with 21


def same_numbers(got: bytes, want: bytes) -> bool:
    """Return whether two lines differ only in how they write numbers that are not integers."""
    if len(got) > 8 * len(want) + _LONGEST:
        return False
    given, wanted = (re.findall(rb"\s+|\S+", line) for line in (got, want))
    return len(given) == len(wanted) and all(a == b or _same_number(a, b) for a, b in zip(given, wanted, strict=True))


def _same_number(got: bytes, want: bytes) -> bool:
    if max(len(got), len(want)) > _LONGEST or not (_NUMBER.fullmatch(got) and _NUMBER.fullmatch(want)):
        return False
    if not re.search(rb"\.|[eE][+-]", want):  # an integer is written in one way, and 12e4 may be one in base 16
        return False
    given, wanted = _exact(got), _exact(want)
    least, most = _DOUBLE_DIGITS
    long = least < len(wanted[1]) <= most and len(given[1]) >= least - 2
    return given == wanted or (long and float(got) == float(want) and math.isfinite(float(want)))


def _exact(number: bytes) -> tuple[bool, bytes, int]:
    """Return a number as (whether negative, its digits without zeros at either end, its exponent of 10)."""
    mantissa, _, exponent = number.lower().lstrip(b"+-").partition(b"e")
    whole, _, fraction = mantissa.partition(b".")
    digits = (whole + fraction).lstrip(b"0")
    kept = digits.rstrip(b"0")
    if not kept:
        return False, b"", 0
    return number.startswith(b"-"), kept, int(exponent or 0) - len(fraction) + len(digits) - len(kept)


def close(got: bytes, want: bytes, tolerance: float) -> bool:
    """Return whether two texts are numbers that are near to each other, or equal where both are integers."""
    if max(len(got), len(want)) > _LONGEST or not (_NUMBER.fullmatch(got) and _NUMBER.fullmatch(want)):
        return False
    if got.lstrip(b"+-").isdigit() and want.lstrip(b"+-").isdigit():
        return int(got) == int(want)
    return near(float(got), float(want), tolerance)


def near(got: float, want: float, tolerance: float) -> bool:
    """Return whether two numbers differ by at most the tolerance, absolutely or relatively."""
    return bool(got == want or (math.isfinite(want) and abs(got - want) <= tolerance * max(1.0, abs(want))))
