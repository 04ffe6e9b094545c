"""Assert-style tests without the program: what they call and what they expect, and what they say of given results.

`collect` runs a test with a proxy in the program's place whose calls give probes. If the test ends well and did nothing with
a probe but compare it with plain values, then every program whose results equal those values takes the test through the same
path: calls and expected values are the whole test, whatever its form ("recorded"). Else ("replay") a second, lenient run
finds calls, and `player.replay` runs the test itself over a program's results. What can be run neither way is "weak".
No program is ever in the same process as these.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sandbox.inside import values
from sandbox.inside.digest import written
from sandbox.inside.probe import Observed, Probe, Soft
from sandbox.inside.testcode import Broken, TestCode, Weak, call_line

Emit = Callable[[bytes], None]

MAX_CALLS = 100_000
_NEGATIVE_S = 0.5  # CPU seconds for finding which differences decide; the others are replayed when they occur
_SLOW_S = 2.0  # CPU seconds of a test that makes large values: none is made again for that


class _Enough(BaseException):
    """The lenient run has made as many calls as are looked at."""


# -- collect ----------------------------------------------------------------------------------------------------------
def collect(code: Any, payload: bytes, emit: Emit) -> None:
    """payload {"entry": name, "starter": text, "setup": text, "test": text}. Emits lines, the first byte says what:
    `t` the compiled test (base64) for `replay`; `c` a call [name, args, kwargs]; `e` what is expected: {"k": call, "made": calls made until then,
    "decides": whether a difference there fails the test for certain, "v": value (or "h": digest)}. The last line is `recorded`, `replay`, or
    `weak` and why.
    """
    try:
        test = TestCode(values.parse(payload))
        plan = _recorded(test) or _replayed(test)
    except (Weak, Broken) as reason:
        emit(f"{'weak' if isinstance(reason, Weak) else 'broken'} {reason}\n".encode())
        return
    emit("".join(f"{line}\n" for line in plan).encode())


# -- a recorded plan --------------------------------------------------------------------------------------------------
class _Recorder:
    """Answers every comparison with "equal", and notes it."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.expected: list[tuple[int, int, str]] = []  # call, calls made until then, value
        self.seen: set[tuple[int, str]] = set()
        self.large: tuple[int, Any] = (
            -1,
            None,
        )  # the large value that a call was compared with last: often it is again
        self.clean = True

    def call(self, entry: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Probe:
        try:
            line = call_line(entry, args, kwargs)
        except values.Unencodable as error:
            if error.kind not in ("Probe", "Soft"):
                raise Weak(f"the test calls it with a {error.kind}") from None
            self.observed("argument")
            raise Observed("argument") from None
        if len(self.calls) >= MAX_CALLS:
            raise Weak(f"the test makes more than {MAX_CALLS} calls")
        self.calls.append(line)
        return Probe(self, len(self.calls) - 1)

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


def _plain(value: Any) -> str | None:
    """As `written`; None for what has another equality than plain values have."""
    try:
        line = written(value)
    except values.Unencodable:
        return None
    return None if '{"I":' in line or '{"a":' in line else line


class _Negative:
    """Says "different" at comparison `at`, "equal" before; anything that happens afterwards, except the same comparison, is noted."""

    def __init__(self, at: tuple[int, str]) -> None:
        self.at, self.made = at, 0
        self.tripped = self.later = False

    def call(self, *_: Any) -> Probe:
        self.later |= self.tripped
        self.made += 1
        return Probe(self, self.made - 1)

    def equals(self, call: int, other: Any) -> bool:
        if call == self.at[0] and _plain(other) == self.at[1]:
            self.tripped = True
            return False
        self.later |= self.tripped
        return True

    def observed(self, how: str) -> None:
        self.later = True


def _proxy(watcher: _Recorder | _Negative | _Finder, entry: str) -> Callable[..., Any]:
    return lambda *args, **kwargs: watcher.call(entry, args, kwargs)


def _recorded(test: TestCode) -> list[str] | None:
    """The lines of a recorded plan; None where the test is not one."""
    if not (test.plain and test.silent):
        return None
    recorder, start = _Recorder(), time.process_time()
    try:
        test.run(_proxy(recorder, test.entry))
    except Weak:
        raise
    except BaseException:  # the test did not end well with probes: it has to see results
        return None
    if not recorder.clean:
        return None
    if not recorder.calls:
        raise Weak(f"the test never calls {test.entry}")
    now = time.process_time()
    slow, until = now - start > _SLOW_S, now + _NEGATIVE_S
    lines = [f"t{test.packed()}", *(f"c{line}" for line in recorder.calls)]
    for call, made, line in recorder.expected:
        decides = time.process_time() < until and not (slow and line.startswith('"h"')) and _decides(test, (call, line))
        lines.append(f'e{{"k":{call},"made":{made},"decides":{"true" if decides else "false"},{line}}}')
    return [*lines, "recorded"]


def _decides(test: TestCode, at: tuple[int, str]) -> bool:
    """Whether the test fails, looking at nothing more, as soon as this comparison says "different"."""
    watcher = _Negative(at)
    try:
        test.run(_proxy(watcher, test.entry))
    except AssertionError:
        return watcher.tripped and not watcher.later
    except BaseException:
        return False
    return False


# -- finding calls ----------------------------------------------------------------------------------------------------
class _Finder:
    def __init__(self) -> None:
        self.calls: list[str] = []
        self.weak: Weak | None = None

    def call(self, entry: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Soft:
        if len(self.calls) >= MAX_CALLS:
            raise _Enough
        try:
            self.calls.append(call_line(entry, args, kwargs))
        except values.Unencodable as error:
            if error.kind not in ("Probe", "Soft"):
                self.weak = Weak(f"the test calls it with a {error.kind}")
                raise _Enough from None
        return Soft()


def _replayed(test: TestCode) -> list[str]:
    packed = test.packed()
    finder = _Finder()
    try:
        test.run(_proxy(finder, test.entry), test.soft())
    except Weak:
        raise
    except BaseException:  # what it found until then is what it found
        pass
    if finder.weak is not None:
        raise finder.weak
    return [f"t{packed}", *(f"c{line}" for line in finder.calls), "replay"]
