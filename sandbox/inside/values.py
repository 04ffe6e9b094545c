"""Plain values, the arguments and results of calls, as one line of JSON by exact type.

A list, a string, a finite float, a bool, None and an int of up to `BITS` bits stand for themselves in JSON; everything
else is an object with one key, its tag (`TAGS`). An instance of a subclass is refused, whatever it claims to equal. All
names used here are bound when the module is imported, so a program that later replaces a builtin changes nothing. The
time is linear in the size of the value (sets are sorted, so that equal sets have equal lines).
"""

from __future__ import annotations

import json
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from json.encoder import encode_basestring_ascii as _quote
from typing import Any

MAX_DEPTH = 150  # nested containers; a cycle exceeds it
MAX_WEIGHT = 1 << 24  # parts and characters
BITS = 2000  # an int with more is written in base 16: conversion to decimal is quadratic and limited to 4300 digits

TAGS = {
    "i": "int, in base 16",
    "f": "float: nan, inf, -inf",
    "u": "str with surrogates: UTF-8 with surrogatepass, in base 16",
    "c": "complex: [real, imaginary]",
    "b": "bytes, in base 16",
    "B": "bytearray, in base 16",
    "t": "tuple",
    "s": "set",
    "z": "frozenset",
    "r": "range: [start, stop, step]",
    "d": "dict: [[key, value], ...]",
    "C": "Counter: as dict",
    "O": "OrderedDict: as dict",
    "D": "defaultdict: [name of the factory or null, as dict]",
    "q": "deque: [[...], maxlen or null]",
    "a": "numpy array: [dtype, shape, nested lists]",
    "F": "Fraction: [numerator, denominator]",
    "M": "Decimal, as text",
    "T": "one of the builtin types, by name",
    "K": "date, datetime, time or timedelta: [its name, arguments]",
    "I": "iterator or view of a dict: its items",
}
_TYPES: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        int,
        float,
        complex,
        str,
        bool,
        bytes,
        bytearray,
        list,
        tuple,
        set,
        frozenset,
        dict,
        range,
        object,
        type(None),
    )
}
_TYPE_NAMES = {kind: name for name, kind in _TYPES.items()}
_NUMPY_SCALARS = (
    "bool_", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "longlong", "ulonglong",
    "float16", "float32", "float64", "complex64", "complex128", "str_",
)  # fmt: skip
_PYTHON_SCALARS = (bool, int, float, complex, str)
ITERATORS: tuple[type, ...] = (
    map, filter, zip, enumerate, reversed, type(iter([])), type(iter(())), type(reversed([])), type(iter(range(0))),
    type(iter("")), type(iter("é")), type(iter({})), type(iter({}.values())), type(iter({}.items())),
    type(iter(set())), type({}.keys()), type({}.values()), type({}.items()), type(_ for _ in ()),
)  # fmt: skip
#: Types of containers that can change.
MUTABLE = frozenset((list, dict, set, bytearray, deque, Counter, OrderedDict, defaultdict))
_DATES = ("date", "datetime", "time", "timedelta")
_SPAN = 1 << BITS
_INFINITY = float("inf")
_type, _repr, _hex, _sorted, _len, _iter = type, repr, hex, sorted, len, iter
_int, _float, _str, _bool, _list, _tuple, _dict, _set, _frozenset = (
    int,
    float,
    str,
    bool,
    list,
    tuple,
    dict,
    set,
    frozenset,
)
_complex, _bytes, _bytearray, _range, _map, _min, _max = complex, bytes, bytearray, range, map, min, max
_modules = sys.modules
quote = _quote
_parse = json.JSONDecoder().decode
_ints = json.JSONEncoder(separators=(",", ":")).encode
_INTS, _MANY = {int}, 8


