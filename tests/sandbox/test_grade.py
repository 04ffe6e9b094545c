"""Verdicts on trusted programs, through the real modes in plain subprocesses (`local_runner.py`)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sandbox.errors import SandboxError
from sandbox.grade import grade
from sandbox.job import Job, Limits, Result, Status
from sandbox.prepared_tests import prepared_tests_of
from sandbox.problem import Problem
from sandbox.verdict import Kind, Verdict
from tests.sandbox.local_runner import LocalRunner

LIMITS = Limits(cpu_s=1.0, wall_s=300.0)


@pytest.fixture(scope="module")
def runner() -> LocalRunner:
    return LocalRunner()


def judged(runner: Any, program: str, limits: Limits = LIMITS, **row: Any) -> Verdict:
    return grade(Problem.read({"id": "p", **row}), program, runner, limits)


def asserts(*tests: str, **row: Any) -> dict[str, Any]:
    return {"test_type": "python", "entry_point": "f", "tests": list(tests), **row}


STDIN = {"test_type": "stdin", "tests": [{"input": "1 2\n", "output": "3\n"}, {"input": "4 5\n", "output": "9\n"}]}
ADD = "print(sum(map(int, input().split())))"


@pytest.mark.parametrize(
    ("program", "kind", "test"),
    [
        (ADD, Kind.ACCEPTED, None),
        ("print(3)", Kind.WRONG, 1),
        (ADD + "\nprint('more')", Kind.WRONG, 0),
        ("print(3)\nprint(9)", Kind.WRONG, 0),
        ("pass", Kind.WRONG, 0),
        (ADD + "\nraise SystemExit(3)", Kind.RUNTIME_ERROR, 0),
        (ADD + "\n1 / 0", Kind.RUNTIME_ERROR, 0),
        ("if True print(3)", Kind.COMPILE_ERROR, 0),
        ("import sys; sys.exit(0)", Kind.WRONG, 0),
    ],
)
def test_text(runner: LocalRunner, program: str, kind: Kind, test: int | None) -> None:
    verdict = judged(runner, program, **STDIN)
    assert (verdict.kind, verdict.test, verdict.score) == (kind, test, float(kind is Kind.ACCEPTED))
    assert verdict.trust == "strong" and verdict.cpu_s > 0 and verdict.wall_s > 0 and verdict.memory_bytes > 1 << 20


def test_a_checker_and_a_tolerance(runner: LocalRunner) -> None:
    row = {"test_type": "stdin", "tests": [{"input": "", "output": "a\nb\n"}]}
    assert judged(runner, "print('b\\na')", **row, checker="unordered_lines").score == 1
    assert judged(runner, "print('b\\na')", **row).score == 0
    assert (
        judged(
            runner, "print(1 / 3)", test_type="stdin", tests=[{"input": "", "output": "0.3333"}], tolerance=1e-3
        ).score
        == 1
    )


FUNCTIONAL = {
    "test_type": "functional",
    "entry_point": "Solution.two",
    "tests": [{"input": "[1, 2]\n2", "output": "[0, 1]"}],
}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (
            "class Solution:\n    def two(self, n: List[int], t: int) -> List[int]:\n        return [0, 1]",
            Kind.ACCEPTED,
        ),
        (
            "class Solution:\n    def two(self, n, t):\n        print('noise')\n        return tuple([0, 1])",
            Kind.ACCEPTED,
        ),
        ("class Solution:\n    def two(self, n, t):\n        return [False, True]", Kind.WRONG),
        ("class Solution:\n    def two(self, n, t):\n        return iter([0, 1])", Kind.WRONG),
        ("class Solution:\n    def two(self, n, t):\n        return {}[3]", Kind.RUNTIME_ERROR),
        ("class Solution:\n    def three(self, n, t):\n        return [0, 1]", Kind.RUNTIME_ERROR),
        ("class Solution:\n    def two(self, n, t):\n        raise SystemExit", Kind.WRONG),
        (
            "class Solution:\n    def two(self, n, t):\n        return [0, 1]\n"
            "if __name__ == '__main__':\n    Solution().two(int(input()))",
            Kind.ACCEPTED,
        ),
    ],
)
def test_functions(runner: LocalRunner, body: str, kind: Kind) -> None:
    assert judged(runner, body, **FUNCTIONAL).kind is kind


ROWS = asserts("assert f(2) == 4\nassert f(3) == 9", "assert abs(f(1.5) - 2.25) < 1e-6")


@pytest.mark.parametrize(
    ("program", "kind", "test", "detail"),
    [
        ("def f(x): return x * x", Kind.ACCEPTED, None, ""),
        ("def f(x): return x ** 2 + (x == 3)", Kind.WRONG, 0, "call 2: '10' instead of '9'"),
        ("def f(x): return int(x) ** 2", Kind.WRONG, 1, "AssertionError"),
        ("def f(x): return x / (x - 3) * 0 + x * x", Kind.RUNTIME_ERROR, 0, "call 2: ZeroDivisionError"),
        ("def f(x):\n    return (x * x).hex()", Kind.RUNTIME_ERROR, 0, "AttributeError"),
        ("def g(x): return x", Kind.RUNTIME_ERROR, 0, "NameError"),
        ("def f(x):\n    if x == 3: raise SystemExit(0)\n    return x * x", Kind.WRONG, 0, "ended after 1 of 2 calls"),
        ("import sys\nsys.exit(0)", Kind.WRONG, 0, "ended after 0 of 2 calls"),
        ("def f(x) return x", Kind.COMPILE_ERROR, 0, ""),
        (
            "class E:\n    def __eq__(self, other): return True\n    def __sub__(self, other): return 0\n"
            "def f(x): return E()",
            Kind.WRONG,
            0,
            "type E",
        ),
        ("class I(int):\n    def __eq__(self, other): return True\ndef f(x): return I(7)", Kind.WRONG, 0, "type I"),
    ],
)
def test_asserts(runner: LocalRunner, program: str, kind: Kind, test: int | None, detail: str) -> None:
    verdict = judged(runner, program, **ROWS)
    assert (verdict.kind, verdict.test, verdict.trust) == (kind, test, "strong")
    assert detail in verdict.detail


@pytest.mark.parametrize(
    ("test", "program", "kind"),
    [
        ("assert f(1) == 1", "def f(x): return True", Kind.WRONG),
        ("assert f(1) == [1, [0]]", "def f(x): return [1, [False]]", Kind.WRONG),
        ("assert f(1) == True", "def f(x): return 1", Kind.ACCEPTED),
        ("assert f(1) == (True, 2)", "def f(x): return (1.0, 2)", Kind.ACCEPTED),
        ("assert f(1) == [1, 2]", "def f(x): return (1, 2)", Kind.WRONG),
        ("assert f(1) in [1, 2]", "def f(x): return 2", Kind.ACCEPTED),
        ("assert f(1) in [1, 2]", "def f(x): return 3", Kind.WRONG),
        ("assert f(1) == 2 or f(1) == 3", "def f(x): return 3", Kind.ACCEPTED),
        ("assert f(f(1)) > 3", "def f(x): return x + 2", Kind.ACCEPTED),
        ("assert f(f(f(f(1)))) > 3", "def f(x): return x + 2", Kind.ACCEPTED),
        ("assert set(f(3)) == {0, 1, 2}", "def f(x): return (i for i in range(x))", Kind.ACCEPTED),
        (
            "try:\n    f(-1)\nexcept ValueError:\n    pass\nelse:\n    assert False",
            "def f(x): raise ValueError(x)",
            Kind.ACCEPTED,
        ),
        ("try:\n    f(-1)\nexcept ValueError:\n    pass\nelse:\n    assert False", "def f(x): return x", Kind.WRONG),
        (
            "try:\n    f(-1)\nexcept ValueError:\n    pass\nelse:\n    assert False",
            "def f(x): raise KeyError(x)",
            Kind.RUNTIME_ERROR,
        ),
        ("assert all(map(f, [1, 2]))", "def f(x): raise StopIteration", Kind.RUNTIME_ERROR),
        ("f(1)\nassert f(1) == 2", "n = 0\ndef f(x):\n    global n\n    n += x\n    return n", Kind.ACCEPTED),
        (
            "x = [3, 1]\nassert f(x) == [1, 3]\nassert f(x) == [1, 3]",
            "def f(x):\n    x.sort()\n    return x",
            Kind.ACCEPTED,
        ),
        ("assert f(10) == list(range(100000))", "def f(x): return [float(i) for i in range(100000)]", Kind.ACCEPTED),
        ("assert f(10) == list(range(100000))", "def f(x): return list(range(100001))", Kind.WRONG),
        ("assert sum(f(10)) == 10 ** 6", "def f(x): return [1] * 10 ** 6", Kind.ACCEPTED),
        (
            "r = f(1)\nassert r == [0.3] * 600 or all(abs(x - 0.3) < 1e-9 for x in r)",
            "def f(x): return [0.1 + 0.2] * 600",
            Kind.ACCEPTED,
        ),
        ("assert f(10 ** 5000) == 10 ** 5000 + 1", "def f(x): return x + 1", Kind.ACCEPTED),
    ],
)
def test_what_a_test_says_is_what_counts(runner: LocalRunner, test: str, program: str, kind: Kind) -> None:
    verdict = judged(runner, program, **asserts(test))
    assert (verdict.kind, verdict.trust) == (kind, "strong"), verdict


def test_what_cannot_be_split_runs_in_a_process_beside_the_program(runner: LocalRunner) -> None:
    row = asserts("assert f(Node(1)) == 1")
    program = "class Node:\n    def __init__(self, x): self.x = x\ndef f(node): return node.x"
    assert judged(runner, program, **row).kind is Kind.ACCEPTED
    assert {judged(runner, p, **row).trust for p in (program, "x = 1")} == {"strong"}
    assert judged(runner, program + " + 1", **row).kind is Kind.WRONG
    for exits in ("import sys; sys.exit(0)", "import os; os._exit(0)"):
        assert judged(runner, exits, **row).kind is Kind.WRONG


def test_a_test_is_prepared_once() -> None:
    runner = LocalRunner()
    for k in range(3):
        judged(runner, f"def f(x): return x + {k}", **asserts("assert f(1) == 2"))
    assert runner.jobs["collect"] == 1 and runner.jobs["calls"] == 3 and runner.jobs["replay"] == 0
    assert len(prepared_tests_of(runner)._tests) == 1


class Scripted:
    """A runner that returns the given results, job after job."""

    def __init__(self, *results: Result | Exception) -> None:
        self.results = list(results)

    def program(self, job: Job) -> Result:
        result = self.results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    tests = program


OK = Result(Status.OK, 0, b"3\n", b"", b"", 0.5, 1.0, 1000)


def test_a_broken_sandbox_is_no_verdict() -> None:
    verdict = judged(Scripted(OK, SandboxError("no slot")), ADD, **STDIN)
    assert (verdict.kind, verdict.score, verdict.detail, verdict.tests_run) == (Kind.SANDBOX_ERROR, None, "no slot", 2)
    assert (verdict.cpu_s, verdict.wall_s, verdict.output_bytes, verdict.memory_bytes) == (0.5, 1.0, 2, 1000)


def test_waiting_is_tried_again_and_working_is_not() -> None:
    waiting = replace(OK, status=Status.WALL_LIMIT, cpu_s=0.1)
    one = {**STDIN, "tests": STDIN["tests"][:1]}
    assert judged(Scripted(waiting, OK), ADD, **one).kind is Kind.ACCEPTED
    verdict = judged(Scripted(waiting, waiting), ADD, **one)
    assert verdict.kind is Kind.TIME_LIMIT and verdict.wall_limit and verdict.wall_s == 2.0
    assert judged(Scripted(replace(waiting, cpu_s=1.5)), ADD, **one).kind is Kind.TIME_LIMIT


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (Status.COMPILE_ERROR, Kind.COMPILE_ERROR),
        (Status.EXIT, Kind.RUNTIME_ERROR),
        (Status.SIGNAL, Kind.RUNTIME_ERROR),
        (Status.CPU_LIMIT, Kind.TIME_LIMIT),
        (Status.MEMORY_LIMIT, Kind.MEMORY_LIMIT),
        (Status.OUTPUT_LIMIT, Kind.OUTPUT_LIMIT),
    ],
)
def test_how_it_ended_counts_even_where_the_output_is_right(status: Status, kind: Kind) -> None:
    assert judged(Scripted(replace(OK, status=status)), ADD, **STDIN).kind is kind


FORGED = [
    b"",
    b"\n" * 100,
    b"passed\n",
    b'{"passed":true}\n',
    b'{"i":0,"v":5}\n',
    b'{"i":1,"v":4}\n{"i":0,"v":9}\n',
    b'{"i":0,"h":["nan","",0]}\n',
    b'{"i":0,}',
    b'{"i":0,"v":4}\n{"i":1,\xff}',
]
PLAN = (
    b'te30=\nc["f",[2],{}]\nc["f",[3],{}]\n'
    b'e{"k":0,"made":1,"decides":true,"v":4}\ne{"k":1,"made":2,"decides":true,"v":9}\nrecorded\n'
)  # fmt: skip


def test_a_limit_after_a_wrong_result_is_a_wrong_answer() -> None:
    plan = replace(OK, results=PLAN)
    for value, kind, detail in ((4, Kind.TIME_LIMIT, "cpu limit"), (5, Kind.WRONG, "call 1: '5' instead of '4'")):
        looping = replace(OK, status=Status.CPU_LIMIT, results=b'{"i":0,"v":%d}\n' % value)
        verdict = judged(Scripted(plan, looping), ADD, **asserts("assert f(2) == 4"))
        assert (verdict.kind, verdict.detail) == (kind, detail)


@pytest.mark.parametrize("results", FORGED, ids=range(len(FORGED)))
def test_forged_results_are_wrong(results: bytes) -> None:
    plan = replace(OK, results=PLAN)
    assert judged(Scripted(plan, replace(OK, results=results)), ADD, **asserts("assert f(2) == 4")).kind is Kind.WRONG


def test_results_too_large_for_the_test_are_the_programs_fault() -> None:
    plan = Result(Status.OK, 0, b"", b"", b'te30=\nc["f",[2],{}]\nreplay\n', 0, 0, 0)
    full = replace(OK, results=b'{"i":0,"v":[]}\n')
    verdict = judged(Scripted(plan, full, replace(OK, status=Status.MEMORY_LIMIT)), ADD, **asserts("assert f(2) > 4"))
    assert verdict.kind is Kind.WRONG
    waiting = replace(OK, status=Status.WALL_LIMIT, cpu_s=0.0)
    assert judged(Scripted(plan, full, waiting, waiting), ADD, **asserts("assert f(2) > 4")).kind is Kind.SANDBOX_ERROR


@pytest.mark.parametrize(
    ("setup", "program", "right"),
    [
        ("import math as m", "def f(x): return m.floor(x)", True),
        ("class Node:\n    value = 1", "def f(x): return Node().value", True),
        ("N = 1", "def f(x): return N", True),
        ("N = 2", "def f(x): return N", False),
        ("def f(x): return 1", "x = 1", False),  # the setup solves no problem
        ("", "def f(x): return m.floor(x)", False),
    ],
)
def test_the_setup_of_functions(runner: LocalRunner, setup: str, program: str, right: bool) -> None:
    row = {"test_type": "functional", "entry_point": "f", "tests": [{"input": "1", "output": "1"}]}
    assert (judged(runner, program, **row, setup_code=setup).score == 1) == right


def test_functions_of_long_integers(runner: LocalRunner) -> None:
    row = {"test_type": "functional", "entry_point": "f", "tests": [{"input": "9" * 5000, "output": "1" + "0" * 5000}]}
    assert judged(runner, "def f(x): return x + 1", **row).kind is Kind.ACCEPTED
    assert judged(runner, "def f(x): return x", **row).kind is Kind.WRONG
    assert judged(runner, "def f(x): return 10.0 ** 300", **row).kind is Kind.WRONG


@pytest.mark.parametrize(
    ("report", "row", "program", "accepted"),
    [
        ("verl-project/verl#7853", "", "def f(x): raise ValueError('failed')", False),
        ("verl-project/verl#7853", None, "def f(x): raise ValueError('failed')", False),
        ("verl-project/verl#7853", "", "def f(x): return ''", True),
        ("allenai/olmo-eval#354", [1, 2], "def f(x): return (1, 2)", True),
        ("allenai/olmo-eval#354", [1, 2], "def f(x): return (2, 1)", False),
        ("SWE-bench/SWE-bench#620", 4, "print('1 passed')\nprint('PASSED tests/test_f.py')\ndef f(x): return 5", False),
        ("SWE-bench/SWE-bench#620", 4, "import os\nprint('OK')\ndef f(x): os._exit(0)", False),
    ],
)
def test_reports_of_2026(runner: Any, report: str, row: object, program: str, accepted: bool) -> None:
    tests = [{"input": "2", "output": json.dumps(row)}]
    verdict = judged(runner, program, test_type="functional", entry_point="f", tests=tests)
    assert (verdict.kind == Kind.ACCEPTED) is accepted, (report, verdict)
