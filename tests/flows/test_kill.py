"""Kill it anywhere: a run ends with the same bytes, by the same command, and nothing is left behind.

Here is the sample that CI runs: a chain of kills in one run, each kind of boundary once and at random moments, and the kill of single processes.
The full matrix, each kill in a run of its own, is a proof (`make proofs`).
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from infra.paths import ROOT, SCRATCH
from infra.store import Store
from tests.flows.runs import NAME, TINY, Finished, Server, clean_environment, command, kill_tree, settings, tree

SPEC = "specs/quickstart.yaml"
ALONE = [SPEC, *settings(*TINY, f"name={NAME}", "advantage.alpha=0", "control=null")]
SEED = int(os.environ.get("KILL_SEED", "17"))

#: Each kind of boundary once, in the order in which one run comes by them; counts begin anew with each start.
CHAIN = (
    "within data 0", "within policy 0", "after evaluate 0", "during rollout 0", "after rollout 1", "within verdict 0", "during train 0", "after train 1",
    "within policy 0", "within evaluate 0", "publish report.html 0",
)  # fmt: skip

#: What a run of three iterations commits: (stage, how often).
COMMITS = (("data", 1), ("policy", 3), ("evaluate", 2), ("rollout", 6), ("verdict", 3), ("train", 3))
MATRIX = (
    *(f"{event} {stage} {n}" for stage, count in COMMITS for n in range(count) for event in ("within", "after")),
    *(f"during {stage} {n}" for stage, count in (("rollout", 8), ("verdict", 3), ("train", 3)) for n in range(count)),
    *(f"publish {file} 0" for file in ("spec.yaml", "run.json", "metrics.jsonl", "evaluations.json", "report.html")), "publish run.json 1",
)  # fmt: skip


def reference(finished: Finished) -> dict[str, str]:
    """stage/key -> digest of all that the run alone commits; and the digest of its record."""
    store = finished.store
    (run,) = store.files.list(f"runs/{NAME}")
    record = json.loads(store.files.read(f"runs/{NAME}/{run}/run.json"))
    wanted = [("policy", lineage) for lineage in record["lineages"]] + [("train", lineage) for lineage in record["lineages"][1:]]
    wanted += [("evaluate", row["artifact"]) for row in json.loads(store.files.read(f"runs/{NAME}/{run}/evaluations.json"))]
    for lineage in record["lineages"][1:]:
        step = store.find("train", lineage)
        assert step is not None
        wanted += [("data", step.inputs["data"]), ("verdict", step.inputs["verdicts"]), *(("rollout", key) for key in step.inputs["rollouts"])]
    found = {f"{stage}/{key}": store.find(stage, key) for stage, key in wanted}
    return {name: manifest.sha256 for name, manifest in found.items() if manifest is not None}


def committed(store: Store) -> dict[str, str]:
    """stage/key -> digest of what is there, each payload verified."""
    found = {}
    for stage in store.files.list("steps"):
        for key in store.files.list(f"steps/{stage}"):
            manifest = store.find(stage, key)
            if manifest is not None and store.intact(manifest):
                found[f"{stage}/{key}"] = manifest.sha256
    return found


def record_of(store: Store) -> list[bytes]:
    """What the run's record says, and no clock with it."""
    (run,) = store.files.list(f"runs/{NAME}")
    return [store.files.read(f"runs/{NAME}/{run}/{file}") for file in ("metrics.jsonl", "evaluations.json", "run.json")]


