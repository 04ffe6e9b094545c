"""Proxies for the results of a program's calls, which record how a test uses them.

A `ResultProxy` allows one use: `==` (or `!=`) with a plain value, which its watcher records and answers. Every other
use is reported to the watcher and raises `Observed`, which is not an Exception (a test could catch that). A
`LenientProxy` goes along with as many uses as possible, to find a test's calls.
"""

from __future__ import annotations

import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any, Protocol

_PLAIN = (
    int, float, complex, str, bytes, bytearray, list, tuple, set, frozenset, dict, range, Counter, OrderedDict,
    defaultdict, deque, Fraction, Decimal,
)  # fmt: skip


class Observed(BaseException):
    """The test used a result in another way than comparing it with a plain value."""


class Watcher(Protocol):
    """The object that proxies report to; `call` is the index of the call whose result a proxy stands for."""

    def equals(self, call: int, other: Any) -> bool:
        """Answer a comparison with a plain value."""
        ...

    def observed(self, how: str) -> None:
        """Record any other use."""
        ...


BINARY = (
    "add",
    "sub",
    "mul",
    "matmul",
    "truediv",
    "floordiv",
    "mod",
    "divmod",
    "pow",
    "lshift",
    "rshift",
    "and",
    "xor",
    "or",
)
_UNARY = ("neg", "pos", "abs", "invert", "round", "trunc", "floor", "ceil")
_ORDER = ("lt", "le", "gt", "ge")
_OTHER = (
    "bool", "hash", "len", "length_hint", "iter", "next", "reversed", "contains", "getitem", "setitem", "delitem",
    "int", "float", "complex", "index", "str", "repr", "format", "bytes", "fspath", "call", "enter", "exit", "await",
    "aiter", "anext", "copy", "deepcopy", "reduce", "reduce_ex", "dir", "getattribute", "setattr", "delattr",
)  # fmt: skip
_IN_PLACE = tuple("i" + name for name in BINARY if name != "divmod")
_REFLECTED = tuple("r" + name for name in BINARY)
_field = object.__getattribute__


class ResultProxy:
    """The result of a call that may only be compared with plain values."""

    __slots__ = ("call", "watcher")
    __array_ufunc__ = None  # so that numpy arrays leave `==` to the proxy

    def __init__(self, watcher: Watcher, call: int) -> None:
        object.__setattr__(self, "watcher", watcher)
        object.__setattr__(self, "call", call)

    def __eq__(self, other: object) -> bool:
        return _field(self, "watcher").equals(_field(self, "call"), other)  # type: ignore[no-any-return]

    def __ne__(self, other: object) -> bool:
        return not _field(self, "watcher").equals(_field(self, "call"), other)


class LenientProxy:
    """A result for which every comparison is true. Arithmetic and items return it again; it cannot be iterated.

    `needed` is called with an attribute that only an object can have that is no plain value, or with `__call__`.
    """

    __slots__ = ("needed",)
    __array_ufunc__ = None

    def __init__(self, needed: Callable[[str], None]) -> None:
        self.needed = needed

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name not in plain_attributes():
            self.needed(name)
        raise AttributeError(name)

    def __call__(self, *args: Any, **kwargs: Any) -> LenientProxy:
        """Report that the result has to be a function."""
        self.needed("__call__")
        return self


@cache
def plain_attributes() -> frozenset[str]:
    """Return the names of all attributes of plain values."""
    numpy = sys.modules.get("numpy")
    kinds = [*_PLAIN, *([numpy.ndarray, numpy.generic] if numpy is not None else [])]
    return frozenset(name for kind in kinds for name in dir(kind))


def _hook(name: str) -> Any:
    def hook(self: Any, *args: Any, **kwargs: Any) -> Any:
        _field(self, "watcher").observed(name)
        raise Observed(name)

    return hook


for _name in (*BINARY, *_UNARY, *_ORDER, *_OTHER, *_IN_PLACE, *_REFLECTED):
    setattr(ResultProxy, f"__{_name}__", _hook(_name))
for _name in (*BINARY, *_UNARY, *_IN_PLACE, *_REFLECTED, "getitem"):
    setattr(LenientProxy, f"__{_name}__", lambda self, *args, **kwargs: self)
for _name in (*_ORDER, "eq", "ne", "bool", "contains"):
    setattr(LenientProxy, f"__{_name}__", lambda self, *args: True)
LenientProxy.__iter__ = None  # type: ignore[attr-defined]  # else __getitem__ would make it a sequence without end
LenientProxy.__hash__ = object.__hash__  # type: ignore[method-assign]
