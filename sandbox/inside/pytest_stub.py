"""The module `pytest` for tests in a slot: the names that tests of functions use, each as strict as pytest's own.

A name that is not here raises `Unsupported`: such a test is not judged.
"""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any


class Unsupported(BaseException):
    """A use of a framework that is not supported here, which is no program's fault."""


def __getattr__(name: str) -> Any:
    if name.startswith(("__", "armature_")):
        raise AttributeError(name)
    raise Unsupported(f"the test uses pytest.{name}, which is not supported")


# -- values ------------------------------------------------------------------------------------------------------
class approx:
    """A value that equals numbers near to it, alone or in lists, tuples, arrays and dicts."""

    __array_ufunc__ = None  # so that numpy arrays leave `==` to it
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, expected: Any, rel: float | None = None, abs: float | None = None, nan_ok: bool = False) -> None:
        self.expected, self.rel, self.abs, self.nan_ok = expected, rel, abs, nan_ok

    def __eq__(self, actual: object) -> bool:
        return self._same(actual, self.expected)

    def __ne__(self, actual: object) -> bool:
        return not self == actual

    def _same(self, actual: Any, expected: Any) -> bool:
        if hasattr(expected, "tolist"):
            expected = expected.tolist()
        if hasattr(actual, "tolist"):
            actual = actual.tolist()
        if isinstance(expected, Mapping):
            return (
                isinstance(actual, Mapping)
                and actual.keys() == expected.keys()
                and all(self._same(actual[key], expected[key]) for key in expected)
            )
        if isinstance(expected, list | tuple):
            return (
                isinstance(actual, list | tuple)
                and len(actual) == len(expected)
                and all(map(self._same, actual, expected))
            )
        numbers = [isinstance(x, int | float | complex) and not isinstance(x, bool) for x in (actual, expected)]
        return self._near(actual, expected) if all(numbers) else type(actual) is type(expected) and actual == expected

    def _near(self, actual: Any, expected: Any) -> bool:
        if actual == expected:
            return True
        if expected != expected:
            return self.nan_ok and actual != actual
        size = abs(expected)
        if math.isinf(size):
            return False
        absolute = 1e-12 if self.abs is None else self.abs
        relative = 0.0 if self.rel is None and self.abs is not None else (1e-6 if self.rel is None else self.rel) * size
        return bool(abs(actual - expected) <= max(absolute, relative))


class _Raised:
    """The exception that `raises` met."""

    value: Any = None

    @property
    def type(self) -> Any:
        return type(self.value)

    def match(self, pattern: str) -> bool:
        assert re.search(pattern, str(self.value)), f"{str(self.value)!r} does not match {pattern!r}"
        return True


class _Raises:
    def __init__(self, expected: Any, match: str | None) -> None:
        self.expected, self.pattern, self.raised = expected, match, _Raised()

    def __enter__(self) -> _Raised:
        return self.raised

    def __exit__(self, kind: Any, error: BaseException | None, trace: TracebackType | None) -> bool:
        assert kind is not None, f"did not raise {self.expected!r}"
        if not issubclass(kind, self.expected):
            return False
        self.raised.value = error
        if self.pattern is not None:
            self.raised.match(self.pattern)
        return True


def raises(expected: Any, *call: Any, match: str | None = None, **kwargs: Any) -> Any:
    """Return a context in which an exception must be raised, or make the given call in one."""
    context = _Raises(expected, match)
    if not call:
        return context
    with context as raised:
        call[0](*call[1:], **kwargs)
    return raised


# -- marks -------------------------------------------------------------------------------------------------------
class _Mark:
    """A decorator `pytest.mark.name`, with or without arguments."""

    def __init__(self, name: str, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None) -> None:
        self.name, self.args, self.kwargs = name, args, kwargs or {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs and callable(args[0]) and hasattr(args[0], "__name__"):
            args[0].armature_marks = [*getattr(args[0], "armature_marks", ()), self]
            return args[0]
        return _Mark(self.name, args, kwargs)

    @property
    def skips(self) -> bool:
        """Return whether a test with this mark does not count: it is skipped, or expected to fail."""
        conditional = self.name == "skipif" and (
            bool(self.args[0]) if self.args else bool(self.kwargs.get("condition"))
        )
        return self.name in ("skip", "xfail") or conditional

    def sets(self) -> list[dict[str, Any]]:
        """Return the arguments of each case of a `parametrize`."""
        names, values = self.args[0], self.args[1] if len(self.args) > 1 else self.kwargs["argvalues"]
        names = [n.strip() for n in names.split(",") if n.strip()] if isinstance(names, str) else list(names)
        out = []
        for given in values:
            if isinstance(given, _Param):
                if any(mark.skips for mark in given.marks):
                    continue
                given = given.values if len(names) > 1 else given.values[0]
            out.append(dict(zip(names, given if len(names) > 1 else [given], strict=True)))
        return out


class _Marks:
    def __getattr__(self, name: str) -> _Mark:
        return _Mark(name)


class _Param:
    def __init__(self, values: tuple[Any, ...], marks: Any) -> None:
        self.values = values
        self.marks = list(marks) if isinstance(marks, list | tuple) else [marks]


mark = _Marks()


def param(*values: Any, marks: Any = (), id: Any = None) -> _Param:
    """Return the arguments of one case."""
    return _Param(values, marks)


def fixture(function: Callable[..., Any] | None = None, *, autouse: bool = False, **kwargs: Any) -> Any:
    """Mark a function as a fixture; its scope makes no difference here."""
    if kwargs.keys() - {"scope"}:
        raise Unsupported("the test uses a fixture with parameters or another name, which is not supported")
    if function is None:
        return lambda function: fixture(function, autouse=autouse)
    function.armature_fixture = "always" if autouse else "named"  # type: ignore[attr-defined]
    return function


# -- outcomes ----------------------------------------------------------------------------------------------------
def fail(reason: str = "", pytrace: bool = True) -> None:
    """Fail the test."""
    raise AssertionError(reason)


def skip(reason: str = "", **kwargs: Any) -> None:
    """Fail the test: what a program makes it skip was not passed."""
    raise AssertionError(f"skipped: {reason}")


def importorskip(name: str, *args: Any, **kwargs: Any) -> Any:
    """Return a module. Its absence is no program's fault."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise Unsupported(f"the test needs the module {name}, which is not there") from None


def main(*args: Any, **kwargs: Any) -> int:
    """Return 0: the tests run at the end of the file."""
    return 0
