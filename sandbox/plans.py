"""How assert-style tests are judged: each is prepared once, and kept."""

from __future__ import annotations

import hashlib
import json
import threading
import weakref
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from sandbox.job import Job, Limits, Result, Status
from sandbox.problem import Problem
from sandbox.runner import Runner, describe, waited

TEST_LIMITS = Limits(
    cpu_s=60.0, memory_mb=2048
)  # of test code, which runs without the program; the heaviest test of MBPP+ needs 1.2 GB
_PLAN_BYTES = 256 << 20  # kept of all plans


@dataclass(frozen=True, slots=True)
class Expected:
    """Result `call` is compared with this when `made` calls have been made; `decides`: a difference fails the test. `rest`: the end of a
    result's line that is the same value; `tree` it parsed, with a key v or h.
    """

    call: int
    made: int
    decides: bool
    rest: bytes
    tree: dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """How one test is judged. `calls`: JSON [name, args, kwargs]. `test`: it compiled, opaque, for replay."""

    kind: Literal["recorded", "replay", "weak", "broken"]
    why: str = ""
    calls: tuple[bytes, ...] = ()
    expected: tuple[Expected, ...] = ()
    test: str = ""

    @cached_property
    def payload(self) -> bytes:
        """Of the program's job."""
        return payload_of(self.calls, full=self.kind == "replay")

    @property
    def size(self) -> int:
        """Bytes, roughly."""
        return 1000 + len(self.test) + 2 * sum(map(len, self.calls)) + sum(2 * len(e.rest) + 500 for e in self.expected)


def payload_of(calls: tuple[bytes, ...], full: bool) -> bytes:
    return b'{"full":%s,"calls":[%s]}' % (b"true" if full else b"false", b",".join(calls))


@dataclass(slots=True)
class Plans:
    """Those used last, of one runner (they hold code compiled by its Python). Safe from any thread; a test is prepared once."""

    _plans: OrderedDict[bytes, Plan] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _preparing: tuple[threading.Lock, ...] = field(default_factory=lambda: tuple(threading.Lock() for _ in range(64)))

    def get(self, problem: Problem, test: str, runner: Runner) -> Plan:
        """SandboxError where no slot could prepare it."""
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
                if (plan := self._plans.get(key)) is not None:
                    self._plans.move_to_end(key)
                    return plan
            plan, keep = _prepare(payload, runner)
            if keep:
                with self._lock:
                    self._plans[key] = plan
                    self._bytes += plan.size
                    while self._bytes > _PLAN_BYTES and len(self._plans) > 1:
                        self._bytes -= self._plans.popitem(last=False)[1].size
            return plan


_PLANS: weakref.WeakKeyDictionary[Runner, Plans] = weakref.WeakKeyDictionary()
_PLANS_LOCK = threading.Lock()


def plans_of(runner: Runner) -> Plans:
    with _PLANS_LOCK:
        return _PLANS.setdefault(runner, Plans())


def _prepare(payload: bytes, runner: Runner) -> tuple[Plan, bool]:
    """A plan, and whether another try would give the same."""
    job = Job("collect", None, payload, limits=TEST_LIMITS)
    result = run_test_code(runner, job)
    if result.status is not Status.OK:
        return Plan("weak", f"preparing the test: {describe(result)}"), result.status is not Status.WALL_LIMIT
    try:
        return _plan(result.results), True
    except (ValueError, KeyError, TypeError, IndexError) as error:  # the test wrote into it
        return Plan("weak", f"preparing the test: {type(error).__name__}: {error}"), True


def run_test_code(runner: Runner, job: Job) -> Result:
    result = runner.tests(job)
    return runner.tests(job) if waited(result, job) else result


def _plan(results: bytes) -> Plan:
    *lines, last = results.rstrip(b"\n").split(b"\n")
    kind, _, why = last.decode("utf-8", "replace").partition(" ")
    if kind in ("weak", "broken"):
        return Plan("weak" if kind == "weak" else "broken", why)
    calls, expected, test = [], [], ""
    for line in lines:
        what, body = line[:1], line[1:]
        if what == b"c":
            calls.append(body)
        elif what == b"e":
            tree = json.loads(body)
            rest = body[body.index(b'"v":' if "v" in tree else b'"h":') :]
            expected.append(
                Expected(tree.pop("k"), tree.pop("made"), tree.pop("decides"), rest, {} if "v" in tree else tree)
            )
        elif what == b"t":
            test = body.decode()
    if kind in ("recorded", "replay") and not test:
        raise ValueError("no test in it")
    if kind == "recorded":
        return Plan("recorded", "", tuple(calls), tuple(expected), test)
    if kind == "replay":
        return Plan("replay", "", tuple(calls), (), test)
    raise ValueError(f"unknown end {kind[:40]!r}")
