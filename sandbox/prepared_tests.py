"""Preparation of assert-style tests: each test is prepared once and kept for all programs."""

from __future__ import annotations

import hashlib
import json
import threading
import weakref
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from sandbox.job import Job, Limits, Result, Status
from sandbox.problem import Problem
from sandbox.runner import Runner, describe, should_retry

#: Limits of test code, which runs without the program. The heaviest test of MBPP+ needs 1.2 GB.
TEST_LIMITS = Limits(cpu_s=60.0, memory_mb=2048)
_KEPT_BYTES = 256 << 20  # size of all prepared tests that are kept for a runner


@dataclass(frozen=True, slots=True)
class ExpectedResult:
    """A comparison that a test makes: the result of call `call` with a plain value.

    made: number of calls that the test has made by then.
    decides: a difference here is sure to fail the test.
    rest: the end of a result's line that holds the same value.
    tree: the parsed value, under the key v (value) or h (digest).
    """

    call: int
    made: int
    decides: bool
    rest: bytes
    tree: dict[str, Any]


@dataclass(frozen=True)
class PreparedTest:
    """A test in the form in which it is graded; see `asserts.py` for the kinds.

    why: reason for the kinds "apart" and "broken" (no program can pass a broken test).
    calls: the test's calls, each JSON [name, args, kwargs].
    test: the compiled test, opaque.
    missing: names that only the program defines, of a test of kind "apart".
    idle: why the test accepts every program that does not raise, or whatever it returns; empty where it judges.
    """

    kind: Literal["recorded", "replay", "apart", "broken"]
    why: str = ""
    calls: tuple[bytes, ...] = ()
    expected: tuple[ExpectedResult, ...] = ()
    test: str = ""
    missing: tuple[str, ...] = ()
    idle: str = ""

    @cached_property
    def payload(self) -> bytes:
        """Return the payload of the program's job."""
        return calls_payload(self.calls, full=self.kind == "replay")

    @property
    def size(self) -> int:
        """Return the approximate size in bytes."""
        return 1000 + len(self.test) + 2 * sum(map(len, self.calls)) + sum(2 * len(e.rest) + 500 for e in self.expected)


def calls_payload(calls: tuple[bytes, ...], full: bool) -> bytes:
    """Return the payload of the mode `calls`; `full`: large results come as values, not as digests."""
    return b'{"full":%s,"calls":[%s]}' % (b"true" if full else b"false", b",".join(calls))


@dataclass(slots=True)
class PreparedTests:
    """The prepared tests of one runner that were used last. They contain code compiled by the Python of its slots.

    Safe from any thread; a test is prepared once.
    """

    _tests: OrderedDict[bytes, PreparedTest] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _preparing: tuple[threading.Lock, ...] = field(default_factory=lambda: tuple(threading.Lock() for _ in range(64)))

    def get(self, problem: Problem, test: str, runner: Runner) -> PreparedTest:
        """Return the prepared test. Raises SandboxError where no slot could prepare it."""
        source = {
            "entry": problem.entry_point,
            "starter": problem.starter_code,
            "setup": problem.setup_code,
            "test": test,
        }
        payload = json.dumps(source).encode()
        key = hashlib.sha256(payload).digest()
        with self._preparing[key[0] % len(self._preparing)]:
            with self._lock:
                if (prepared := self._tests.get(key)) is not None:
                    self._tests.move_to_end(key)
                    return prepared
            prepared, keep = _prepare(payload, runner)
            if keep:
                with self._lock:
                    self._tests[key] = prepared
                    self._bytes += prepared.size
                    while self._bytes > _KEPT_BYTES and len(self._tests) > 1:
                        self._bytes -= self._tests.popitem(last=False)[1].size
            return prepared


_OF_RUNNERS: weakref.WeakKeyDictionary[Runner, PreparedTests] = weakref.WeakKeyDictionary()
_OF_RUNNERS_LOCK = threading.Lock()


def prepared_tests_of(runner: Runner) -> PreparedTests:
    """Return the prepared tests of a runner, none at first."""
    with _OF_RUNNERS_LOCK:
        return _OF_RUNNERS.setdefault(runner, PreparedTests())


def _prepare(payload: bytes, runner: Runner) -> tuple[PreparedTest, bool]:
    """Return a prepared test, and whether another attempt would give the same."""
    job = Job("collect", None, payload, limits=TEST_LIMITS)
    result = run_test_code(runner, job)
    try:
        return _parse(result.results), True  # it may have ended badly after that, in the review
    except (ValueError, KeyError, TypeError, IndexError) as error:  # the test itself wrote to the results
        why = f"{type(error).__name__}: {error}" if result.status is Status.OK else describe(result)
        return PreparedTest("broken", f"preparing the test: {why}"), result.status is not Status.WALL_LIMIT


def run_test_code(runner: Runner, job: Job) -> Result:
    """Run test code, a second time where the first met its wall limit with little CPU time used."""
    result = runner.tests(job)
    return runner.tests(job) if should_retry(result, job) else result


def _parse(results: bytes) -> PreparedTest:
    """Return the test in the lines that `inside/collector.py` emits."""
    *lines, last = results.rstrip(b"\n").split(b"\n")
    kind, _, why = last.decode("utf-8", "replace").partition(" ")
    if kind == "idle":
        return replace(_parse(b"\n".join(lines)), idle=why)
    if kind == "broken":
        return PreparedTest("broken", why)
    calls, expected, test, missing = [], [], "", list[str]()
    for line in lines:
        tag, body = line[:1], line[1:]
        if tag == b"c":
            calls.append(body)
        elif tag == b"e":
            tree = json.loads(body)
            rest = body[body.index(b'"v":' if "v" in tree else b'"h":') :]
            expected.append(
                ExpectedResult(tree.pop("k"), tree.pop("made"), tree.pop("decides"), rest, {} if "v" in tree else tree)
            )
        elif tag == b"t":
            test = body.decode()
        elif tag == b"m":
            missing = json.loads(body)
    if not test:
        raise ValueError("no test in it")
    if kind == "recorded":
        return PreparedTest("recorded", "", tuple(calls), tuple(expected), test)
    if kind == "apart":
        return PreparedTest("apart", why, test=test, missing=tuple(missing))
    if kind == "replay":
        return PreparedTest("replay", "", tuple(calls), (), test)
    raise ValueError(f"unknown end {kind[:40]!r}")
