"""Comparison of a program's output with the expected one.

The program can produce any bytes, of any size, built to make comparison slow. So the work is bounded by the size of
the expected output, and values are compared as parsed JSON trees, never as built objects (hashing a forged set could
take quadratic time). Each function returns None for "equal", else the reason.
"""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

from sandbox import numbers
from sandbox.inside import values

_SPACE = b" \t\r\n\v\f"
_PREVIEW = 80


# -- text --------------------------------------------------------------------------------------------------------
def text(output: bytes, expected: str, tolerance: float | None = None) -> str | None:
    """Compare line by line, ignoring white space at the end of a line and blank lines at both ends.

    A number that is expected with a decimal point or an exponent may be written otherwise (2.000 for 2.0), as in
    LiveCodeBench: its value must be the same. One with more digits than a double holds may be the nearest double.
    With `tolerance`, tokens that are numbers, not both integers, may differ by that much, absolutely or relatively.
    """
    got, want = _body(output), _body(expected.encode("utf-8", "surrogatepass"))
    if got == want:
        return None
    lines = want.count(b"\n") + 1
    if got.count(b"\n") + 1 != lines:
        return f"{got.count(10) + 1} lines instead of {lines}"
    for k, (a, b) in enumerate(zip(got.split(b"\n"), want.split(b"\n"), strict=True)):
        a, b = a.rstrip(_SPACE), b.rstrip(_SPACE)
        if a != b and not (numbers.same_numbers(a, b) if tolerance is None else _close_tokens(a, b, tolerance)):
            return f"line {k + 1}: {preview(a)} instead of {preview(b)}"
    return None


def _body(data: bytes) -> bytes:
    """Return the text without blank lines at its ends; white space before the first line's text stays."""
    data = data.rstrip(_SPACE)
    begin = len(data) - len(data.lstrip(_SPACE))
    return data[data.rfind(b"\n", 0, begin) + 1 :]


def tokens(output: bytes, expected: str, tolerance: float | None = None) -> str | None:
    """Compare token by token, with any white space between tokens."""
    want = expected.encode("utf-8", "surrogatepass").split()
    got = output.split(None, len(want))
    if len(got) != len(want):
        return f"{'more' if len(got) > len(want) else len(got)} tokens instead of {len(want)}"
    for k, (a, b) in enumerate(zip(got, want, strict=True)):
        a = a.rstrip(_SPACE)
        if a != b and (tolerance is None or not numbers.close(a, b, tolerance)):
            return f"token {k + 1}: {preview(a)} instead of {preview(b)}"
    return None


def _close_tokens(got: bytes, want: bytes, tolerance: float) -> bool:
    wanted = want.split()
    given = got.split(None, len(wanted))
    return len(given) == len(wanted) and all(
        a == b or numbers.close(a, b, tolerance) for a, b in zip(given, wanted, strict=True)
    )


def preview(data: bytes) -> str:
    """Return the beginning of an output as text, for a message."""
    start = repr(data[:_PREVIEW].decode("utf-8", "backslashreplace"))
    return start + ("..." if len(data) > _PREVIEW else "")


# -- values ------------------------------------------------------------------------------------------------------
class BoolForNumber(Exception):
    """A bool where a number is expected. It is wrong, although True equals 1 in Python."""


class _Different(Exception):
    """A difference between two values."""


def value(got: bytes, want: bytes, *, from_json: bool = False, tolerance: float | None = None) -> str | None:
    """Compare two values in the form of `values.dumps`. Numbers are compared by value.

    1 and 0 are accepted for an expected True and False; a bool for an expected number raises BoolForNumber.
    from_json: the expected value was written as JSON, which has no tuples, and only text as keys: a tuple is accepted
        for an expected list, and a key that JSON writes as the expected text, where no key of that dict is text.
    tolerance: absolute or relative, for an expected float.
    """
    if got == want and b'"nan"' not in want:
        return None
    if len(got) > 16 * len(want) + 4096:
        return f"a result of {len(got)} bytes instead of {len(want)}"
    try:
        _Values(from_json, tolerance).same(values.parse(got), values.parse(want))
    except (_Different, values.Malformed, RecursionError):
        return f"{preview(got)} instead of {preview(want)}"
    except (TypeError, ValueError, KeyError, IndexError, ArithmeticError, AttributeError):  # a forged tree
        return f"{preview(got)}: no value"
    return None


def digest(got: list[Any], want: list[Any]) -> str | None:
    """Compare two digests of `inside/digest.py`. Raises BoolForNumber where only a bool stands for a number."""
    if len(got) != 3 or got[0] != want[0] or want[0] == "nan":
        return "a large value that differs from the expected one"
    if got[2] != 0 and got[1:] != want[1:]:
        raise BoolForNumber
    return None


