"""Kill it anywhere: a run ends with the same bytes, by the same command, and nothing is left behind.

First the sample that CI runs: a chain of kills in one run, each kind of boundary once and then random moments; the
kill of single processes; SIGTERM. The full matrix, each kill in a run of its own, is a proof (`make proofs`).
"""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.flows.killed_run import Killed, committed, reference, run_folder
from tests.flows.runs import Finished, Server, clean_environment, settings, tree

SEED = int(os.environ.get("KILL_SEED", "17"))

#: Each kind of boundary once, in the order in which one run comes by them; counts begin anew with each start.
CHAIN = (
    "within data 0",
    "within policy 0",
    "after evaluate 0",
    "during rollout 0",
    "after rollout 1",
    "within verdict 0",
    "during train 0",
    "after train 1",
    "within policy 0",
    "within evaluate 0",
    "publish report.html 0",
)

#: What a run of three iterations commits: (stage, how often).
COMMITS = (("data", 1), ("policy", 3), ("evaluate", 2), ("rollout", 6), ("verdict", 3), ("train", 3))
MATRIX = (
    *(f"{event} {stage} {n}" for stage, count in COMMITS for n in range(count) for event in ("within", "after")),
    *(f"during {stage} {n}" for stage, count in (("rollout", 8), ("verdict", 3), ("train", 3)) for n in range(count)),
    *(f"publish {file} 0" for file in ("spec.yaml", "run.json", "metrics.jsonl", "evaluations.json", "report.html")),
    "publish run.json 1",
)


@pytest.fixture()
def killed(prefect_server: Server, tmp_path: Path) -> Killed:
    return Killed(tmp_path / "store", prefect_server.environment)


@pytest.mark.slow()
@pytest.mark.timeout(1200)
@pytest.mark.turn
def test_a_run_killed_at_each_kind_of_boundary_and_at_random_moments(
    killed: Killed, finished: Finished, record_property: Callable[[str, object], None]
) -> None:
    wanted = reference(finished.store)
    for moment in CHAIN[:-1]:
        killed.killed_at(moment)
        assert committed(killed.store).items() <= wanted.items(), moment
    chance = random.Random(SEED)
    moments = [round(chance.uniform(2.0, 12.0), 2) for _ in range(3)]
    record_property("random_moments_s", moments)
    for seconds in moments:
        killed.killed_after(seconds)
        assert committed(killed.store).items() <= wanted.items(), seconds
    killed.killed_at(CHAIN[-1])
    assert "nothing to do" in killed.ends()[0]
    killed.check(finished.store)


@pytest.mark.slow()
@pytest.mark.timeout(1200)
@pytest.mark.turn
def test_a_run_of_an_adapter_killed_at_its_own_boundaries(prefect_server: Server, tmp_path: Path) -> None:
    more = settings("policy.adapter={rank: 4}", "train.learning_rate=0.01")
    whole, killed = (Killed(tmp_path / name, prefect_server.environment, more) for name in ("whole", "killed"))
    whole.ends()
    for moment in ("within policy 0", "within policy 1", "during train 1", "after train 1", "within policy 0"):
        killed.killed_at(moment)
        assert committed(killed.store).items() <= committed(whole.store).items(), moment
    killed.ends()
    killed.check(whole.store)


@pytest.mark.proof()
@pytest.mark.timeout(600)
def test_single_processes_that_are_killed_are_replaced(killed: Killed, finished: Finished) -> None:
    killed.environment = clean_environment()  # embedded: Prefect's server is one of the processes
    process = killed.start(
        "during rollout 2=tasks.rollout.server;during train 1=tasks.train.rank;within rollout 5=uvicorn"
    )
    out, _ = process.communicate(timeout=400)
    assert process.returncode == 0, out
    assert [line.split()[-1] for line in out.splitlines() if line.startswith("killed")] == [
        "tasks.rollout.server",
        "tasks.train.rank",
        "uvicorn",
    ]
    assert (
        "rollout engine: rank 0 died" in out and "trainer: rank 0 died" in out and "another one takes its place" in out
    )
    killed.check(finished.store)


@pytest.mark.slow()
@pytest.mark.timeout(400)
@pytest.mark.turn
def test_sigterm_lets_what_is_under_way_finish_and_ends_the_run(killed: Killed, finished: Finished) -> None:
    process = killed.start("during train 1=sigterm")
    assert process.stdout is not None
    out, family = "", []
    for line in process.stdout:
        out += line
        if "SIGTERM: what is under way may finish" in line:
            family = tree(process)
    process.wait(timeout=200)  # its own limit is 20 s
    assert family and process.returncode == -signal.SIGTERM, (process.returncode, out)
    assert len(killed.store.files.list("steps/train")) == 2, (
        "the training step that was under way was finished, and no other was begun"
    )
    assert "Traceback" not in out and "the same command goes on from here" in out, out
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []
    record = json.loads(killed.store.files.read(f"{run_folder(killed.store)}/run.json"))
    assert record["state"] == "stopped" and "SIGTERM" in record["reason"]
    killed.ends()
    killed.check(finished.store)


# -- the full matrix
# -------------------------------------------------------------------------------------------------------------


@pytest.mark.proof()
@pytest.mark.timeout(600)
@pytest.mark.parametrize("moment", MATRIX)
def test_killed_once_at_a_boundary(
    moment: str, killed: Killed, finished: Finished, record_property: Callable[[str, object], None]
) -> None:
    killed.killed_at(moment)
    out, seconds = killed.ends()
    record_property("seconds_to_end", round(seconds, 1))
    record_property("replayed", out.count("replaying iteration"))
    killed.check(finished.store)


@pytest.mark.proof()
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seconds", [round(random.Random(f"kill {n}").uniform(2.0, 30.0), 2) for n in range(20)])
def test_killed_once_at_a_random_moment(seconds: float, killed: Killed, finished: Finished) -> None:
    killed.killed_after(seconds)
    killed.ends()
    killed.check(finished.store)


@pytest.mark.proof()
@pytest.mark.timeout(600)
@pytest.mark.parametrize("moment", ["during rollout 3", "during train 2", "within policy 2"])
@pytest.mark.parametrize("victim", ["tasks.rollout.server", "tasks.train.rank", "torch.distributed.run", "uvicorn"])
def test_one_process_killed(moment: str, victim: str, killed: Killed, finished: Finished) -> None:
    killed.environment = clean_environment()
    process = killed.start(f"{moment}={victim}")
    out, _ = process.communicate(timeout=400)
    assert f"of {victim}" in out, out
    killed.ends()
    killed.check(finished.store)
