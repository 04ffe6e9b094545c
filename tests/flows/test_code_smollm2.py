"""Code training for real:

SmolLM2-135M writes programs with vLLM, the sandbox judges them, the policy is trained; each backend judges alike.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks import table
from tests.backends import BACKENDS, require
from tests.flows.runs import run_module, settings
from tests.models.smollm2 import LOCAL_MODEL

ROOT = Path(__file__).parents[2]
MODEL = ROOT / ".armature/models/SmolLM2-135M-Instruct"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.vllm,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(not MODEL.exists(), reason="no SmolLM2 weights: make smollm2"),
]
# A quarter of the spec's responses: they are what takes minutes on two cores.
SMALL = [
    *LOCAL_MODEL,
    "train.iterations=1",
    "rollout.prompts=2",
    "rollout.shard_prompts=2",
    "train.minibatch_prompts=1",
]
Judged = tuple[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("code")


def run(store: Path, backend: str) -> Judged:
    """One iteration, of which the store may have some: what was printed, and the verdicts."""
    changes = [*SMALL, f"reward.code.sandbox={backend}", f"store={store.as_uri()}"]
    done = run_module("flows.arm_train", "specs/code-smollm2.yaml", *settings(*changes), timeout=1400)
    assert done.returncode == 0, done.stderr[-2000:]
    (verdicts,) = store.glob("steps/verdict/*/data-*/verdicts.parquet")
    return done.stdout, table.from_bytes(verdicts.read_bytes())


@pytest.mark.parametrize("backend", BACKENDS)
def test_one_iteration(backend: str, store: Path, record_property: Callable[[str, object], None]) -> None:
    require(backend)
    before = [table.from_bytes(path.read_bytes()) for path in store.glob("steps/verdict/*/data-*/verdicts.parquet")]
    shutil.rmtree(
        store / "steps/verdict", ignore_errors=True
    )  # where another backend was first, the rollouts stay: the same programs are judged
    printed, verdicts = run(store, backend)
    assert f"sandbox: {backend}" in printed
    (metrics,) = store.glob("runs/code-smollm2/*/metrics.jsonl")
    (row,) = [json.loads(line) for line in metrics.read_text().splitlines()]
    assert abs(row["loss"]) < 10, "NaN fails this too"
    assert row["audit_mean"] < 1e-3, "engine and trainer in float32"
    assert row["responses"] == 16
    assert sum(row["verdicts"].values()) == 16
    assert row["not_judged_share"] == 0
    assert row["weak_trust_share"] == 0
    # Some of its programs are right and some are not, so there is something to learn from.
    assert 0 < row["verdicts"]["accepted"] < 16
    for other in before:
        assert [(v["kind"], v["answer"]) for v in verdicts] == [(v["kind"], v["answer"]) for v in other]
    (ledger,) = store.glob("steps/verdict/*/LEDGER.json")
    record_property("verdicts", row["verdicts"])
    record_property("judge_seconds", json.loads(ledger.read_text())["seconds"])


@pytest.mark.turn
def test_without_an_engine_one_line_says_so_before_any_model_is_loaded(tmp_path: Path) -> None:
    changes = [*LOCAL_MODEL, "reward.code.sandbox=docker", f"store={tmp_path.as_uri()}"]
    nowhere = {**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    done = run_module("flows.arm_train", "specs/code-smollm2.yaml", *settings(*changes), env=nowhere)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: docker: no Docker engine answers at unix:///") and "or use the jail" in line
    assert not any(tmp_path.glob("steps/rollout/*"))


@pytest.mark.turn
def test_the_same_command_again_starts_no_sandbox(store: Path) -> None:
    if not any(store.glob("steps/train/*")):
        pytest.skip("no backend was there to train with")
    printed, _ = run(store, BACKENDS[0])
    assert "nothing to do" in printed
    assert "sandbox" not in printed


@pytest.mark.proof()
def test_a_sandbox_that_is_killed_while_it_judges_gives_the_same_verdicts(store: Path) -> None:
    require("jail")
    found = [table.from_bytes(path.read_bytes()) for path in store.glob("steps/verdict/*/data-*/verdicts.parquet")]
    if not found:
        pytest.skip("no backend was there to train with")
    for stage in ("verdict", "train"):
        shutil.rmtree(store / "steps" / stage)
    changes = [*SMALL, "reward.code.sandbox=jail", f"store={store.as_uri()}"]
    supervisor = "-S -s -P -B -c"  # sandbox/bootstrap.py's ARGUMENTS
    kill, spec = f"during grade 10={supervisor}", "specs/code-smollm2.yaml"
    done = run_module("tests.flows.killed", kill, spec, *settings(*changes), timeout=1400)
    assert done.returncode == 0, done.stderr[-2000:]
    assert f"of {supervisor}" in done.stdout and "died" in done.stdout, done.stdout
    (verdicts,) = store.glob("steps/verdict/*/data-*/verdicts.parquet")
    assert [(v["kind"], v["answer"]) for v in table.from_bytes(verdicts.read_bytes())] == [
        (v["kind"], v["answer"]) for v in found[0]
    ]
