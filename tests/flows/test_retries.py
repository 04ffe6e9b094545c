"""Why a task was tried again, and how often, stands where people look: the task run in a real Prefect server, and the
error at the end.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from specs.paths import REPOSITORY_ROOT as ROOT
from tests.flows.runs import Server
from tests.infra.waiting import DEADLINE_S

FLOWS = """
import logging, os, signal, sys
from pathlib import Path
from infra import prefect_runtime
prefect_runtime.configure()
from prefect import flow, task
from infra.resident import Resident
from infra.errors import EngineError, StoreError
from tasks.stage import TASK_OPTIONS
from tasks.errors import OutOfMemory

OPTIONS = {**TASK_OPTIONS, "retry_delay_seconds": [0.1, 0.2]}
folder = Path(sys.argv[1])
tries = {}

@task(name="step", task_run_name="step {name}", **OPTIONS)
def step(name, failures, error):
    tries[name] = tries.get(name, 0) + 1
    if tries[name] <= failures:
        raise error(f"{name}: does not answer, {tries[name]}")
    return tries[name]

engines = []

@task(name="engine", task_run_name="engine {way}", **OPTIONS)
def engine(way):
    if not engines or not engines[-1].alive:
        argv = [sys.executable, str(folder / "child.py"), str(folder / way)]
        engines.append(Resident("engine", argv, log=folder / f"{way}.log", env={"PYTHONPATH": os.getcwd()}))
        print("pid", engines[-1].pids[0])
    return engines[-1].call(way, deadline_s=1.5)[0]

@flow(name="recovers")
def recovers():
    values = [step("recovers", 2, StoreError)]
    for way in ("sleep", "c_loop", "sigstop"):
        values.append(engine(way))
        engines[-1].stop()
    return values

@flow(name="fails")
def fails(name, error):
    return step(name, 9, error)

print("values", recovers())
# as the command line, which prints Armature's lines itself
logging.getLogger("armature").handlers[:] = [logging.NullHandler()]
for name, error in (("away", StoreError), ("broken", EngineError), ("large", OutOfMemory)):
    try:
        fails(name, error)
    except error as caught:
        print(name, type(caught).__name__, caught)
"""
#: Hangs in its first life.
CHILD = """
import argparse, collections, itertools, os, signal, time
from pathlib import Path
from infra.resident import serve

class Handler:
    def first(self):
        again = marker.exists()
        marker.touch()
        return not again

    def sleep(self):
        if self.first():
            time.sleep(600)
        return "slept"

    def c_loop(self):
        if self.first():
            collections.deque(itertools.repeat(None), maxlen=0)
        return "counted"

    def sigstop(self):
        if self.first():
            os.kill(os.getpid(), signal.SIGSTOP)
            time.sleep(600)
        return "went on"

parser = argparse.ArgumentParser()
parser.add_argument("marker", type=Path)
parser.add_argument("--address")
arguments = parser.parse_args()
marker = arguments.marker
serve(Handler, arguments.address)
"""


def named(server: Server, name: str) -> tuple[list[tuple[str, str]], list[str]]:
    """(name, message) of the states of a task run, and the warnings and errors in its log."""
    (run,) = httpx.post(f"{server.api}/task_runs/filter", json={"task_runs": {"name": {"any_": [name]}}}).json()
    states = httpx.get(f"{server.api}/task_run_states/", params={"task_run_id": run["id"]}).json()
    lines = httpx.post(
        f"{server.api}/logs/filter",
        json={"logs": {"task_run_id": {"any_": [run["id"]]}, "level": {"ge_": 30}}, "sort": "TIMESTAMP_ASC"},
    )
    return [(state["name"], state["message"] or "") for state in states], [line["message"] for line in lines.json()]


def finished(server: Server, name: str) -> tuple[list[tuple[str, str]], list[str]]:
    """The same, once the server has written all that it was sent."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        found: tuple[list[tuple[str, str]], list[str]] = ([], [])
        with contextlib.suppress(ValueError):  # the task run is not there yet
            found = named(server, name)
        if len(found[1]) >= 2 and len(found[0]) >= 7:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.5)


@pytest.mark.slow()
def test_a_task_that_is_tried_again_says_why_and_a_hung_engine_is_replaced(
    prefect_server: Server, tmp_path: Path
) -> None:
    (tmp_path / "child.py").write_text(CHILD)
    (tmp_path / "flows.py").write_text(FLOWS)
    command = [sys.executable, str(tmp_path / "flows.py"), str(tmp_path)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**prefect_server.environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    out: dict[str, str] = dict(line.split(" ", 1) for line in done.stdout.splitlines() if not line.startswith("pid "))
    assert out["values"] == "[3, 'slept', 'counted', 'went on']"
    started = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("pid ")]
    assert len(started) == 6 and not [pid for pid in started if Path(f"/proc/{pid}").exists()], (
        "each way takes a second engine, and none is left"
    )

    states, log = finished(prefect_server, "step recovers")
    assert [name for name, _ in states] == [
        "Pending",
        "Running",
        "AwaitingRetry",
        "Retrying",
        "AwaitingRetry",
        "Retrying",
        "Completed",
    ]
    assert log == [
        "step recovers: attempt 1 of 3 failed, the next one comes in 0.1 s: StoreError: recovers: does not answer, 1",
        "step recovers: attempt 2 of 3 failed, the next one comes in 0.2 s: StoreError: recovers: does not answer, 2",
    ]
    for way, where in (("sleep", "in sleep"), ("c_loop", "in c_loop"), ("sigstop", "state stopped")):
        (stacks,) = tmp_path.glob(f"{way}.log.stacks-*")
        assert where in stacks.read_text()
        (line,) = (text for text in named(prefect_server, f"engine {way}")[1])
        assert (
            f"engine {way}: attempt 1 of 3 failed" in line
            and f"{way} took longer than 1.5 s; its stacks are in {stacks}" in line
        )

    states, log = finished(prefect_server, "step away")
    assert states[-1] == ("Failed", "Task run encountered an exception StoreError: away: does not answer, 3")
    assert [line.partition(" failed")[0] for line in log[:2]] == [
        "step away: attempt 1 of 3",
        "step away: attempt 2 of 3",
    ]

    for name, kind, awaited in (("away", "StoreError", "the store"), ("broken", "EngineError", "an engine that works")):
        begin, _, end = out[name].partition(" times in ")
        assert begin == f"{kind} {name}: does not answer, 3; step {name} was tried 3"
        assert end.endswith(f" s, waiting for {awaited}: started again, it goes on from here"), (
            "one line, with its type, for the command line"
        )
    assert out["large"] == "OutOfMemory large: does not answer, 1", "another attempt would not mend it"
