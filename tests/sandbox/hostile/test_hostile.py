"""Each hostile program gets a right verdict and leaves its slot as it was, on both backends.

In `make test` one case of each attack runs, in the jail; all others are slow. Tests of the table need no sandbox.
"""

from __future__ import annotations

import json
import os
import resource
import secrets
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.job import Job, Limits
from sandbox.verdict import Kind, Verdict
from tests.sandbox.hostile import cases as table
from tests.sandbox.hostile.case import FAR, Case, read_case
from tests.sandbox.hostile.coverage import COVERAGE, covering, representatives

SLOT_STATE = (Path(__file__).parent / "slot_state.py").read_bytes()
HONEST_LIMITS = Limits(memory_mb=128, **FAR)
MOST_GROWN_MB = 1000  # growth of the grader's memory over one program: an output must not become a multiple of its size
MOST_CPU_S = 30.0  # CPU seconds of the grader over one program; sending 100 MB of input takes about 1
CASES = table.cases()


# -- the table -----------------------------------------------------------------------------------------------------
def test_each_case_says_what_is_wanted_of_it() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    for case in CASES:
        assert case.want and Kind.SANDBOX_ERROR not in case.want, case.name
        assert case.why and case.limits.memory_mb <= table.MOST.memory_mb and case.limits.tmp_mb <= table.MOST.tmp_mb, (
            case.name
        )


def test_a_header_that_says_too_little_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "case.py"
    for text, said in (
        ("# want: wrong\n# why: x\n", "must say problem"),
        ("# problem: sum\n# want: wrung\n# why: x\n", "wrung"),
        ("# problem: sum\n# want: wrong\n# want: wrong\n# why: x\n", "two lines"),
        ("# problem: sum\n# want: wrong\n# limits: cpus=1\n# why: x\n", "cpus"),
        ("# problem: sum\n# want: wrong\n# limits: cpu_s=1\n# why: x\n", "only for a case that wants time_limit"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=said):
            read_case(path)


def test_limits_of_time_are_far_unless_they_are_wanted() -> None:
    for case in CASES:
        far = (case.limits.cpu_s, case.limits.wall_s) == (FAR["cpu_s"], FAR["wall_s"])
        assert far == (Kind.TIME_LIMIT not in case.want), case.name


@pytest.mark.parametrize("attack", COVERAGE)
def test_each_attack_has_a_case(attack: str) -> None:
    assert covering(attack)


def test_no_program_has_a_name_that_pytest_would_run() -> None:
    for path in table.PROGRAMS.rglob("*.py"):
        assert not (path.stem.startswith("test") or path.stem.endswith("_test") or path.stem == "conftest"), path


def test_each_group_is_there() -> None:
    groups = {case.group for case in CASES}
    assert groups == {
        "liars",
        "exits",
        "patching",
        "forging",
        "output",
        "snooping",
        "resources",
        "files",
        "escape",
        "leaks",
        "source",
        "honest",
    }


# -- the sandbox ---------------------------------------------------------------------------------------------------
class Bench:
    """A sandbox with one slot, and the state of the slot while it was new."""

    def __init__(self, backend: str) -> None:
        self._backend = backend
        self.sandbox: Any = None
        self.fresh: dict[str, Any] = {}

    def start(self) -> None:
        """Start a sandbox, in the place of the last one if there is one: it may have a slot that a case has spoilt."""
        from sandbox.api import Sandbox

        self.close()
        self.sandbox = Sandbox(backend=self._backend, slots=1, limits=table.MOST).start()  # type: ignore[arg-type]
        self.fresh = self.state()[0]

    def close(self) -> None:
        if self.sandbox is not None:
            self.sandbox.close()

    def state(self) -> tuple[dict[str, Any], int]:
        """Return what a job finds in the slot, and the attempts that it took."""
        result = self.sandbox.run(Job("stdin", SLOT_STATE, limits=HONEST_LIMITS))
        assert not result.stderr, result.stderr.decode(errors="replace")
        return json.loads(result.stdout), result.attempts


@pytest.fixture(scope="session")
def bench(backend: str) -> Iterator[Bench]:
    """Plant canaries in the environment and in a file of the host, then start a sandbox."""
    canary = f"canary-{secrets.token_hex(16)}"
    os.environ["HOST_CANARY"] = canary
    handle, path = tempfile.mkstemp(prefix="armature-canary-")
    os.write(handle, canary.encode())
    os.close(handle)
    its = Bench(backend)
    try:
        its.start()
        yield its
    finally:
        its.close()
        del os.environ["HOST_CANARY"]
        os.unlink(path)


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def graded(bench: Bench, case: Case) -> Verdict:
    before, used = _peak_mb(), time.process_time()
    verdict: Verdict = bench.sandbox.grade(table.problems()[case.problem], case.program, case.limits)
    grown, used = _peak_mb() - before, time.process_time() - used
    assert len(verdict.detail) < 4000, "a program's output fills the verdict"
    assert grown < MOST_GROWN_MB, f"the grader took {grown} MB for one program"
    assert used < MOST_CPU_S, f"the grader took {used:.1f} CPU seconds for one program"
    return verdict


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.name, marks=() if case.name in representatives() else pytest.mark.slow)
        for case in CASES
    ],
)
def test_hostile(case: Case, bench: Bench) -> None:
    sandbox = bench.sandbox
    if case.after is not None:
        graded(bench, table.by_name(case.after))
    lost = sandbox.counters.slots_lost
    verdict = graded(bench, case)
    assert sandbox.counters.slots_lost == lost, "a program can bring down its slot"
    assert verdict.kind in case.want, f"{verdict.kind}: {verdict.detail} ({case.why})"
    assert verdict.score == float(verdict.kind is Kind.ACCEPTED)
    assert verdict.trust == "strong"
    try:
        honest_jobs_follow(bench, case)
    except AssertionError:
        bench.start()
        raise


def honest_jobs_follow(bench: Bench, case: Case) -> None:
    """Check on the same slot that the problem's solution is accepted, and that a job finds the slot as it was."""
    lost = bench.sandbox.counters.slots_lost
    problem = table.problems()["sum" if case.problem == "big_stdin" else case.problem]
    honest = f"{problem['reference_solution']}\n# after {case.name}\n"
    verdict: Verdict = bench.sandbox.grade(problem, honest, HONEST_LIMITS)
    assert verdict.kind is Kind.ACCEPTED and not verdict.cached, (
        f"an honest program after it: {verdict.kind}: {verdict.detail}"
    )
    found, attempts = bench.state()
    assert {key: value for key, value in found.items() if value != bench.fresh[key]} == {}
    assert attempts == 1 and bench.sandbox.counters.slots_lost == lost


def test_nothing_is_left_on_the_host(bench: Bench) -> None:
    """Look for the names that the programs plant; this runs last."""
    for place in ("/tmp", "/dev/shm", "/var/tmp", "/dev/mqueue", "/"):
        assert [name for name in os.listdir(place) if "armature_plant" in name] == [] if os.path.isdir(place) else True
    assert "armature_plant" not in Path("/proc/net/unix").read_text()
    for table_name in ("shm", "sem", "msg"):
        assert f"{0x41524D} " not in Path(f"/proc/sysvipc/{table_name}").read_text()
