"""A review of a test: whether it judges anything that the program made.

It runs against stand-ins for wrong programs, each of which returns one value whatever it is asked. A test that none of
them fails is idle: it accepts every program. A failure by the type of a value (`f(1) + 1` of a text) does not count
where a value of another type passes. A test that fails before it calls the program is broken: it fails every one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from opcode import opmap
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


#: What a test raises over a stand-in for a name that only the program defines and that is no function.
_BY_STAND_IN = (AssertionError, AttributeError, TypeError)


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
    until, passed = time.process_time() + _ENOUGH_S, False
    for number, value in enumerate(_VALUES):
        if number >= _FIRST and time.process_time() > until:
            break
        wrong = _Wrong(value)
        wrong.__name__ = test.entry  # type: ignore[attr-defined]
        try:
            test.run(wrong, missing=wrong)
            passed = True
        except Unsupported:
            raise
        except BaseException as error:  # the test may raise anything
            by_type = isinstance(error, TypeError | AttributeError) and not _on_purpose(error)
            if wrong.calls and by_type and not test.missing:  # a class is asked for more than a value
                continue
            if wrong.calls or (test.missing and isinstance(error, _BY_STAND_IN)):
                return None
            raise Broken(f"the test fails before it calls {test.entry}: {described(error)}") from None
    return f"the test compares nothing that {test.entry} returns" if passed else None


def _on_purpose(error: BaseException) -> bool:
    """Return whether a statement `raise` of the test raised an exception."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or trace.tb_frame.f_code.co_filename not in ("setup.py", "test.py"):
        return False
    return trace.tb_frame.f_code.co_code[trace.tb_lasti] == opmap["RAISE_VARARGS"]


def described(error: BaseException) -> str:
    """Return class and message of an exception of a test, in one short line."""
    try:
        message = " ".join(str(error).split())[:200]
    except Exception:  # the test defines its __str__
        message = ""
    return f"{type(error).__name__}{': ' if message else ''}{message}"
