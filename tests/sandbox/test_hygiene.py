"""Nothing is left behind: not after the end, Ctrl-C or a SIGKILL of the parent, and not after 5,000 jobs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil
import pytest

from sandbox import container_engine
from sandbox.api import Sandbox
from sandbox.job import Job, Limits
from tests.backends import require
from tests.sandbox.conftest import DEADLINE_S, LIMITS, eventually

ROOT = Path(__file__).parents[2]
NO_PID = (1 << 22) + 1  # above the largest pid of Linux
#: Processes of two slots that each run a program: outer process, supervisor and program in a jail.
RUNNING = {"jail": 6, "docker": 4}
PARENT = """
import signal, sys, time
# A shell that starts the tests in the background makes them ignore SIGINT.
signal.signal(signal.SIGINT, signal.default_int_handler)
from sandbox.api import Sandbox
from sandbox.job import Job, Limits
with Sandbox(sys.argv[1], 2, Limits(cpu_s=600, wall_s=600), run_id=sys.argv[2]) as sandbox:
    jobs = [sandbox.submit(Job("stdin", b"while True: pass", limits=sandbox.limits)) for _ in range(3)]
    print("running", flush=True)
    jobs[0].result()
"""


def containers(run_id: str) -> list[str]:
    client = container_engine.connect()
    try:
        return [
            c["Id"] for c in client.api.containers(all=True, filters={"label": f"{container_engine.LABEL}={run_id}"})
        ]
    finally:
        client.close()


def processes(backend: str, parent: int, run_id: str) -> list[psutil.Process]:
    """Return the processes in the slots of a sandbox that the process `parent` has started."""
    if backend == "jail":
        return psutil.Process(parent).children(recursive=True)
    client = container_engine.connect()
    try:
        tops = [client.api.top(container) for container in containers(run_id)]
    finally:
        client.close()
    pids = [int(row[top["Titles"].index("PID")]) for top in tops for row in top["Processes"]]
    return [psutil.Process(pid) for pid in pids]


def any_runs(processes: Iterable[psutil.Process]) -> bool:
    return any(process.is_running() for process in processes)


def folders() -> set[str]:
    """Return the folders of this process's jails."""
    return {str(p) for p in Path(tempfile.gettempdir()).glob(f"sandbox-{os.getpid()}-*")}


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=["SIGKILL", "Ctrl-C", "SIGTERM"])
def test_the_end_of_the_parent_ends_everything(backend: str, how: signal.Signals) -> None:
    run_id = f"parent-{os.getpid()}-{how}"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, backend, run_id], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert parent.stdout is not None and parent.stdout.readline() == b"running\n"
        assert eventually(lambda: len(processes(backend, parent.pid, run_id)) == RUNNING[backend])
        inside = processes(backend, parent.pid, run_id)
        if backend == "docker":
            assert len(containers(run_id)) == 2
        parent.send_signal(how)
        parent.wait(DEADLINE_S)
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
    assert eventually(lambda: not any_runs(inside)), inside
    if backend == "docker":
        assert eventually(lambda: not containers(run_id))


def test_folders_of_the_killed_are_swept() -> None:
    require("jail")
    before = folders()
    with Sandbox("jail", 1, LIMITS):
        mine = folders() - before
    assert mine and not mine & folders()
    left = Path(tempfile.mkdtemp(prefix=f"sandbox-{NO_PID}-"))
    with Sandbox("jail", 1, LIMITS):
        assert not left.exists(), "the start removes the folders of a process that was killed"


def test_containers_of_the_killed_are_reaped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove at the start the containers that could not remove themselves, since the engine was killed too."""
    require("docker")
    client = container_engine.connect()
    try:
        with Sandbox("docker", 1, LIMITS) as sandbox:
            labels = {**container_engine.labels("orphan"), f"{container_engine.LABEL}.pid": str(NO_PID)}
            made = client.api.create_container(sandbox.image, ["python3", "-c", "1"], labels=labels)["Id"]
            other = client.api.create_container(
                sandbox.image, ["python3", "-c", "1"], labels={**labels, f"{container_engine.LABEL}.host": "elsewhere"}
            )["Id"]
        with Sandbox("docker", 1, LIMITS):
            assert containers("orphan") == [other], "another host's is left alone"
        client.api.remove_container(other)
        assert made not in containers("orphan")
    finally:
        client.close()


COUNTED = ("host_fds", "host_threads", "processes", "supervisor_fds", "containers", "folders")


def _soak(backend: str, jobs: int, report: Callable[[str, object], None]) -> None:
    """Run `jobs` programs, some of which leave files and processes behind."""
    program = b"""