class Killed:
    """A run in a store of its own. Remembers every process that it saw, so that the end can ask for what is left."""

    def __init__(self, folder: Path, environment: dict[str, str], finished: Finished) -> None:
        self.folder, self.environment, self.finished = folder, environment, finished
        self.store = Store(folder.as_uri())

    def arguments(self, *more: str) -> list[str]:
        return [*ALONE, *settings(f"store={self.folder.as_uri()}", *more)]

    def start(self, moments: str) -> subprocess.Popen[str]:
        line = [sys.executable, "-m", "tests.flows.killed", moments, *self.arguments()]
        return subprocess.Popen(line, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def killed_at(self, moment: str) -> str:
        """What it printed until it was killed as a tree."""
        process = self.start(f"{moment}=tree")
        out, _ = process.communicate(timeout=240)
        assert process.returncode == -signal.SIGKILL, f"{moment}: {process.returncode}\n{out}"
        return out

    def killed_after(self, seconds: float) -> None:
        """As a tree, wherever it is then; it may have ended."""
        process = subprocess.Popen(command(self.arguments()), cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=seconds)
        kill_tree(process)

    def ends(self) -> tuple[str, float]:
        """One command ends the run: what it printed, and the seconds that it took."""
        began = time.monotonic()
        done = subprocess.run(command(self.arguments()), cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout, time.monotonic() - began

    def check(self) -> None:
        """The same bytes as the uninterrupted run's, and nothing left."""
        wanted = reference(self.finished)
        found = committed(self.store)
        assert found == wanted, sorted({*wanted.items()} ^ {*found.items()})
        assert record_of(self.store) == record_of(self.finished.store)
        self.nothing_left()

    def nothing_left(self) -> None:
        ours = str(self.folder)
        left = [p.info for p in psutil.process_iter(["pid", "cmdline"]) if any(ours in word or NAME in word for word in p.info["cmdline"] or [])]
        assert left == []
        for folder in (*SCRATCH.iterdir(), *Path(tempfile.gettempdir()).glob("armature-*-*")):
            pid = folder.name.removeprefix("armature-").partition("-")[0]
            assert Path(f"/proc/{pid}").exists(), f"{folder} outlived its process"
        subprocess.run([sys.executable, "-m", "infra.store", "gc", "--store", self.folder.as_uri(), "--grace", "0"], cwd=ROOT, check=True, capture_output=True)
        for folder in self.folder.glob("steps/*/*"):
            manifest = self.store.find(folder.parent.name, folder.name)
            assert manifest is not None, folder
            assert {each.name for each in folder.iterdir()} == {"MANIFEST.json", "LEDGER.json", manifest.folder}
        assert [path for path in self.folder.rglob("*") if path.name.endswith(".tmp")] == []


@pytest.fixture()
def killed(finished: Finished, prefect_server: Server, tmp_path: Path) -> Killed:
    return Killed(tmp_path / "store", prefect_server.environment, finished)


@pytest.mark.slow()
@pytest.mark.timeout(900)
def test_a_run_killed_at_each_kind_of_boundary_ends_with_the_same_bytes(killed: Killed) -> None:
    wanted = reference(killed.finished)
    for moment in CHAIN:
        killed.killed_at(moment)
        found = committed(killed.store)
        assert found.items() <= wanted.items(), moment
    assert killed.ends()[0].count("nothing to do") == 1
    killed.check()


@pytest.mark.slow()
@pytest.mark.timeout(600)
def test_a_run_killed_at_random_moments_ends_with_the_same_bytes(killed: Killed, record_property: Callable[[str, object], None]) -> None:
    moments = [round(random.Random(SEED).uniform(3.0, 16.0), 2) for _ in range(3)]
    record_property("seconds", moments)
    for seconds in moments:
        killed.killed_after(seconds)
    killed.ends()
    killed.check()


@pytest.mark.slow()
@pytest.mark.timeout(600)
def test_single_processes_killed_are_replaced_and_the_run_ends_with_the_same_bytes(killed: Killed) -> None:
    killed.environment = clean_environment()  # embedded: Prefect's server is one of the processes
    process = killed.start("during rollout 2=tasks.rollout.server;during train 1=tasks.train.rank;within rollout 5=uvicorn")
    out, _ = process.communicate(timeout=300)
    assert process.returncode == 0, out
    assert [line.split()[-1] for line in out.splitlines() if line.startswith("killed")] == ["tasks.rollout.server", "tasks.train.rank", "uvicorn"]
    assert "attempt 1 failed (rollout engine" in out and "attempt 1 failed (trainer: rank 0 died" in out and "another one takes its place" in out
    assert "nothing to do" in killed.ends()[0]
    killed.check()


@pytest.mark.slow()
@pytest.mark.timeout(300)
def test_sigterm_lets_a_shard_finish_and_ends_the_run_within_20_s(killed: Killed) -> None:
    process = subprocess.Popen(command(killed.arguments()), cwd=ROOT, env=killed.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    out = ""
    for line in process.stdout:
        out += line
        if "evaluation after 0" in line:
            break
    time.sleep(0.2)  # in the first rollouts, or where an engine starts
    family = tree(process)
    began = time.monotonic()
    process.terminate()
    out += process.communicate(timeout=30)[0]
    seconds = time.monotonic() - began
    assert process.returncode in (-signal.SIGTERM, 128 + signal.SIGTERM), (process.returncode, out)
    assert seconds < 20.0, seconds
    assert "Traceback" not in out and "the same command goes on from here" in out, out
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []
    (record,) = [json.loads(path.read_text()) for path in killed.folder.glob("runs/*/*/run.json")]
    assert record["state"] == "stopped" and "SIGTERM" in record["reason"]
    assert set(committed(killed.store)) <= set(reference(killed.finished))
    killed.ends()
    killed.check()


# -- the full matrix -------------------------------------------------------------------------------------------------------------


@pytest.mark.proof()
@pytest.mark.timeout(600)
@pytest.mark.parametrize("moment", MATRIX)
def test_killed_once_at_a_boundary(moment: str, killed: Killed, record_property: Callable[[str, object], None]) -> None:
    killed.killed_at(moment)
    out, seconds = killed.ends()
    record_property("seconds_to_end", round(seconds, 1))
    record_property("replayed", out.count("replaying iteration"))
    killed.check()


@pytest.mark.proof()
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seconds", [round(random.Random(f"kill {n}").uniform(2.0, 30.0), 2) for n in range(20)])
def test_killed_once_at_a_random_moment(seconds: float, killed: Killed) -> None:
    killed.killed_after(seconds)
    killed.ends()
    killed.check()


@pytest.mark.proof()
@pytest.mark.timeout(600)
@pytest.mark.parametrize("moment", ["during rollout 0", "during rollout 3", "during train 0", "during train 2", "within rollout 1", "within policy 2"])
@pytest.mark.parametrize("victim", ["tasks.rollout.server", "tasks.train.rank", "torch.distributed.run", "uvicorn"])
def test_one_process_killed(moment: str, victim: str, killed: Killed) -> None:
    killed.environment = clean_environment()
    process = killed.start(f"{moment}={victim}")
    out, _ = process.communicate(timeout=300)
    assert "no process of" in out or f"of {victim}" in out, out
    killed.ends()
    killed.check()
