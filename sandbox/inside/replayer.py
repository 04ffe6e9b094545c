"""Replay of an assert-style test over a program's results, without the program."""

from __future__ import annotations

import base64
import builtins
import contextlib
import json
import marshal
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.inside import testcode, values
from sandbox.inside.result_proxies import Observed, ResultProxy
from sandbox.inside.testcode import call_line

_ASSERTIONS = ("assert_allclose", "assert_almost_equal", "assert_array_almost_equal", "assert_array_equal")


class _Opaque(ResultProxy):
    """A result that is not a plain value: the test may use its truth, and see that its class is not builtin."""

    __slots__ = ("truth",)

    def __init__(self, watcher: _StandIn, call: int, truth: bool) -> None:
        super().__init__(watcher, call)
        object.__setattr__(self, "truth", truth)

    def __bool__(self) -> bool:
        return object.__getattribute__(self, "truth") is True

    def __getattribute__(self, name: str) -> Any:
        return _Opaque if name == "__class__" else super().__getattribute__(name)


class _StandIn:
    """The stand-in for the program: returns its results, looked up by the call's line, first in, first out."""

    def __init__(self, calls: list[str], results: list[str]) -> None:
        self.results: dict[str, deque[tuple[int, str]]] = {}
        for k, (call, result) in enumerate(zip(calls, results, strict=True)):
            self.results.setdefault(call, deque()).append((k, result))
        self.used: list[int] = []
        self.missing: str | None = None
        self.raised: BaseException | None = None
        self.looked = ""

    def call(self, entry: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            line = call_line(entry, args, kwargs)
        except values.Unencodable as error:
            self.looked = f"a result that is no plain value is an argument again ({error.kind})"
            raise Observed("argument") from None
        waiting = self.results.get(line)
        if not waiting:
            self.missing = self.missing or line
            raise Observed("missing")
        k, text = waiting.popleft()
        self.used.append(k)
        result = values.parse(text)
        if "v" in result:
            return values.build(result["v"])
        if "x" in result:
            self.raised = _exception(result["x"], str(result.get("m", "")))
            raise self.raised
        return _Opaque(self, k, result.get("b") is True)

    def equals(self, call: int, other: Any) -> bool:
        self.observed("eq")
        return False

    def observed(self, how: str) -> None:
        self.looked = "a result is no plain value"


def _exception(names: list[str], message: str) -> BaseException:
    """Return an exception of the nearest builtin class, with the message.

    StopIteration and StopAsyncIteration are skipped: they would end a loop of the test silently.
    """
    for name in names:
        kind = getattr(builtins, str(name), None)
        if (
            isinstance(kind, type)
            and issubclass(kind, Exception)
            and not issubclass(kind, StopIteration | StopAsyncIteration)
        ):
            try:
                return kind(message)
            except TypeError:  # a class that takes more than a message
                continue
    return RuntimeError(message)


@contextlib.contextmanager
def _shapes_compared() -> Iterator[None]:
    """Make numpy treat values of different shapes as not close.

    Else `numpy.allclose([], 2.5)` is true, and one number is close to a list of numbers that equal it.
    """
    try:
        import numpy
        import numpy.testing
    except ImportError:  # then no test can use it
        yield
        return

    def strict(plain: Callable[..., Any]) -> Callable[..., Any]:
        return lambda a, b, *args, **kwargs: numpy.shape(a) == numpy.shape(b) and plain(a, b, *args, **kwargs)

    def demanding(plain: Callable[..., None]) -> Callable[..., None]:
        def check(actual: Any, desired: Any, *args: Any, **kwargs: Any) -> None:
            assert numpy.shape(actual) == numpy.shape(desired), (
                f"shape {numpy.shape(actual)} instead of {numpy.shape(desired)}"
            )
            plain(actual, desired, *args, **kwargs)

        return check

    changed = [(numpy, name, strict) for name in ("allclose", "isclose")] + [
        (numpy.testing, name, demanding) for name in _ASSERTIONS
    ]
    theirs = [(module, name, getattr(module, name)) for module, name, _ in changed]
    for module, name, wrap in changed:
        setattr(module, name, wrap(getattr(module, name)))
    try:
        yield
    finally:
        for module, name, plain in theirs:
            setattr(module, name, plain)


def replay(code: Any, payload: bytes, emit: Callable[[bytes], None]) -> None:
    """Run a test over results and emit one line.

    The payload is {"test": base64 of `collect`, "calls": [line, ...], "results": [line, ...]}. The line is one of

    - {"passed": true}
    - {"failed": reason, "raised": whether an exception of a call ended the test}
    - {"more": [line, ...]}: the calls of the test, up to the first that has no result
    """
    job = values.parse(payload)
    parts: testcode.Parts = marshal.loads(base64.b64decode(job["test"]))
    calls, results = job["calls"], job["results"]
    stand_in = _StandIn(calls[: len(results)], results)
    failed: BaseException | None = None

    def program(*args: Any, **kwargs: Any) -> Any:
        return stand_in.call(parts[0], args, kwargs)

    try:
        with _shapes_compared():
            testcode.run(parts, program)
    except BaseException as error:
        failed = error
    if stand_in.missing is not None:
        answer: dict[str, Any] = {"more": [*(calls[k] for k in stand_in.used), stand_in.missing]}
    elif stand_in.looked:
        answer = {"failed": stand_in.looked, "raised": False}
    elif failed is not None:
        answer = {"failed": _describe(failed), "raised": failed is stand_in.raised}
    else:
        answer = {"passed": True}
    emit(json.dumps(answer).encode() + b"\n")


def _describe(error: BaseException) -> str:
    """Return class, message and line of the test of an exception, in one short line."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in ("setup.py", "test.py"):
            line = trace.tb_lineno
        trace = trace.tb_next
    try:
        message = str(error)[:200]
    except Exception:  # the test defines its __str__, or it holds values that are too large to be shown
        message = ""
    return f"{type(error).__name__}{': ' if message else ''}{message}" + (f" (line {line} of the test)" if line else "")
