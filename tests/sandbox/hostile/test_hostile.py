"""Each hostile program gets the verdict that is right, in time, and leaves its slot as new: on both backends.

The tests of the table itself need no sandbox.
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

LOOK = (Path(__file__).parent / "look.py").read_bytes()
LOOK_LIMITS = Limits(cpu_s=2, wall_s=10, memory_mb=128)
MOST_GROWN_MB = (
    1000  # of the grader's own memory over one program: what a program prints must not become a multiple of itself
)
CASES = table.cases()


# -- the table -----------------------------------------------------------------------------------------------------------
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
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=said):
            table.read_case(path)


@pytest.mark.parametrize("phrase", table.COVERAGE)
def test_each_phrase_of_the_facts_has_a_case(phrase: str) -> None:
    assert table.covering(table.COVERAGE[phrase])


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


# -- the sandbox ---------------------------------------------------------------------------------------------------------
class Bench:
    """A sandbox of one slot, and what a job finds in it while it is new."""

    def __init__(self, backend: str) -> None:
        self._backend = backend
        self.sandbox: Any = None
        self.fresh: dict[str, Any] = {}

    def start(self) -> None:
        """A new one in the place of the old, if there is one: a slot that a case has spoilt must not spoil the cases after it."""
        from sandbox.api import Sandbox

        self.close()
        self.sandbox = Sandbox(backend=self._backend, slots=1, limits=table.MOST).start()  # type: ignore[arg-type]
        self.fresh = self.look()[0]

    def close(self) -> None:
        if self.sandbox is not None:
            self.sandbox.close()

    def look(self) -> tuple[dict[str, Any], int]:
        """What a job finds, and how many slots were lost over it and before it."""
        result = self.sandbox.run(Job("stdin", LOOK, limits=LOOK_LIMITS))
        assert not result.stderr, result.stderr.decode(errors="replace")
        return json.loads(result.stdout), result.attempts


@pytest.fixture(scope="session")
def bench(backend: str) -> Iterator[Bench]:
    """Canaries are planted first: in the environment of the process that starts the sandbox, and in a file of the host."""
    canary = f"canary-{secrets.token_hex(16)}"
    os.environ["ARMATURE_CANARY"] = canary
    handle, path = tempfile.mkstemp(prefix="armature-canary-")
    os.write(handle, canary.encode())
    os.close(handle)
    its = Bench(backend)
    try:
        its.start()
        yield its
    finally:
        its.close()
        del os.environ["ARMATURE_CANARY"]
        os.unlink(path)


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def graded(bench: Bench, case: table.Case) -> Verdict:
    began, before = time.monotonic(), _peak_mb()
    verdict: Verdict = bench.sandbox.grade(table.problems()[case.problem], case.program, case.limits)
    seconds, grown = time.monotonic() - began, _peak_mb() - before
    assert len(verdict.detail) < 4000, "a program's output fills the verdict"
    assert grown < MOST_GROWN_MB, f"the grader took {grown} MB for one program"
    assert seconds < 3 * case.limits.wall + 10, f"the grader was held for {seconds:.1f} s"
    return verdict


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_hostile(case: table.Case, bench: Bench) -> None:
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


def honest_jobs_follow(bench: Bench, case: table.Case) -> None:
    """On the same slot, at the first try: the problem's own solution is accepted, and a job finds the slot as it was when it was new."""
    lost = bench.sandbox.counters.slots_lost
    problem = table.problems()["sum" if case.problem == "big_stdin" else case.problem]
    honest = f"{problem['reference_solution']}\n# after {case.name}\n"
    verdict: Verdict = bench.sandbox.grade(problem, honest, LOOK_LIMITS)
    assert verdict.kind is Kind.ACCEPTED and not verdict.cached, (
        f"an honest program after it: {verdict.kind}: {verdict.detail}"
    )
    found, attempts = bench.look()
    assert {key: value for key, value in found.items() if value != bench.fresh[key]} == {}
    assert attempts == 1 and bench.sandbox.counters.slots_lost == lost


def test_nothing_is_left_on_the_host(bench: Bench) -> None:
    """Planted names and processes; runs last."""
    for place in ("/tmp", "/dev/shm", "/var/tmp", "/dev/mqueue", "/"):
        assert [name for name in os.listdir(place) if "armature_plant" in name] == [] if os.path.isdir(place) else True
    assert "armature_plant" not in Path("/proc/net/unix").read_text()
    for table_name in ("shm", "sem", "msg"):
        assert f"{0x41524D} " not in Path(f"/proc/sysvipc/{table_name}").read_text()
