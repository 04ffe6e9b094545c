"""Grading of assert-style tests. The program makes the calls in one slot; the test runs in another, or not at all.

Each test is prepared once, without the program (`prepared_tests.py`, `inside/collector.py`), in one of three ways:

- "recorded": the test only compares results with plain values, so its calls and the expected values replace it. A
  program with these results is right. One with other results may still pass the test (a tolerance, an `or`): unless
  the difference is known to fail the test, the test is replayed.
- "replay": the test itself runs over the program's results in a slot of its own (`inside/replayer.py`).
- "apart": the calls cannot be known before the test runs (it uses other names of the program, or passes functions or
  objects): test and program run in two processes that speak with one another (`inside/apart.py`).

A test that fails by itself is "broken": nobody is judged by it. Nor is anybody where all tests are idle, that is accept
every program; beside others, an idle test only finds programs that raise or do not end.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from sandbox import compare
from sandbox.errors import SandboxError
from sandbox.job import Job, Limits, Result, Status
from sandbox.prepared_tests import (
    TEST_LIMITS,
    ExpectedResult,
    PreparedTest,
    calls_payload,
    prepared_tests_of,
    run_test_code,
)
from sandbox.problem import Problem
from sandbox.runner import CLOCK_LIMITS, KIND_OF_STATUS, Meter, Runner, describe, should_retry
from sandbox.verdict import Kind

_OWN_WORD = "the test writes where its own verdict is said ({}): mend the data or drop the problem"
_ROUNDS = 16  # the most times that a replay may find further calls


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one test.

    weak: it was passed with an operator of the program's own objects, which can say whatever the test wants.
    idle: the test judges nothing, so that passing it means nothing.
    """

    kind: Kind
    detail: str = ""
    weak: bool = False
    wall_limit: bool = False
    idle: bool = False


def refuse_idle(problem: Problem, runner: Runner) -> None:
    """Raise SandboxError where no test of a problem judges anything."""
    reasons = []
    for test in problem.tests:
        prepared = prepared_tests_of(runner).get(problem, test, runner) if isinstance(test, str) else None
        if prepared is None or not prepared.idle:
            return
        reasons.append(prepared.idle)
    raise SandboxError(f"{reasons[0]}: every program would be accepted; mend the data or drop the problem")


def grade_test(problem: Problem, test: str, program: bytes, meter: Meter, limits: Limits) -> Outcome:
    """Grade a program on one test. Raises SandboxError where no slot could run it."""
    prepared = prepared_tests_of(meter.runner).get(problem, test, meter.runner)
    if prepared.kind == "broken":
        raise SandboxError(f"{prepared.why}: mend the data or drop the problem")
    return replace(_outcome(prepared, problem, test, program, meter, limits), idle=bool(prepared.idle))


def _outcome(
    prepared: PreparedTest, problem: Problem, test: str, program: bytes, meter: Meter, limits: Limits
) -> Outcome:
    if prepared.kind == "apart":
        return _apart(prepared, problem, test, program, meter, limits)
    result = meter.run(Job("calls", program, prepared.payload, limits=limits))
    lines = result_lines(result.results, len(prepared.calls))
    if prepared.kind == "recorded":
        outcome = _recorded(prepared, result, lines)
        if outcome is not None:
            return outcome
        if any(line_kind(line) == b'"h":' for line in lines):
            result = meter.run(Job("calls", program, calls_payload(prepared.calls, full=True), limits=limits))
            lines = result_lines(result.results, len(prepared.calls))
    if (outcome := failure(result, lines, len(prepared.calls))) is not None:
        return outcome
    return _replay(prepared, lines, program, meter, limits)


def result_lines(results: bytes, calls: int) -> list[bytes]:
    """Return the lines of calls 0, 1, ... up to the first that is malformed: a program can write anything here."""
    lines = results.split(b"\n", calls)[:calls]
    for k, line in enumerate(lines):
        if not (line.startswith(b'{"i":%d,' % k) and line.endswith(b"}") and line.isascii()):
            return lines[:k]
    return lines


def failure(result: Result, lines: list[bytes], calls: int) -> Outcome | None:
    """Return the outcome of a program that failed or has too few results, else None."""
    if result.status is not Status.OK:
        return Outcome(KIND_OF_STATUS[result.status], describe(result), wall_limit=result.status in CLOCK_LIMITS)
    if len(lines) < calls:
        return Outcome(Kind.WRONG, f"it ended after {len(lines)} of {calls} calls")
    return None


