"""Digests of large values, so that results of many megabytes need not be sent to be compared.

Equal values have equal digests: numbers count by value; the order of a dict and the kind of a set do not count; a tuple
differs from a list. The program is never told the expected digest, and cannot make it without the value.
"""

from __future__ import annotations

import math
from _blake2 import blake2b  # hashlib would load OpenSSL into each slot, which makes its forks slower
from array import array
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Sequence
from typing import Any

from sandbox.inside import values

MAX_NODES = 1 << 28
_EXACT = 1 << 53  # integers up to here are floats too
_MINUS_ZERO = array("d", [-0.0]).tobytes()
_NUMBERS = frozenset((int, float, bool))
_STRINGS = {str}
_MAPPINGS = frozenset((dict, Counter, OrderedDict, defaultdict))


MAX_LIGHT_WEIGHT = 512  # the largest weight (see `values.dumps`) of a value that is sent as itself


def result_field(value: Any, full: bool = False) -> str:
    """Return the value as a field of a JSON object: `"v":value`, or `"h":digest` where it is heavy and not `full`."""
    if full:
        return '"v":' + values.dumps(value)
    try:
        return '"v":' + values.dumps(value, MAX_LIGHT_WEIGHT)
    except values.TooHeavy:
        return '"h":' + digest(value)


class _Unequal(Exception):
    """A value that equals no other: it contains a NaN or an iterator."""


def digest(value: Any) -> str:
    """Return JSON: [digest with bools as numbers, digest of the bools' places, number of bools].

    Both are BLAKE2b digests of 32 bytes, in hex. Raises Unencodable as `values.dumps` does.
    """
    hasher = _Hasher()
    try:
        hasher.value(value, 0)
    except _Unequal:
        return '["nan","",0]'
    hasher.flush()
    return f'["{hasher.total.hexdigest()}","{hasher.where.hexdigest()}",{hasher.bools}]'


class _Hasher:
    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.total, self.where = blake2b(digest_size=32), blake2b(digest_size=32)
        self.nodes = self.bools = 0

    def flush(self) -> None:
        self.total.update(b"".join(self.parts))
        self.parts.clear()

    def value(self, x: Any, depth: int) -> None:
        kind = type(x)
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise values.Unencodable("value of too many parts")
        if depth > values.MAX_DEPTH:
            raise values.Unencodable("value nested too deeply")
        if kind in _NUMBERS:
            if kind is bool:
                self._is_bool(self.nodes)
            self.parts.append(_number(x))
        elif kind is str:
            text = x.encode("utf-8", "surrogatepass")
            self.parts += (b"s%d:" % len(text), text)
        elif kind is list or kind is tuple or kind is deque:
            self.parts.append(b"%s%d:" % (b"T" if kind is tuple else b"L" if kind is list else b"Q", len(x)))
            self.sequence(x, depth)
        elif kind in _MAPPINGS:
            self.parts.append(b"D%d:" % len(x))
            for key, item in sorted(((self._apart(k, depth), v) for k, v in dict.items(x)), key=lambda pair: pair[0]):
                self.parts.append(key)
                self.value(item, depth + 1)
        elif kind is set or kind is frozenset:
            self.parts.append(b"S%d:" % len(x))
            self.parts += sorted(self._apart(item, depth) for item in x)
        elif kind is bytes or kind is bytearray:
            self.parts += (b"b%d:" % len(x), bytes(x))
        else:
            line = values.dumps(x)
            if line.startswith('{"I"') or ('{"f":"nan"}' in line):
                raise _Unequal
            self.parts.append(line.encode())
        if len(self.parts) > 10_000:
            self.flush()

    def sequence(self, items: Sequence[Any] | deque[Any], depth: int) -> None:
        kinds = set(map(type, items))
        if items and kinds <= _NUMBERS and min(items) >= -_EXACT and max(items) <= _EXACT:
            self.nodes += len(items)
            total = sum(items)
            if total != total:
                raise _Unequal
            if bool in kinds:
                for k, item in enumerate(items):
                    if type(item) is bool:
                        self._is_bool(self.nodes - k)
            self.flush()
            self.total.update(b"A" + _floats(items))
        elif kinds == _STRINGS:
            self.nodes += len(items)
            self.flush()
            self.total.update(b"U" + array("Q", map(len, items)).tobytes())
            self.total.update("".join(items).encode("utf-8", "surrogatepass"))
        else:
            for item in items:
                self.value(item, depth + 1)

    def _apart(self, x: Any, depth: int) -> bytes:
        """Return the digest of an item without a fixed place (a key or a member of a set), with bools as numbers."""
        inner = _Hasher()
        inner.nodes = self.nodes
        inner.value(x, depth + 1)
        inner.flush()
        self.nodes = inner.nodes
        return inner.total.digest()

    def _is_bool(self, place: int) -> None:
        self.bools += 1
        self.where.update(b"%d," % place)


def _floats(items: Sequence[Any] | deque[Any]) -> bytes:
    data = array("d", items).tobytes()
    if _MINUS_ZERO in data:  # -0.0 equals 0 (these bytes may also span two numbers, which does no harm)
        data = array("d", [x + 0.0 for x in items]).tobytes()
    return data


def _number(x: Any) -> bytes:
    if x != x:
        raise _Unequal
    if -_EXACT <= x <= _EXACT:
        return b"n" + _floats((x,))
    if type(x) is float and math.isinf(x):
        return b"i+" if x > 0 else b"i-"
    return b"N%x;" % int(x)
