"""Replay of an assert-style test over a program's results, without the program."""

from __future__ import annotations

import builtins
import json
from collections import deque
from collections.abc import Callable
from typing import Any

from sandbox.inside import testrun, values
from sandbox.inside.result_proxies import Observed, ResultProxy
from sandbox.inside.testcode import call_line


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


def replay(code: Any, payload: bytes, emit: Callable[[bytes], None]) -> None:
    """Run a test over results and emit one line.

    The payload is {"test": base64 of `collect`, "calls": [line, ...], "results": [line, ...]}. The line is one of

    - {"passed": true}
    - {"failed": reason, "raised": whether an exception of a call ended the test}
    - {"more": [line, ...]}: the calls of the test, up to the first that has no result
    """
    job = values.parse(payload)
    parts = testrun.unpacked(job["test"])
    calls, results = job["calls"], job["results"]
    stand_in = _StandIn(calls[: len(results)], results)
    failed: BaseException | None = None

    def program(*args: Any, **kwargs: Any) -> Any:
        return stand_in.call(parts[0], args, kwargs)

    program.__name__ = program.__qualname__ = parts[0]

    try:
        with testrun.shapes_compared():
            testrun.run(parts, program)
    except BaseException as error:
        failed = error
    if stand_in.missing is not None:
        answer: dict[str, Any] = {"more": [*(calls[k] for k in stand_in.used), stand_in.missing]}
    elif stand_in.looked:
        answer = {"failed": stand_in.looked, "raised": False}
    elif failed is not None:
        answer = {"failed": testrun.failure_line(failed), "raised": failed is stand_in.raised}
    else:
        answer = {"passed": True}
    emit(json.dumps(answer).encode() + b"\n")