class Unencodable(TypeError):
    """A value that is not plain: its type, or its size, is not supported. `kind` names the type or the reason."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"a value of type {kind} cannot be written as a plain value")
        self.kind = kind


class TooHeavy(Exception):
    """A value that weighs more than the caller allows."""


class Malformed(ValueError):
    """A line that `dumps` cannot have written."""


class Writer:
    """A writer that appends pieces of the line to `parts`; `left` is the weight that remains."""

    __slots__ = ("left", "parts")

    def __init__(self, most: int) -> None:
        self.parts: list[str] = []
        self.left = most

    def weigh(self, weight: int) -> None:
        """Count a weight. Raises TooHeavy where too little is left."""
        self.left -= weight
        if self.left < 0:
            raise TooHeavy

    def value(self, x: Any, depth: int) -> None:
        """Write a value that stands in `depth` containers."""
        kind = _type(x)
        put = self.parts.append
        self.left -= 1
        if self.left < 0:
            raise TooHeavy
        if kind is _int:
            if -_SPAN < x < _SPAN:
                put(_repr(x))
            else:
                self.weigh(x.bit_length() >> 3)
                put(f'{{"i":"{_hex(x)}"}}')
        elif kind is _str:
            self.weigh(_len(x))
            put(_string(x))
        elif kind is _bool:
            put("true" if x else "false")
        elif x is None:
            put("null")
        elif kind is _float:
            put(_repr(x) if -_INFINITY < x < _INFINITY else f'{{"f":"{_repr(x)}"}}')
        elif kind is _list:
            self.sequence(x, depth)
        elif kind is _tuple:
            put('{"t":')
            self.sequence(x, depth)
            put("}")
        elif kind is _dict:
            put('{"d":')
            self.pairs(x, depth)
            put("}")
        else:
            self.other(x, kind, depth)

    def sequence(self, items: Any, depth: int) -> None:
        """Write items in their order."""
        if depth >= MAX_DEPTH:
            raise Unencodable("value nested too deeply")
        put, value = self.parts.append, self.value
        if (
            _type(items) is _list
            and _len(items) > _MANY
            and _set(_map(_type, items)) == _INTS
            and _min(items) > -_SPAN
            and _max(items) < _SPAN
        ):
            self.weigh(_len(items))
            put(_ints(items))
            return
        comma = "["
        for item in items:
            put(comma)
            value(item, depth + 1)
            comma = ","
        put("]" if comma == "," else "[]")

    def pairs(self, x: dict[Any, Any], depth: int) -> None:
        """Write keys and values."""
        if depth >= MAX_DEPTH:
            raise Unencodable("value nested too deeply")
        put, value = self.parts.append, self.value
        comma = "["
        for k, v in _dict.items(x):
            put(comma + "[")
            value(k, depth + 1)
            put(",")
            value(v, depth + 1)
            put("]")
            comma = ","
        put("]" if comma == "," else "[]")

    def unordered(self, items: Iterable[Any], depth: int) -> None:
        """Write items sorted by their lines."""
        outer, lines = self.parts, []
        for item in items:
            self.parts = []
            self.value(item, depth + 1)
            lines.append("".join(self.parts))
        self.parts = outer
        outer.append("[" + ",".join(_sorted(lines)) + "]")

    def other(self, x: Any, kind: type, depth: int) -> None:
        """Write a value of a type that JSON lacks."""
        put = self.parts.append
        if kind is _set or kind is _frozenset:
            put('{"s":' if kind is _set else '{"z":')
            self.unordered(x, depth)
        elif kind is _complex:
            put('{"c":')
            self.sequence([x.real, x.imag], depth)
        elif kind is _bytes or kind is _bytearray:
            self.weigh(_len(x))
            put(f'{{"{"b" if kind is _bytes else "B"}":"{x.hex()}"')
        elif kind is _range:
            put('{"r":')
            self.sequence([x.start, x.stop, x.step], depth)
        elif kind is Counter or kind is OrderedDict:
            put('{"C":' if kind is Counter else '{"O":')
            self.pairs(x, depth)
        elif kind is defaultdict:
            put(f'{{"D":[{_type_name(x.default_factory) or "null"},')
            self.pairs(x, depth)
            put("]")
        elif kind is deque:
            put('{"q":[')
            self.sequence(x, depth)
            put(f",{'null' if x.maxlen is None else _repr(x.maxlen)}]")
        elif kind is _type and _type_name(x):
            put(f'{{"T":{_type_name(x)}')
        elif kind in ITERATORS or kind.__module__ == "itertools":
            put('{"I":')
            self.sequence(x, depth)
        else:
            self.library_value(x, kind, depth)
            return
        put("}")

    def library_value(self, x: Any, kind: type, depth: int) -> None:
        """Write a value of a type from numpy, fractions or decimal, if the module has been imported."""
        put = self.parts.append
        numpy = _modules.get("numpy")
        if numpy is not None and kind is numpy.ndarray and x.dtype.kind in "biufcU":
            put(f'{{"a":[{_quote(x.dtype.str)},')
            self.sequence(x.shape, depth)
            put(",")
            self.value(x.tolist(), depth)
            put("]}")
        elif numpy is not None and kind in [getattr(numpy, name, None) for name in _NUMPY_SCALARS]:
            plain = x.item()
            if _type(plain) not in _PYTHON_SCALARS:
                raise Unencodable(kind.__name__)
            self.value(plain, depth)
        elif "fractions" in _modules and kind is _modules["fractions"].Fraction:
            put('{"F":')
            self.sequence([x.numerator, x.denominator], depth)
            put("}")
        elif "decimal" in _modules and kind is _modules["decimal"].Decimal:
            put(f'{{"M":{_quote(_str(x))}}}')
        elif kind.__module__ == "datetime" and kind.__name__ in _DATES:
            put(f'{{"K":["{kind.__name__}",')
            self.sequence(x.__reduce__()[1], depth)
            put("]}")
        else:
            raise Unencodable(_str(kind.__name__)[:100])


def _type_name(x: Any) -> str | None:
    """Return the name of a builtin type of `_TYPES` in quotes, or None."""
    return _quote(_TYPE_NAMES[x]) if _type(x) is _type and x in _TYPE_NAMES else None


def _string(x: str) -> str:
    if not x.isascii():
        try:
            x.encode()
        except UnicodeEncodeError:  # two surrogates side by side would come back from JSON as one character
            return f'{{"u":"{x.encode("utf-8", "surrogatepass").hex()}"}}'
    return _quote(x)


def dumps(value: Any, most: int = 0) -> str:
    """Return a value as one line of ASCII.

    Raises Unencodable for a value that is not plain or weighs more than `MAX_WEIGHT`, and TooHeavy for one that weighs
    more than `most`. The weight is the number of parts and characters. Equal values weigh the same, whatever their
    types.
    """
    writer = Writer(most or MAX_WEIGHT)
    try:
        writer.value(value, 0)
    except TooHeavy:
        if most:
            raise
        raise Unencodable("value of too many parts") from None
    return "".join(writer.parts)


def parse(line: str | bytes) -> Any:
    """Return the JSON tree of a line, without building the value. Raises Malformed."""
    try:
        return _parse(line.decode("ascii") if isinstance(line, bytes) else line)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not a line of values.dumps: {error}") from None


def loads(line: str | bytes) -> Any:
    """Return the value of a line. Raises Malformed.

    The time can be quadratic for a forged set or dict, so trusted code does not call this.
    """
    return build(parse(line))


def build(tree: Any) -> Any:
    """Return the value of a parsed line, a new one at each call. Raises Malformed."""
    kind = type(tree)
    if kind is list:
        return [build(item) for item in tree]
    if kind is not dict:
        return tree
    if len(tree) != 1:
        raise Malformed(f"an object of {len(tree)} keys: it must have one, its tag")
    ((tag, body),) = tree.items()
    reader = READERS.get(tag)
    if reader is None:
        raise Malformed(f"unknown tag {tag[:20]!r}")
    try:
        return reader(body)
    except Malformed:
        raise
    except (TypeError, ValueError, ArithmeticError, AttributeError, LookupError) as error:
        raise Malformed(f"tag {tag!r}: {error}") from None


def _items(body: Any) -> list[Any]:
    if type(body) is not list:
        raise Malformed("a list must be here")
    return [build(item) for item in body]


def _pairs(body: Any) -> list[tuple[Any, Any]]:
    return [(build(k), build(v)) for k, v in body]


def _array(body: Any) -> Any:
    dtype, shape, nested = body
    nested = build(nested)
    try:
        import numpy
    except ImportError:
        return nested
    if numpy.dtype(dtype).kind not in "biufcU":
        raise Malformed(f"an array of {dtype}")
    return numpy.array(nested, dtype=dtype).reshape(build(shape))


def _fraction(body: Any) -> Any:
    from fractions import Fraction

    return Fraction(*_items(body))


def _decimal(body: Any) -> Any:
    from decimal import Decimal

    return Decimal(body)


def _date(body: Any) -> Any:
    import datetime

    name, arguments = body
    if name not in _DATES:
        raise Malformed(f"a date of type {name}")
    return getattr(datetime, name)(*_items(arguments))


READERS: dict[str, Callable[[Any], Any]] = {
    "i": lambda body: int(body, 16),
    "f": float,
    "u": lambda body: bytes.fromhex(body).decode("utf-8", "surrogatepass"),
    "c": lambda body: complex(*_items(body)),
    "b": bytes.fromhex,
    "B": bytearray.fromhex,
    "t": lambda body: tuple(_items(body)),
    "s": lambda body: set(_items(body)),
    "z": lambda body: frozenset(_items(body)),
    "r": lambda body: range(*_items(body)),
    "d": lambda body: dict(_pairs(body)),
    "C": lambda body: Counter(dict(_pairs(body))),
    "O": lambda body: OrderedDict(_pairs(body)),
    "D": lambda body: defaultdict(_TYPES.get(body[0]), _pairs(body[1])),
    "q": lambda body: deque(_items(body[0]), body[1]),
    "a": _array,
    "F": _fraction,
    "M": _decimal,
    "T": lambda body: _TYPES[body],
    "K": _date,
    "I": lambda body: iter(_items(body)),
}
