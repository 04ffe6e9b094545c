"""The grader: from a problem and a program to a verdict. This code is trusted and runs nothing of either."""

from __future__ import annotations

import json
from typing import Literal

from sandbox import asserts, checkers, compare, exact_json
from sandbox.asserts import Outcome
from sandbox.errors import SandboxError
from sandbox.inside import values
from sandbox.job import Job, Limits, Status
from sandbox.problem import Example, Problem, argument_lines
from sandbox.runner import CLOCK_LIMITS, KIND_OF_STATUS, Meter, Runner, describe
from sandbox.verdict import Kind, Verdict

_OWN_OPERATORS = (
    "the tests compare or combine objects of the program by the program's own operators, which can say anything: "
    "compare plain values instead, or drop the problem"
)


def grade(problem: Problem, program: str | bytes, runner: Runner, limits: Limits) -> Verdict:
    """Run the program on one test after the other, until one fails, and return the verdict.

    `limits` hold for each test. The costs are those of the program's jobs.
    """
    source = program if isinstance(program, bytes) else program.encode("utf-8", "surrogatepass")
    meter = Meter(runner)
    weak, idle, run = False, True, 0
    try:
        for test in problem.tests:
            run += 1
            outcome = _grade_test(problem, test, source, meter, limits)
            weak, idle = weak or outcome.weak, idle and outcome.idle
            if outcome.kind is not Kind.ACCEPTED:
                break
        if idle:  # a later test may judge
            asserts.refuse_idle(problem, runner)
        if weak and outcome.kind is Kind.ACCEPTED:
            raise SandboxError(_OWN_OPERATORS)
    except SandboxError as error:
        return meter.with_costs(Verdict(Kind.SANDBOX_ERROR, None, _trust(weak), str(error), run - 1, run))
    accepted = outcome.kind is Kind.ACCEPTED
    failed = None if accepted else run - 1
    return meter.with_costs(
        Verdict(outcome.kind, float(accepted), _trust(weak), outcome.detail, failed, run, wall_limit=outcome.wall_limit)
    )


def _trust(weak: bool) -> Literal["strong", "weak"]:
    return "weak" if weak else "strong"


def _grade_test(problem: Problem, test: str | Example, program: bytes, meter: Meter, limits: Limits) -> Outcome:
    if isinstance(test, str):
        return asserts.grade_test(problem, test, program, meter, limits)
    if problem.test_type == "stdin":
        return _stdin(problem, test, program, meter, limits)
    return _functional(problem, test, program, meter, limits)


def _stdin(problem: Problem, test: Example, program: bytes, meter: Meter, limits: Limits) -> Outcome:
    result = meter.run(Job("stdin", program, stdin=test.input.encode("utf-8", "surrogatepass"), limits=limits))
    if result.status is not Status.OK:
        return Outcome(KIND_OF_STATUS[result.status], describe(result), wall_limit=result.status in CLOCK_LIMITS)
    if problem.checker is not None:
        reason = checkers.check(checkers.find(problem.checker), test.input, result.stdout, test.output)
    else:
        reason = compare.text(result.stdout, test.output, problem.tolerance)
    return Outcome(Kind.ACCEPTED) if reason is None else Outcome(Kind.WRONG, reason)


def _functional(problem: Problem, test: Example, program: bytes, meter: Meter, limits: Limits) -> Outcome:
    arguments = [exact_json.loads(line) for line in argument_lines(test.input)]
    call = f"[{json.dumps(problem.entry_point)},[{','.join(map(values.dumps, arguments))}],{{}}]"
    setup = json.dumps(problem.setup_code)
    payload = f'{{"prelude":true,"full":true,"setup":{setup},"calls":[{call}]}}'.encode()
    result = meter.run(Job("calls", program, payload, limits=limits))
    lines = asserts.result_lines(result.results, 1)
    if (outcome := asserts.failure(result, lines, 1)) is not None:
        return outcome
    kind, value = asserts.line_kind(lines[0]), lines[0][11:-1]
    if kind == b'"x":':
        return Outcome(Kind.RUNTIME_ERROR, asserts.exception_message(lines[0]))
    if kind != b'"v":':
        return Outcome(Kind.WRONG, asserts.not_plain_message(lines[0]))
    try:
        reason = compare.value(
            value, values.dumps(exact_json.loads(test.output)).encode(), from_json=True, tolerance=problem.tolerance
        )
    except compare.BoolForNumber:
        reason = "a bool where a number is expected"
    return Outcome(Kind.ACCEPTED) if reason is None else Outcome(Kind.WRONG, reason)
