"""The Python interface, on the jail: choice of the backend, refusal, and verdicts singly, in batches and awaited."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sandbox import selftest
from sandbox.api import AsyncSandbox, Sandbox
from sandbox.errors import SandboxError
from sandbox.job import Job, Limits, Status
from sandbox.selftest import Probe
from sandbox.verdict import Kind
from tests.backends import require, why_not
from tests.sandbox.conftest import LIMITS

SUM = {"test_type": "stdin", "tests": [{"input": "1 2\n", "output": "3\n"}, {"input": "5 6\n", "output": "11\n"}]}
RIGHT, GUESS, LOOP = "print(sum(map(int, input().split())))", "print(3)", "while True: pass"


@pytest.fixture(scope="module")
def jail() -> Iterator[Sandbox]:
    require("jail")
    with Sandbox("jail", 2, LIMITS) as sandbox:
        yield sandbox


def test_auto_takes_docker_where_an_engine_answers_and_says_which(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "armature.sandbox")
    with Sandbox("auto", 1, LIMITS) as sandbox:
        assert sandbox.backend == ("docker" if why_not("docker") is None else "jail")
        assert sandbox.probes >= 10
        assert f"sandbox: {sandbox.describe}" in caplog.messages


def test_auto_takes_the_jail_where_none_answers(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    require("jail")
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    caplog.set_level(logging.INFO, "armature.sandbox")
    with Sandbox("auto", 1, LIMITS) as sandbox:
        assert sandbox.backend == "jail"
    assert any("no Docker engine answers at unix:///nowhere.sock" in message for message in caplog.messages)
    with pytest.raises(SandboxError, match="no Docker engine answers"):
        Sandbox("docker", 1, LIMITS).start()


@pytest.mark.parametrize(
    "probe",
    [
        Probe("escapes", "print('got it')"),
        Probe("computes for ever", "print('CONTAINED')", Status.CPU_LIMIT),
        Probe("falls over", "1 / 0"),
    ],
    ids=["what it tried worked", "a limit that does not hold", "it broke"],
)
def test_it_refuses_where_one_probe_is_not_contained(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    require("jail")
    monkeypatch.setattr(selftest, "probes", lambda: [probe])
    sandbox = Sandbox("jail", 1, LIMITS)
    with pytest.raises(
        SandboxError, match=f"self-test failed: a program that {probe.name} was not contained .*(install Docker)"
    ):
        sandbox.start()
    with pytest.raises(SandboxError, match="not running"):
        sandbox.run(Job("stdin", b"print(1)", limits=LIMITS))


def test_verdicts_in_order_and_equal_programs_once(jail: Sandbox) -> None:
    jobs = jail.counters.jobs
    items = [(SUM, RIGHT), (SUM, GUESS), (SUM, RIGHT), (SUM, "import x"), (SUM, RIGHT)]
    verdicts = jail.grade_many(items)
    assert [v.kind for v in verdicts] == [Kind.ACCEPTED, Kind.WRONG, Kind.ACCEPTED, Kind.RUNTIME_ERROR, Kind.ACCEPTED]
    assert [v.cached for v in verdicts] == [False, False, True, False, True]
    assert jail.counters.jobs - jobs == 2 + 2 + 1
    assert jail.cache.hits >= 2


def test_costs(jail: Sandbox) -> None:
    verdict = jail.grade(SUM, RIGHT + "  # costs")
    assert verdict.tests_run == 2 and verdict.cpu_s > 0 and verdict.wall_s > 0
    assert verdict.memory_bytes > 1 << 20 and verdict.output_bytes == len("3\n11\n")
    loop = jail.grade(SUM, LOOP, replace(LIMITS, cpu_s=0.5))
    assert (loop.kind, loop.test, loop.tests_run) == (Kind.TIME_LIMIT, 0, 1) and loop.cpu_s >= 0.5


def test_what_asks_for_too_much_is_refused(jail: Sandbox) -> None:
    with pytest.raises(ValueError, match="memory_mb: 256 is more than the 128"):
        jail.run(Job("stdin", b"", limits=Limits(memory_mb=256)))
    with pytest.raises(ValueError, match="the most is 128 MiB"):
        jail.run(Job("stdin", b"", stdin=bytes((128 << 20) + 1), limits=LIMITS))
    with pytest.raises(ValueError, match="tests"):
        jail.grade({"test_type": "stdin"}, RIGHT)


def test_a_sandbox_that_is_gone_gives_no_score() -> None:
    require("jail")
    with Sandbox("jail", 1, LIMITS) as sandbox:
        pool = sandbox._pools["program"]
        pool.close()
        verdict = sandbox.grade(SUM, RIGHT)
    assert (verdict.kind, verdict.score) == (Kind.SANDBOX_ERROR, None) and "closed" in verdict.detail


def test_awaited() -> None:
    require("jail")

    async def work() -> None:
        async with AsyncSandbox("jail", 2, LIMITS) as sandbox:
            verdicts = await asyncio.gather(*(sandbox.grade(SUM, program) for program in (RIGHT, GUESS, RIGHT + " ")))
            assert [v.kind for v in verdicts] == [Kind.ACCEPTED, Kind.WRONG, Kind.ACCEPTED]
            result = await sandbox.run(Job("stdin", b"print(input())", stdin=b"hello", limits=LIMITS))
            assert result.stdout == b"hello\n"

    asyncio.run(work())
