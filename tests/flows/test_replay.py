"""A run that is killed between two checkpoints ends byte for byte as the one that was not: on 1 and 2 ranks, with both
engines.

Weights and optimizer, token ids, log-probabilities, rewards, advantages are in the digests of the steps' payloads;
metrics.jsonl and evaluations.json are compared as they are, the report once both stores say the same of how long
things took.

vLLM on a CPU gives the same tokens and log-probabilities for the same batch on the same number of threads, and a
shard is always the same batch. On a GPU neither sampling nor training is deterministic to the last bit: there a
resumed run has the same rollouts and verdicts, and weights that differ by rounding.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.flows.killed_run import Killed
from tests.flows.runs import Server, settings

Record = Callable[[str, object], None]
LONG = settings("train.iterations=10", "checkpoint.every=5", "evaluate.every=0")


@pytest.mark.proof()
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "more",
    [
        pytest.param((), id="1 rank"),
        pytest.param(("placement.ranks=2",), id="2 ranks", marks=pytest.mark.proof),
        pytest.param(("objective.kl.coefficient=0.1", "objective.reference.reset_every=5"), id="with a reference"),
    ],
)
def test_a_run_killed_at_iteration_8_replays_5_to_7(
    more: tuple[str, ...], prefect_server: Server, tmp_path: Path, record_property: Record
) -> None:
    same_after_a_kill([*LONG, *settings(*more)], prefect_server, tmp_path, record_property)


@pytest.mark.proof()
@pytest.mark.vllm()
@pytest.mark.timeout(1200)
def test_with_vllm(prefect_server: Server, tmp_path: Path, record_property: Record) -> None:
    same_after_a_kill([*LONG, *settings("rollout.engine=vllm")], prefect_server, tmp_path, record_property)


def same_after_a_kill(more: list[str], server: Server, tmp_path: Path, record_property: Record) -> None:
    whole, killed = (Killed(tmp_path / name, server.environment, more) for name in ("whole", "killed"))
    _, whole_s = whole.ends()
    began = time.monotonic()
    killed.killed_at("after train 7")
    killed_s = time.monotonic() - began
    assert sorted(killed.weights()) == [0, 5]
    out, ended_s = killed.ends(watched=True)
    lost_s = killed_s + ended_s - whole_s  # starting everything again, and the three steps since the checkpoint
    record_property(
        "seconds",
        {
            name: round(s, 1)
            for name, s in (("whole", whole_s), ("until killed", killed_s), ("to the end", ended_s), ("lost", lost_s))
        },
    )
    assert [line.split()[2] for line in out.splitlines() if line.startswith("replaying iteration")] == ["5", "6", "7"]
    (counts,) = [json.loads(line.removeprefix("events: ")) for line in out.splitlines() if line.startswith("events: ")]
    assert counts["during rollout"] == 2 * 2 + 1, (
        "the shards of iterations 8 and 9, and the evaluation at the end: nothing is sampled again"
    )
    assert counts["during verdict"] == 2 + 1
    assert counts["during train"] == 3 + 2, "three optimizer iterations repeated, two new"
    killed.check(whole.store)
    assert sorted(killed.weights()) == sorted(whole.weights()) == [0, 5, 10]
    assert killed.report() == whole.report()
