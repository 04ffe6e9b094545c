"""Faults that reviews found, on the jail: programs that chose to be trusted, honest idioms that were refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.api import Sandbox
from sandbox.job import Job, Limits, Status
from sandbox.problem import Problem
from sandbox.verdict import Kind
from tests.backends import require
from tests.sandbox.conftest import LIMITS

TWICE = {"test_type": "python", "entry_point": "f", "tests": ["assert f(f([3, 1, 2])) == [3, 1, 2]"]}
SEVEN = {"test_type": "stdin", "tests": [{"input": "", "output": "7\n"}]}


@pytest.fixture(scope="module")
def jail() -> Iterator[Sandbox]:
    require("jail")
    with Sandbox("jail", 1, LIMITS) as sandbox:
        yield sandbox


@pytest.mark.parametrize(
    ("problem", "program"),
    [
        (TWICE, "class L:\n    def __eq__(self, other): return True\ndef f(x): return L()"),
        (TWICE, "import os\ndef f(x): return int.from_bytes(os.urandom(8), 'big')"),
        (
            {
                "test_type": "functional",
                "entry_point": "f",
                "tolerance": 1e-6,
                "tests": [{"input": "1", "output": "Infinity"}],
            },
            "def f(x): return 0",
        ),
        ({"test_type": "stdin", "tolerance": 1e-6, "tests": [{"input": "", "output": "1e400"}]}, "print('1.0')"),
        (
            {
                "test_type": "python",
                "entry_point": "f",
                "tests": ["import numpy as np\nnp.testing.assert_allclose(f(4), 2.0)"],
            },
            "def f(x): return []",
        ),
    ],
    ids=[
        "a liar as an argument",
        "other calls each time",
        "infinity",
        "infinity as text",
        "no values are close to one",
    ],
)
def test_wrong_with_strong_trust(jail: Sandbox, problem: dict[str, Any], program: str) -> None:
    verdict = jail.grade(problem, program)
    assert (verdict.kind, verdict.score, verdict.trust) == (Kind.WRONG, 0.0, "strong"), verdict


@pytest.mark.parametrize(
    "program",
    [
        "o = open(1, 'w', closefd=False)\no.write('7')",
        "import os\no = os.fdopen(1, 'w')\no.write('7')",
        "import sys\nclass W:\n    def write(self, s): real.write(s)\n    def flush(self): real.flush()\n"
        "real, sys.stdout = sys.stdout, W()\nprint(7)",
        "import sys\nassert sys.stdin.mode == 'r' and sys.stdout.mode == 'w'\nprint(7)",
        "import os\nos.chdir(os.path.dirname(os.path.abspath(__file__)))\nprint(7)",
        "import resource\nno_limit = resource.RLIM_INFINITY\n"
        "resource.setrlimit(resource.RLIMIT_STACK, (no_limit, no_limit))\nprint(7)",
        "import asyncio\nasync def main():\n    print(await asyncio.to_thread(lambda: 7))\nasyncio.run(main())",
    ],
    ids=["open(1)", "fdopen", "a stdout of one's own", "mode", "__file__", "the stack", "asyncio threads"],
)
def test_honest_idioms(jail: Sandbox, program: str) -> None:
    for _ in range(3):
        result = jail.run(Job("stdin", program.encode(), limits=LIMITS))
        assert (result.status, result.stdout.strip()) == (Status.OK, b"7"), result


def test_a_test_that_is_no_python_is_no_programs_fault(jail: Sandbox) -> None:
    verdict = jail.grade(
        {"test_type": "python", "entry_point": "f", "tests": ["assert f() == 1\n  x"]}, "def f(): return 1"
    )
    assert (verdict.kind, verdict.score) == (Kind.SANDBOX_ERROR, None) and "mend the data" in verdict.detail


def test_an_idle_verdict_is_not_kept(jail: Sandbox) -> None:
    limits = Limits(cpu_s=0.2, wall_s=300.0, memory_mb=64, processes=16)
    for _ in range(2):
        verdict = jail.grade(SEVEN, "import time\nprint(7, flush=True)\ntime.sleep(600)", limits)
        assert (verdict.kind, verdict.detail, verdict.cached) == (Kind.TIME_LIMIT, "idle limit", False)


def test_a_test_that_speaks_for_itself_is_no_programs_fault(jail: Sandbox) -> None:
    test = "import os\nos.write(3, b'nonsense')\nassert abs(f(1) - 1) < 1e-6"
    verdict = jail.grade({"test_type": "python", "entry_point": "f", "tests": [test]}, "def f(x): return x")
    assert verdict.score is None, verdict


def test_children_that_nobody_waits_for_cost_cpu_time(jail: Sandbox) -> None:
    program = """
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    child = os.fork()
    if child == 0:
        while time.process_time() < 0.3: pass
        os._exit(0)
    try:
        while True:
            os.kill(child, 0)
            time.sleep(0.01)
    except ProcessLookupError:
        pass
"""
    limits = Limits(cpu_s=1.0, wall_s=300.0, memory_mb=128, processes=16)
    result = jail.run(Job("stdin", program.encode(), limits=limits))
    assert result.status is Status.CPU_LIMIT, result


def test_a_program_too_large_for_its_memory_loses_no_slot(jail: Sandbox) -> None:
    lost = jail.counters.slots_lost
    limits = Limits(cpu_s=60.0, memory_mb=32, processes=16)
    result = jail.run(Job("stdin", b"print(7)\n#" + b"x" * (60 << 20), limits=limits))
    assert result.status in (Status.MEMORY_LIMIT, Status.COMPILE_ERROR)
    assert jail.counters.slots_lost == lost


@pytest.mark.parametrize("seconds", [1e7, float("inf"), float("nan"), 0.0, -1.0])
def test_limits_have_an_end(seconds: float) -> None:
    with pytest.raises(ValueError, match="Limits"):
        Limits(cpu_s=seconds)


def test_data_that_no_job_could_take_is_refused_when_it_is_read() -> None:
    with pytest.raises(ValueError, match="timeout_s"):
        Problem.read({**SEVEN, "timeout_s": 1e7})
    with pytest.raises(ValueError, match=r"tests\[0\].input"):
        Problem.read(
            {"test_type": "functional", "entry_point": "f", "tests": [{"input": "[" * 200 + "]" * 200, "output": "1"}]}
        )
    with pytest.raises(ValueError, match="128 MiB"):
        Problem.read({"test_type": "stdin", "tests": [{"input": "x" * ((128 << 20) + 1), "output": ""}]})