def _recorded(prepared: PreparedTest, result: Result, lines: list[bytes]) -> Outcome | None:
    """Grade by the expected values, in the order of the test's comparisons; None where only a replay can decide."""
    stop = failure(result, lines, len(prepared.calls))
    raised = next((k for k, line in enumerate(lines) if line_kind(line) == b'"x":'), len(lines))
    undecided = False
    for expected in prepared.expected:
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
        return Outcome(Kind.RUNTIME_ERROR, f"call {raised + 1}: {exception_message(lines[raised])}")
    return stop or Outcome(Kind.ACCEPTED)


def line_kind(line: bytes) -> bytes:
    """Return the kind of a call's line: `"v":`, `"h":`, `"x":` or `"u":`."""
    start = line.index(b",") + 1
    return line[start : start + 4]


def _difference(line: bytes, expected: ExpectedResult) -> str | None:
    start = line.index(b",") + 1
    if line[start:] == expected.rest and b'"nan"' not in expected.rest:
        return None
    given, value = line[start : start + 4], line[start + 4 : -1]
    wanted, want = expected.rest[:4], expected.rest[4:-1]
    if given == b'"u":':
        return not_plain_message(line)
    if given == wanted == b'"v":':
        return compare.value(value, want)
    if given == wanted == b'"h":' and len(value) < 1000:
        try:
            return compare.digest(json.loads(value), expected.tree["h"])
        except (ValueError, TypeError, RecursionError, LookupError):
            return "no value"
    return "a value of another size than the expected one"


def not_plain_message(line: bytes) -> str:
    """Return a message that names the type of a result that is not a plain value (kind u)."""
    try:
        return f"a value of type {json.loads(line[:4096])['u']}, which is no plain value"
    except (ValueError, TypeError, LookupError, RecursionError):
        return "no plain value"


def exception_message(line: bytes) -> str:
    """Return class and message of the exception that a call raised, as far as the line can be read."""
    try:
        tree = json.loads(line[:4096])
        return f"{tree['x'][0]}: {tree['m']}"[:300]
    except (ValueError, TypeError, LookupError, RecursionError):
        return "an exception"


def _replay(prepared: PreparedTest, lines: list[bytes], program: bytes, meter: Meter, limits: Limits) -> Outcome:
    """Run the test over the results.

    A replay that fails never falls back to a run in the program's process: else a program could choose to be trusted.
    """
    calls = prepared.calls
    for _ in range(_ROUNDS):
        fields = {
            "test": prepared.test,
            "calls": [c.decode() for c in calls],
            "results": [line.decode() for line in lines],
        }
        job = Job("replay", None, json.dumps(fields).encode(), limits=TEST_LIMITS)
        result = run_test_code(meter.runner, job)
        if should_retry(result, job):
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
        ) as error:  # no program runs in this slot, so the test itself wrote to the results
            raise SandboxError(_OWN_WORD.format(type(error).__name__)) from error
        run = meter.run(Job("calls", program, calls_payload(calls, full=True), limits=limits))
        lines = result_lines(run.results, len(calls))
        if (outcome := failure(run, lines, len(calls))) is not None:
            return outcome
    return Outcome(Kind.WRONG, f"after {_ROUNDS} runs its results still lead the test to other calls")


def _with(calls: tuple[bytes, ...], used: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Return the calls that the test made, followed by the others that it may make."""
    rest = list(calls)
    for call in used:
        if call in rest:
            rest.remove(call)
    return (*used, *rest)


def _apart(
    prepared: PreparedTest, problem: Problem, test: str, program: bytes, meter: Meter, limits: Limits
) -> Outcome:
    """Run the test and the program in two processes of one job."""
    fields = {"test": prepared.test, "missing": prepared.missing, "arrays": "numpy" in problem.setup_code + test}
    result = meter.run(Job("apart", program, json.dumps(fields).encode(), limits=limits))
    if result.status is not Status.OK:
        return Outcome(KIND_OF_STATUS[result.status], describe(result), wall_limit=result.status in CLOCK_LIMITS)
    try:
        answer = json.loads(result.results)
        if "passed" in answer:
            return Outcome(Kind.ACCEPTED, weak=answer["swayed"])
        if "failed" in answer:
            return Outcome(Kind.RUNTIME_ERROR if answer["raised"] else Kind.WRONG, str(answer["failed"]))
        if "ended" in answer:
            if answer["well"]:
                return Outcome(Kind.WRONG, "it ended before the test did")
            lines = result.stderr[-4096:].decode("utf-8", "replace").strip().splitlines()
            return Outcome(Kind.RUNTIME_ERROR, lines[-1][:300] if lines else f"ended by {answer['ended']}")
        raise SandboxError(f"{answer['unsupported']}: mend the data or drop the problem")
    except (ValueError, LookupError, TypeError) as error:  # the program cannot write there
        raise SandboxError(_OWN_WORD.format(type(error).__name__)) from error
