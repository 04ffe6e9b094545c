"""Nothing is left behind: not after the end, not after Ctrl-C, not after a SIGKILL of the parent, not after 5,000 jobs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from sandbox import container_engine
from sandbox.api import Sandbox
from sandbox.job import Job, Limits
from tests.backends import require
from tests.sandbox.conftest import LIMITS

ROOT = Path(__file__).parents[2]
PARENT = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell has started the tests in the background
from sandbox.api import Sandbox
from sandbox.job import Job, Limits
with Sandbox(sys.argv[1], 2, Limits(cpu_s=30, wall_s=60), run_id=sys.argv[2]) as sandbox:
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


def eventually(what: Callable[[], object], seconds: float = 15.0) -> bool:
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def processes(backend: str, parent: int, run_id: str) -> set[int]:
    """What runs in the slots of a sandbox that the process `parent` has started, by the machine's numbers."""
    if backend == "jail":
        return {child.pid for child in psutil.Process(parent).children(recursive=True)}
    client = container_engine.connect()
    try:
        tops = [client.api.top(container) for container in containers(run_id)]
    finally:
        client.close()
    return {int(row[top["Titles"].index("PID")]) for top in tops for row in top["Processes"]}


def folders() -> set[str]:
    return {str(p) for p in Path(tempfile.gettempdir()).glob("sandbox-*")}


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=["SIGKILL", "Ctrl-C", "SIGTERM"])
def test_the_end_of_the_parent_ends_everything(backend: str, how: signal.Signals) -> None:
    run_id = f"parent-{os.getpid()}-{how}"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, backend, run_id], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert parent.stdout is not None and parent.stdout.readline() == b"running\n"
        time.sleep(0.3)
        inside = processes(backend, parent.pid, run_id)
        assert len(inside) >= 4, "two supervisors, two programs"
        if backend == "docker":
            assert len(containers(run_id)) == 2
        parent.send_signal(how)
        parent.wait(timeout=20)
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
    assert eventually(lambda: not any(map(psutil.pid_exists, inside))), inside
    if backend == "docker":
        assert eventually(lambda: not containers(run_id))


def test_folders_of_the_killed_are_swept() -> None:
    require("jail")
    before = folders()
    with Sandbox("jail", 1, LIMITS):
        mine = folders() - before
    assert mine and not mine & folders()
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    ).stdout.strip()
    left = tempfile.mkdtemp(prefix=f"sandbox-{gone}-")
    with Sandbox("jail", 1, LIMITS):
        assert left not in folders(), "the start sweeps what a killed one left"


def test_containers_of_the_killed_are_reaped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers remove themselves; should one not (the engine was killed too), the next start does it."""
    require("docker")
    client = container_engine.connect()
    try:
        gone = subprocess.run(
            [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
        ).stdout.strip()
        with Sandbox("docker", 1, LIMITS) as sandbox:
            labels = {**container_engine.labels("orphan"), f"{container_engine.LABEL}.pid": gone}
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


def _soak(backend: str, jobs: int, report: Callable[[str, object], None]) -> None:
    """`jobs` programs in a row, each of which leaves what it can."""
    program = b"import os\nopen('/tmp/x', 'w').write('1')\nif os.fork() == 0:\n    os.setsid()\n    while True: pass\nprint(input())"
    plain = Job("stdin", b"print(input())", stdin=b"1", limits=LIMITS)
    messy = Job("stdin", program, stdin=b"1", limits=LIMITS)
    with Sandbox(backend, 2, LIMITS, run_id=f"soak-{os.getpid()}") as sandbox:  # type: ignore[arg-type]
        me = psutil.Process()

        def some(count: int) -> None:
            for future in [sandbox.submit(messy if k % 50 == 0 else plain) for k in range(count)]:
                assert future.result().stdout == b"1\n"

        def state() -> dict[str, float]:
            children = [psutil.Process(pid) for pid in processes(backend, os.getpid(), sandbox.run_id)]
            return {
                "host_mb": me.memory_info().rss / 2**20, "host_fds": me.num_fds(), "host_threads": me.num_threads(), "processes": len(children),
                "supervisor_mb": sum(c.memory_info().rss for c in children) / 2**20, "supervisor_fds": sum(c.num_fds() for c in children),
                "containers": len(containers(sandbox.run_id)) if backend == "docker" else 0, "folders": len(folders()),
            }  # fmt: skip

        some(500)
        first = state()
        began = time.monotonic()
        for _ in range(max(1, jobs // 1000)):
            some(min(jobs, 1000))
        last = state()
        report("first", first)
        report("last", last)
        report("jobs_per_s", round(jobs / (time.monotonic() - began)))
        assert (sandbox.counters.slots_lost, sandbox.counters.slots_retired) == (0, 0)
    for key in ("host_fds", "host_threads", "processes", "supervisor_fds", "containers", "folders"):
        assert last[key] <= first[key], (
            key,
            first,
            last,
        )  # fewer: what an earlier test had left in this process was collected meanwhile
    assert last["host_mb"] < first["host_mb"] + 10 and last["supervisor_mb"] < first["supervisor_mb"] + 4, (first, last)


@pytest.mark.slow
def test_5_000_jobs_leave_nothing(backend: str, record_property: Callable[[str, object], None]) -> None:
    _soak(backend, 5_000, record_property)


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_100_000_jobs_leave_nothing(backend: str, record_property: Callable[[str, object], None]) -> None:
    _soak(backend, 100_000, record_property)


def test_output_is_not_kept_by_the_engine() -> None:
    """The engine's own log of a container grows on the host's disk without bound: there is none."""
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