import os
open('/tmp/x', 'w').write('1')
if os.fork() == 0:
    os.setsid()
    while True: pass
print(input())
"""
    plain = Job("stdin", b"print(input())", stdin=b"1", limits=LIMITS)
    messy = Job("stdin", program, stdin=b"1", limits=LIMITS)
    with Sandbox(backend, 2, LIMITS, run_id=f"soak-{os.getpid()}") as sandbox:  # type: ignore[arg-type]
        me = psutil.Process()

        def some(count: int) -> None:
            for future in [sandbox.submit(messy if k % 50 == 0 else plain) for k in range(count)]:
                assert future.result().stdout == b"1\n"

        def state() -> dict[str, float]:
            children = processes(backend, os.getpid(), sandbox.run_id)
            return {
                "host_mb": me.memory_info().rss / 2**20,
                "host_fds": me.num_fds(),
                "host_threads": me.num_threads(),
                "processes": len(children),
                "supervisor_mb": sum(c.memory_info().rss for c in children) / 2**20,
                "supervisor_fds": sum(c.num_fds() for c in children),
                "containers": len(containers(sandbox.run_id)) if backend == "docker" else 0,
                "folders": len(folders()),
            }

        some(500)
        first = state()
        began = time.monotonic()
        for _ in range(max(1, jobs // 1000)):
            some(min(jobs, 1000))
        last = state()
        end = time.monotonic() + DEADLINE_S
        # A supervisor may still be clearing away the last job.
        while any(last[key] > first[key] for key in COUNTED) and time.monotonic() < end:
            time.sleep(0.1)
            last = state()
        report("first", first)
        report("last", last)
        report("jobs_per_s", round(jobs / (time.monotonic() - began)))
        assert (sandbox.counters.slots_lost, sandbox.counters.slots_retired) == (0, 0)
    for key in COUNTED:
        # Fewer are possible: what an earlier test had left in this process may have been collected meanwhile.
        assert last[key] <= first[key], (key, first, last)
    assert last["host_mb"] < first["host_mb"] + 10 and last["supervisor_mb"] < first["supervisor_mb"] + 4, (first, last)


@pytest.mark.slow
def test_5_000_jobs_leave_nothing(backend: str, record_property: Callable[[str, object], None]) -> None:
    _soak(backend, 5_000, record_property)


@pytest.mark.proof
@pytest.mark.timeout(4 * 3600)
def test_100_000_jobs_leave_nothing(backend: str, record_property: Callable[[str, object], None]) -> None:
    _soak(backend, 100_000, record_property)


def test_output_is_not_kept_by_the_engine() -> None:
    """Check that the engine keeps no log of a container, which would grow on the host's disk without bound."""
    require("docker")
    client = container_engine.connect()
    try:
        with Sandbox("docker", 1, LIMITS, run_id=f"log-{os.getpid()}") as sandbox:
            sandbox.run(
                Job("stdin", b"print('x' * 500_000)", limits=Limits(memory_mb=128, output_bytes=1 << 20, processes=16))
            )
            (made,) = containers(sandbox.run_id)
            settings = client.api.inspect_container(made)["HostConfig"]
        assert settings["LogConfig"]["Type"] == "none"
        assert settings["NetworkMode"] == "none" and settings["ReadonlyRootfs"] and settings["CapDrop"] == ["ALL"]
        assert (
            settings["SecurityOpt"] == ["no-new-privileges"]
            and settings["PidsLimit"] > 0
            and settings["Memory"] == settings["MemorySwap"] > 0
        )
    finally:
        client.close()