class _Values:
    """The comparison of two parsed values under the rules of `value`."""

    def __init__(self, from_json: bool, tolerance: float | None) -> None:
        self.from_json, self.tolerance = from_json, tolerance

    def same(self, got: Any, want: Any) -> None:
        """Raise _Different or BoolForNumber where the values are not equal."""
        kind, content = _opened(want)
        given, body = _opened(got)
        if kind == "number" or kind == "bool":
            if kind == "number" and given == "bool":
                raise BoolForNumber
            if given not in ("number", "bool") or not self._same_number(_number(got), _number(want)):
                raise _Different
        elif kind == "list" or kind == "t":
            if given != kind and not (self.from_json and kind == "list" and given == "t"):
                raise _Different
            self._sequence(body, content)
        elif kind in ("s", "z"):
            if given not in ("s", "z"):
                raise _Different
            self._pairs([(item, None) for item in body], [(item, None) for item in content])
        elif kind in _MAPPINGS:
            if given not in _MAPPINGS:
                raise _Different
            body, content = (body[1] if given == "D" else body), (content[1] if kind == "D" else content)
            if given == kind == "O":
                self._sequence([pair[0] for pair in body], [pair[0] for pair in content])
            if given == kind == "C":  # Counter ignores counts of 0
                body, content = [[k, v] for k, v in body if v != 0], [[k, v] for k, v in content if v != 0]
            if self.from_json and not any(_is_text(k) for k, _ in body):
                body = [[_json_key(k), v] for k, v in body]
            self._pairs(body, content)
        elif kind == "q":
            if given != "q":
                raise _Different
            self._sequence(body[0], content[0])
        elif kind == "r":
            if given != "r" or range(*map(_number, body)) != range(*map(_number, content)):
                raise _Different
        elif kind in ("b", "B"):
            if given not in ("b", "B") or body != content:
                raise _Different
        elif kind in ("I", "a") or given != kind or body != content:  # an iterator or an array equals nothing
            raise _Different

    def _sequence(self, got: list[Any], want: list[Any]) -> None:
        if len(got) != len(want):
            raise _Different
        for a, b in zip(got, want, strict=True):
            self.same(a, b)

    def _pairs(self, got: list[Any], want: list[Any]) -> None:
        """Compare pairs of key and value, in any order."""
        if len(got) != len(want):
            raise _Different
        given = {_key(k): (k, v) for k, v in got}
        if len(given) != len(got):
            raise _Different
        for k, v in want:
            if (pair := given.get(_key(k))) is None:
                raise _Different
            self.same(pair[0], k)
            if v is not None or pair[1] is not None:
                self.same(pair[1], v)

    def _same_number(self, got: Any, want: Any) -> bool:
        if self.tolerance is not None and type(want) is float and type(got) in (int, float):
            try:
                return numbers.near(float(got), want, self.tolerance)
            except OverflowError:
                return False
        return bool(_equal_numbers(got, want))


_MAPPINGS = ("d", "C", "O", "D")
_NUMBER_TAGS = ("i", "f", "c", "F", "M")


def _opened(tree: Any) -> tuple[str, Any]:
    """Return the kind of a parsed value, and its content."""
    kind = type(tree)
    if kind is bool:
        return "bool", tree
    if kind is int or kind is float:
        return "number", tree
    if kind is list:
        return "list", tree
    if kind is not dict:
        return kind.__name__, tree
    ((tag, body),) = tree.items()
    if tag == "u":
        return "str", tree
    return ("number" if tag in _NUMBER_TAGS else tag), body


def _is_text(tree: Any) -> bool:
    return _opened(tree)[0] == "str"


def _json_key(tree: Any) -> str:
    """Return the text that JSON writes for a key that is a number, a bool or None."""
    key = tree if tree is None or type(tree) is bool else _number(tree) if _opened(tree)[0] == "number" else ()
    if type(key) is float and not math.isfinite(key):
        raise _Different
    if key is None or type(key) in (bool, int, float):
        return json.dumps(key)
    raise _Different


def _number(tree: Any) -> Any:
    """Return an int, float, complex, Decimal, or a fraction as (numerator, denominator)."""
    if type(tree) is not dict:
        return int(tree) if type(tree) is bool else tree
    ((tag, body),) = tree.items()
    if tag == "i":
        return int(body, 16)
    if tag == "f":
        return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[body]
    if tag == "c":
        return complex(_number(body[0]), _number(body[1]))
    if tag == "M":
        return Decimal(body)
    if tag == "F":
        numerator, denominator = map(_number, body)
        return numerator if denominator == 1 else (numerator, denominator)
    raise values.Malformed(f"{tag} is no number")


def _equal_numbers(got: Any, want: Any) -> bool:
    """Compare numbers by value, without conversions that are slow for huge numbers."""
    if isinstance(got, Decimal) or isinstance(want, Decimal):
        slow = any(
            isinstance(x, tuple | complex) or (isinstance(x, int) and x.bit_length() > values.BITS) for x in (got, want)
        )
        return not slow and bool(got == want)
    if isinstance(got, tuple) or isinstance(want, tuple):
        return bool(_as_pair(got) == _as_pair(want))
    return bool(got == want)


def _as_pair(x: Any) -> Any:
    return x.as_integer_ratio() if isinstance(x, float) and math.isfinite(x) else x


def _key(tree: Any) -> str:
    """Return a text that is the same for members of a set that are equal."""
    kind, body = _opened(tree)
    if kind in ("number", "bool"):
        number = _number(tree)
        if isinstance(number, complex) and number.imag == 0:
            number = number.real
        if (
            isinstance(number, Decimal)
            and number.is_finite()
            and abs(number.adjusted()) < values.BITS
            and number == number.to_integral_value()
        ):
            number = int(number)
        if isinstance(number, float) and number.is_integer():
            number = int(number)
        return f"n{number:x}" if isinstance(number, int) else f"n{number!r}"
    if kind in ("t", "list"):
        return f"{kind[0]}({','.join(map(_key, body))})"
    if kind in ("s", "z"):
        return f"s({','.join(sorted(map(_key, body)))})"
    return f"{kind}{json.dumps(body)}"
