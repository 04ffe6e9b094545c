"""Assert-style tests: the program makes the calls in one slot, the test judges the results in another or is not needed at all.

A test is prepared once (`inside/tester.py`): its calls, and, where equality with plain values is all that it asks of them, the
expected values ("recorded"). A program whose results are the expected ones is right. Where they are not, the test may still be
content (a tolerance, an `or`): unless it is known that this difference fails it, the test itself is run over the results
("replay"), without the program. Tests that cannot be had apart from the program run beside it: trust is weak.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass

from sandbox import compare
from sandbox.errors import SandboxError
from sandbox.job import Job, Limits, Result, Status
from sandbox.plans import TEST_LIMITS, Expected, Plan, payload_of, plans_of, run_test_code
from sandbox.problem import Problem
from sandbox.runner import CLOCK, KINDS, Meter, describe, waited
from sandbox.verdict import Kind

_ROUNDS = 16  # of a replay that finds further calls


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one test."""

    kind: Kind
    detail: str = ""
    weak: bool = False
    wall_limit: bool = False


def judge(problem: Problem, test: str, program: bytes, meter: Meter, limits: Limits) -> Outcome:
    """One test of a program. SandboxError where no slot could run it."""
    plan = plans_of(meter.runner).get(problem, test, meter.runner)
    if plan.kind == "broken":
        raise SandboxError(f"{plan.why}: mend the data or drop the problem")
    if plan.kind == "weak":
        return _together(problem, test, program, meter, limits)
    result = meter.run(Job("calls", program, plan.payload, limits=limits))
    lines = result_lines(result.results, len(plan.calls))
    if plan.kind == "recorded":
        outcome = _recorded(plan, result, lines)
        if outcome is not None:
            return outcome
        if any(what(line) == b'"h":' for line in lines):
            result = meter.run(Job("calls", program, payload_of(plan.calls, full=True), limits=limits))
            lines = result_lines(result.results, len(plan.calls))
    if (outcome := ended(result, lines, len(plan.calls))) is not None:
        return outcome
    return _replay(plan, lines, program, meter, limits)


def result_lines(results: bytes, calls: int) -> list[bytes]:
    """The lines of calls 0, 1, ... as far as they are in order: what a program has forged may be anything."""
    lines = results.split(b"\n", calls)[:calls]
    for k, line in enumerate(lines):
        if not (line.startswith(b'{"i":%d,' % k) and line.endswith(b"}") and line.isascii()):
            return lines[:k]
    return lines


def ended(result: Result, lines: list[bytes], calls: int) -> Outcome | None:
    """None where the program ended well and has a result for every call."""
    if result.status is not Status.OK:
        return Outcome(KINDS[result.status], describe(result), wall_limit=result.status in CLOCK)
    if len(lines) < calls:
        return Outcome(Kind.WRONG, f"it ended after {len(lines)} of {calls} calls")
    return None


def _recorded(plan: Plan, result: Result, lines: list[bytes]) -> Outcome | None:
    """By the expected values alone, in the order in which the test looks; None where only the test itself can tell."""
    stop = ended(result, lines, len(plan.calls))
    raised = next((k for k, line in enumerate(lines) if what(line) == b'"x":'), len(lines))
    undecided = False
    for expected in plan.expected:
        if raised < expected.made:
            break
        try:
            different = _difference(lines[expected.call], expected)
        except compare.BoolForNumber:
            return Outcome(Kind.WRONG, f"call {expected.call + 1}: a bool where a number is expected")
        if different is not None and not undecided:
            if expected.decides:
                return Outcome(Kind.WRONG, f"call {expected.call + 1}: {different}")
            undecided = True
    if undecided:
        return stop
    if raised < len(lines):
        return Outcome(Kind.RUNTIME_ERROR, f"call {raised + 1}: {exception(lines[raised])}")
    return stop or Outcome(Kind.ACCEPTED)


def what(line: bytes) -> bytes:
    """The key of a call's line: v, h, x or u, in quotes and with its colon."""
    start = line.index(b",") + 1
    return line[start : start + 4]


