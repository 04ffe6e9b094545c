"""Preparation of an assert-style test without the program: finds its calls and the values that it expects.

`collect` runs the test with a function in the program's place whose calls return proxies. Where the test ends well and
only compares proxies with plain values, every program with these values as results takes the test through the same
path: the calls and the expected values replace the test, whatever its form ("recorded"). Else a second, lenient run
finds calls, and `replayer.replay` runs the test itself over a program's results ("replay"). A test for which neither
is possible speaks with the program while it runs ("apart"); one that no program can pass is "broken". Of a test that no
wrong program fails, the last line says that it is "idle". No program ever runs in the same process as this code.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from sandbox.inside import values
from sandbox.inside.digest import result_field
from sandbox.inside.pytest_stub import Unsupported
from sandbox.inside.result_proxies import LenientProxy, Observed, ResultProxy
from sandbox.inside.testcode import Broken, Inseparable, TestCode, call_line
from sandbox.inside.wrong_programs import described, review

Emit = Callable[[bytes], None]

MAX_CALLS = 100_000
_DECIDES_S = 0.5  # CPU seconds for finding which differences decide; the others are replayed when they occur
_OWN_ERROR = 100  # the most comparisons of a test whose own error is looked for
_CHANGES = "the test looks at arguments that the program has to change"
_SLOW_S = 2.0  # a test that takes more CPU seconds does not run again for comparisons with large values


class _Enough(BaseException):
    """The end of a lenient run that has made enough calls."""


# -- collect -----------------------------------------------------------------------------------------------------
def collect(code: Any, payload: bytes, emit: Emit) -> None:
    """Prepare a test and emit it as lines.

    The payload is {"entry": name, "starter": text, "setup": text, "test": text}. The first byte of a line is its kind:

    - t: the compiled test, for `replay` and `apart`
    - c: a call [name, args, kwargs]
    - e: a comparison {"k": call, "made": calls made by then, "decides": whether a difference is sure to fail the test,
      "v": value (or "h": digest)}
    - m: the names that only the program defines, for `apart.judge`

    The last line is `recorded`, `replay`, or `apart` or `broken` with the reason. Another follows where a review of the
    test finds it broken, or idle: the review comes after all else, since a test can end the process.
    """
    try:
        test = TestCode(values.parse(payload))
        try:
            lines = _separated(test)
        except Inseparable as reason:
            lines = [f"t{test.packed()}", f"m{json.dumps(test.missing)}", f"apart {_one_line(reason)}"]
        emit("".join(f"{line}\n" for line in lines).encode())
        if not any(line.startswith("e") and '"decides":true' in line for line in lines) and (why := review(test)):
            emit(f"idle {_one_line(why)}\n".encode())
    except (Broken, Unsupported) as reason:
        emit(f"broken {_one_line(reason)}\n".encode())


def _one_line(reason: object) -> str:
    return " ".join(str(reason).split())


def _separated(test: TestCode) -> list[str]:
    """Return the lines of a test that needs no program to run."""
    if test.missing:
        raise Inseparable(f"the test uses {', '.join(test.missing)}, which only the program defines")
    if test.shared:
        raise Inseparable("the test may write files for the program")
    return _recorded(test) or _replayed(test)


# -- recorded tests ----------------------------------------------------------------------------------------------
class _Recorder:
    """A watcher of proxies that records every comparison and answers "equal"."""

    def __init__(self, changing: bool) -> None:
        self.changing = changing
        self.calls: list[str] = []
        self.expected: list[tuple[int, int, str]] = []  # call, calls made until then, value
        self.seen: set[tuple[int, str]] = set()
        self.large: tuple[int, Any] = (-1, None)  # the last call and large value: often they are compared again
        self.clean = True
        self.can_change = False  # some call can change an argument

    def call(self, entry: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> ResultProxy:
        try:
            line = call_line(entry, args, kwargs)
        except values.Unencodable as error:
            if error.kind not in ("ResultProxy", "LenientProxy"):
                raise Inseparable(f"the test calls it with a {error.kind}") from None
            self.observed("argument")
            raise Observed("argument") from None
        self.can_change |= _can_change(args, kwargs)
        if self.changing and self.can_change:
            raise Inseparable(_CHANGES)
        if len(self.calls) >= MAX_CALLS:
            raise Inseparable(f"the test makes more than {MAX_CALLS} calls")
        self.calls.append(line)
        return ResultProxy(self, len(self.calls) - 1)

    def equals(self, call: int, other: Any) -> bool:
        if self.large[0] == call and self.large[1] is other:
            return True
        line = _plain(other)
        if line is None:
            self.observed("eq")
            raise Observed("eq")
        if line.startswith('"h"'):
            self.large = (call, other)
        if (call, line) not in self.seen:
            self.seen.add((call, line))
            self.expected.append((call, len(self.calls), line))
        return True

    def observed(self, how: str) -> None:
        self.clean = False


def _can_change(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Return whether a call can change an argument."""
    return any(type(x) in values.MUTABLE for x in (*args, *kwargs.values()))


