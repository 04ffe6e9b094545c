"""Stand-ins for what a call of the program gives: they see how a test looks at them.

A `Probe` lets one thing happen to it: `==` (or `!=`) with a plain value, which its watcher notes and answers. Everything else
raises `Observed`, which is no Exception, and tells the watcher, because a test may catch it. A `Soft` one goes along with
whatever it can, for finding calls.
"""

from __future__ import annotations

from typing import Any, Protocol


class Observed(BaseException):
    """The test looked at a result in another way than comparing it with a plain value."""


class Watcher(Protocol):
    def equals(self, call: int, other: Any) -> bool: ...
    def observed(self, how: str) -> None: ...


_BINARY = (
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
_READING = (
    "bool", "hash", "len", "length_hint", "iter", "next", "reversed", "contains", "getitem", "setitem", "delitem", "int", "float", "complex", "index",
    "str", "repr", "format", "bytes", "fspath", "call", "enter", "exit", "await", "aiter", "anext", "copy", "deepcopy", "reduce", "reduce_ex", "dir",
    "getattribute", "setattr", "delattr",
)  # fmt: skip
_IN_PLACE = tuple("i" + name for name in _BINARY if name != "divmod")
_REFLECTED = tuple("r" + name for name in _BINARY)
_field = object.__getattribute__


class Probe:
    __slots__ = ("call", "watcher")
    __array_ufunc__ = None  # so that an array leaves `==` to us

    def __init__(self, watcher: Watcher, call: int) -> None:
        object.__setattr__(self, "watcher", watcher)
        object.__setattr__(self, "call", call)

    def __eq__(self, other: object) -> bool:
        return _field(self, "watcher").equals(_field(self, "call"), other)  # type: ignore[no-any-return]

    def __ne__(self, other: object) -> bool:
        return not _field(self, "watcher").equals(_field(self, "call"), other)


class Soft:
    """Equal, true and in order in every comparison; arithmetic and items give itself; no length, no items to go through."""

    __slots__ = ()
    __array_ufunc__ = None


def _hook(name: str) -> Any:
    def hook(self: Any, *args: Any, **kwargs: Any) -> Any:
        _field(self, "watcher").observed(name)
        raise Observed(name)

    return hook


for _name in (*_BINARY, *_UNARY, *_ORDER, *_READING, *_IN_PLACE, *_REFLECTED):
    setattr(Probe, f"__{_name}__", _hook(_name))
for _name in (*_BINARY, *_UNARY, *_IN_PLACE, *_REFLECTED, "getitem", "call"):
    setattr(Soft, f"__{_name}__", lambda self, *args, **kwargs: self)
for _name in (*_ORDER, "eq", "ne", "bool", "contains"):
    setattr(Soft, f"__{_name}__", lambda self, *args: True)
Soft.__iter__ = None  # type: ignore[attr-defined]  # else __getitem__ would make it a sequence without end
Soft.__hash__ = object.__hash__  # type: ignore[method-assign]