def _difference(line: bytes, expected: Expected) -> str | None:
    start = line.index(b",") + 1
    if line[start:] == expected.rest and b'"nan"' not in expected.rest:
        return None
    given, value = line[start : start + 4], line[start + 4 : -1]
    wanted, want = expected.rest[:4], expected.rest[4:-1]
    if given == b'"u":':
        return no_value(line)
    if given == wanted == b'"v":':
        return compare.value(value, want)
    if given == wanted == b'"h":' and len(value) < 1000:
        try:
            return compare.digest(json.loads(value), expected.tree["h"])
        except (ValueError, TypeError, RecursionError, LookupError):
            return "no value"
    return "a value of another size than the expected one"


def no_value(line: bytes) -> str:
    """For a line that says u: of which type."""
    try:
        return f"a value of type {json.loads(line[:4096])['u']}, which is no plain value"
    except (ValueError, TypeError, LookupError, RecursionError):
        return "no plain value"


def exception(line: bytes) -> str:
    """Class and message of what a call raised, as far as the line can be read."""
    try:
        tree = json.loads(line[:4096])
        return f"{tree['x'][0]}: {tree['m']}"[:300]
    except (ValueError, TypeError, LookupError, RecursionError):
        return "an exception"


def _replay(plan: Plan, lines: list[bytes], program: bytes, meter: Meter, limits: Limits) -> Outcome:
    """What the test says of these results. It never ends beside the program: whether a test can be had apart from it is for the test alone to say,
    else a program could choose to be trusted."""
    calls = plan.calls
    for _ in range(_ROUNDS):
        fields = {"test": plan.test, "calls": [c.decode() for c in calls], "results": [line.decode() for line in lines]}
        job = Job("replay", None, json.dumps(fields).encode(), limits=TEST_LIMITS)
        result = run_test_code(meter.runner, job)
        if waited(result, job):
            raise SandboxError("test code met its wall limit twice with little CPU time used: the machine is too busy")
        if result.status is not Status.OK:
            return Outcome(Kind.WRONG, f"the test could not deal with the results: {describe(result)}")
        try:
            answer = json.loads(result.results)
            if "passed" in answer:
                return Outcome(Kind.ACCEPTED)
            if "failed" in answer:
                return Outcome(Kind.RUNTIME_ERROR if answer["raised"] else Kind.WRONG, str(answer["failed"]))
            calls = _with(calls, tuple(c.encode() for c in answer["more"]))
        except (
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
        ) as error:  # the program is not there: the test itself wrote into it
            raise SandboxError(
                f"the test writes where its own verdict is said ({type(error).__name__}): mend the data or drop the problem"
            ) from error
        run = meter.run(Job("calls", program, payload_of(calls, full=True), limits=limits))
        lines = result_lines(run.results, len(calls))
        if (outcome := ended(run, lines, len(calls))) is not None:
            return outcome
    return Outcome(Kind.WRONG, f"after {_ROUNDS} runs its results still lead the test to other calls")


def _with(calls: tuple[bytes, ...], used: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The calls that the test was seen to make, then those that it may make."""
    rest = list(calls)
    for call in used:
        if call in rest:
            rest.remove(call)
    return (*used, *rest)


def _together(problem: Problem, test: str, program: bytes, meter: Meter, limits: Limits) -> Outcome:
    mark = secrets.token_hex(16)
    payload = json.dumps({"source": f"{problem.setup_code}\n{test}", "mark": mark}).encode()
    result = meter.run(Job("together", program, payload, limits=limits))
    if result.status is Status.EXIT and result.stderr[-4096:].strip().rsplit(b"\n", 1)[-1].startswith(
        b"AssertionError"
    ):
        return Outcome(Kind.WRONG, describe(result), weak=True)
    if result.status is not Status.OK:
        return Outcome(KINDS[result.status], describe(result), weak=True, wall_limit=result.status in CLOCK)
    if result.results.rstrip() != b'"%s"' % mark.encode():
        return Outcome(Kind.WRONG, "it ended before the test did", weak=True)
    return Outcome(Kind.ACCEPTED, weak=True)
