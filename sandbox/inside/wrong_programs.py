"""A review of a test: whether it judges anything that the program made.

It runs against stand-ins for wrong programs, each of which returns one value whatever it is asked. A test that none of
them fails is idle: it accepts every program. One that fails before it calls the program is broken: it fails every one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sandbox.inside.pytest_stub import Unsupported
from sandbox.inside.testcode import Broken, TestCode

_MOST_CALLS = 100_000
_ENOUGH_S = 2.0  # CPU seconds after which only the first values are tried
_FIRST = 3


class _Agreeable:
    """A result that claims to equal everything: what a test that wants it to differ from a value must refuse."""

    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False


_THING = object()
# A test that accepts all of these does not look at what it gets, or compares results with one another only.
_VALUES: tuple[Callable[[], Any], ...] = (
    lambda: _THING, lambda: None, _Agreeable, lambda: True, lambda: False, lambda: 0, lambda: 1, lambda: -0.5,
    lambda: "", lambda: "a", list, lambda: [0], lambda: (), dict, set, lambda: b"",
)  # fmt: skip


class _TooMany(BaseException):
    """More calls than a test may make."""


class _Wrong:
    """A function that always returns an equal value, and counts its calls."""

    def __init__(self, value: Callable[[], Any]) -> None:
        self.value, self.calls = value, 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        if self.calls > _MOST_CALLS:
            raise _TooMany
        return self.value()


def review(test: TestCode) -> str | None:
    """Return why a test is idle, or None where it judges something.

    Raises Broken where it fails by itself, Unsupported where it uses a framework in a way that is not supported.
    """
    until = time.process_time() + _ENOUGH_S
    for number, value in enumerate(_VALUES):
        if number >= _FIRST and time.process_time() > until:
            break
        wrong = _Wrong(value)
        wrong.__name__ = test.entry  # type: ignore[attr-defined]
        try:
            test.run(wrong, missing=wrong)
        except Unsupported:
            raise
        except BaseException as error:  # the test may raise anything
            if wrong.calls:
                return None
            raise Broken(f"the test fails before it calls {test.entry}: {described(error)}") from None
    return f"the test compares nothing that {test.entry} returns"


def described(error: BaseException) -> str:
    """Return class and message of an exception of a test, in one short line."""
    try:
        message = " ".join(str(error).split())[:200]
    except Exception:  # the test defines its __str__
        message = ""
    return f"{type(error).__name__}{': ' if message else ''}{message}"