def _plain(value: Any) -> str | None:
    """Return the `result_field` of a value, or None where it does not compare as plain values do."""
    try:
        line = result_field(value)
    except values.Unencodable:
        return None
    return None if '{"I":' in line or '{"a":' in line else line


class _Contradictor:
    """A watcher that answers "different" at the comparison `at` and "equal" before it.

    later: something happened after the first such answer, other than the same comparison.
    """

    def __init__(self, at: tuple[int, str]) -> None:
        self.at, self.made = at, 0
        self.tripped = self.later = False

    def call(self, *_: Any) -> ResultProxy:
        self.later |= self.tripped
        self.made += 1
        return ResultProxy(self, self.made - 1)

    def equals(self, call: int, other: Any) -> bool:
        if call == self.at[0] and _plain(other) == self.at[1]:
            self.tripped = True
            return False
        self.later |= self.tripped
        return True

    def observed(self, how: str) -> None:
        self.later = True


def _proxy(watcher: _Recorder | _Contradictor | _Finder, entry: str) -> Callable[..., Any]:
    def program(*args: Any, **kwargs: Any) -> Any:
        return watcher.call(entry, args, kwargs)

    program.__name__ = program.__qualname__ = entry
    return program


def _recorded(test: TestCode) -> list[str] | None:
    """Return the lines of a recorded test, or None where it cannot be recorded."""
    if not (test.plain and test.silent):
        return None
    recorder, start = _Recorder(test.changing), time.process_time()
    try:
        test.run(_proxy(recorder, test.entry))
    except (Inseparable, Unsupported):
        raise
    except BaseException as error:  # the test did not end well with proxies: it needs results
        by_stand_in = isinstance(error, TypeError) and ResultProxy.__name__ in str(error)  # of a function written in C
        quick = time.process_time() - start < _SLOW_S
        if recorder.clean and not by_stand_in and quick and _fails_by_itself(test, recorder):
            if test.later and recorder.can_change:
                raise Inseparable(_CHANGES) from None
            raise Broken(f"the test itself fails, whatever the program returns: {described(error)}") from None
        return None
    if not recorder.clean:
        return None
    now = time.process_time()
    slow, until = now - start > _SLOW_S, now + _DECIDES_S
    lines = [f"t{test.packed()}", *(f"c{line}" for line in recorder.calls)]
    for call, made, line in recorder.expected:
        decides = time.process_time() < until and not (slow and line.startswith('"h"')) and _decides(test, (call, line))
        lines.append(f'e{{"k":{call},"made":{made},"decides":{"true" if decides else "false"},{line}}}')
    return [*lines, "recorded"]


def _fails_by_itself(test: TestCode, recorder: _Recorder) -> bool:
    """Return whether a test that raises where every result is as it wants also fails where one is not.

    Nothing looked at a result otherwise, and nothing catches an exception of a call: then no program passes it.
    """
    compared = recorder.expected
    return bool(recorder.calls) and len(compared) <= _OWN_ERROR and all(_decides(test, (k, v)) for k, _, v in compared)


def _decides(test: TestCode, at: tuple[int, str]) -> bool:
    """Return whether the test fails, without another call or comparison, where this comparison gives "different"."""
    watcher = _Contradictor(at)
    try:
        test.run(_proxy(watcher, test.entry))
    except AssertionError:
        return watcher.tripped and not watcher.later
    except BaseException:
        return False
    return False


# -- replayed tests ----------------------------------------------------------------------------------------------
class _Finder:
    """The lenient run's stand-in for the program: records calls and returns proxies that go along with everything."""

    def __init__(self, changing: bool) -> None:
        self.changing = changing
        self.calls: list[str] = []
        self.inseparable: Inseparable | None = None

    def call(self, entry: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> LenientProxy:
        if len(self.calls) >= MAX_CALLS:
            raise _Enough
        if self.changing and _can_change(args, kwargs):
            self.inseparable = Inseparable(_CHANGES)
            raise _Enough
        try:
            self.calls.append(call_line(entry, args, kwargs))
        except values.Unencodable as error:
            if error.kind not in ("ResultProxy", "LenientProxy"):
                self.inseparable = Inseparable(f"the test calls it with a {error.kind}")
                raise _Enough from None
        return LenientProxy(self.needed)

    def needed(self, name: str) -> None:
        self.inseparable = Inseparable(f"the test uses {name} of a result")


def _replayed(test: TestCode) -> list[str]:
    """Return the lines of a test that is replayed, with the calls that a lenient run finds."""
    packed = test.packed()
    finder = _Finder(test.changing)
    try:
        test.run(_proxy(finder, test.entry), test.soft())
    except (Inseparable, Unsupported):
        raise
    except BaseException:  # the calls until then are kept
        pass
    if finder.inseparable is not None:
        raise finder.inseparable
    return [f"t{packed}", *(f"c{line}" for line in finder.calls), "replay"]
