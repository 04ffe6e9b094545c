"""The control is the control:

GRPO, and ARM with alpha 0, through every stage, each in a store and with engines of its own, are equal byte for byte.

In one store they share data, warm start and first rollouts (tests/flows/test_run.py); here each has made everything
itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM

from infra.store import Manifest
from tasks import table
from tasks.engines.open_run import OpenRun
from tasks.run.artifacts import rollouts_of, verdicts_of
from tasks.train.batch import GroupBatch
from tasks.train.forward import PolicyModule
from tasks.train.inputs import group_batch, step_settings
from tasks.train.settings import StepSettings
from tests.tasks.small_run import iterate, opened
from tests.tasks.train.tools import changed, run

pytestmark = pytest.mark.slow()

ITERATIONS = 2
COMMON = (f"train.iterations={ITERATIONS}", "checkpoint.every=1")
RUNS = {"grpo": ("advantage.estimator=grpo",), "arm": ("advantage.estimator=arm", "advantage.alpha=0")}


@dataclass(frozen=True)
class Made:
    """What a run left in its store."""

    run: OpenRun
    folder: Path  # of this test's, for weights

    def step(self, k: int) -> Manifest:
        return self.run.session.require("train", self.run.experiment.lineage(k + 1))

    def policy(self, k: int) -> Manifest:
        return self.run.session.require("policy", self.run.experiment.lineage(k))

    def rollouts(self, k: int) -> list[dict[str, Any]]:
        """Rows without the name of the policy, which is another from iteration 1 on."""
        manifests = [self.run.session.require("rollout", key) for key in self.step(k).inputs["rollouts"]]
        rows = [
            row for manifest in manifests for row in table.from_bytes(self.run.store.read(manifest, "rollouts.parquet"))
        ]
        return [{name: value for name, value in row.items() if name != "lineage"} for row in rows]

    def training(self, k: int) -> tuple[PolicyModule, GroupBatch, StepSettings]:
        """The weights, rollouts and settings that iteration `k` was trained with."""
        folder, inputs = self.folder / str(k), self.step(k).inputs
        if not folder.exists():
            self.run.store.fetch(self.policy(k), folder)
        batch = group_batch(
            self.run.dataset.by_id,
            rollouts_of(self.run.session, inputs["rollouts"]),
            verdicts_of(self.run.session, inputs["verdicts"]),
        )
        spec = step_settings(inputs["part"], token_budget=8192, audit_max_mean=1e-3, audit_min_effective_share=0.5)
        return PolicyModule(AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)), batch, spec

    def gradients(self, k: int, **changes: Any) -> list[Tensor]:
        """Of each optimizer step, by plain torch: AdamW's moments, which the ranks save, are compared too."""
        module, batch, spec = self.training(k)
        return run(module, batch, changed(spec, **changes)).engine.gradients


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Made, Made]]:
    folder = tmp_path_factory.mktemp("control")
    with opened(folder / "grpo-store", *COMMON, *RUNS["grpo"]) as grpo:
        iterate(grpo, ITERATIONS)
        with opened(folder / "arm-store", *COMMON, *RUNS["arm"]) as arm:
            iterate(arm, ITERATIONS)
            assert grpo.session.found == arm.session.found == 0, "a step was not made by the run itself"
            yield Made(grpo, folder / "grpo"), Made(arm, folder / "arm")


def test_the_runs_are_two_and_do_something(runs: tuple[Made, Made]) -> None:
    grpo, arm = runs
    assert grpo.run.store.uri != arm.run.store.uri
    lineages = [[made.run.experiment.lineage(k) for k in range(ITERATIONS + 1)] for made in runs]
    assert lineages[0][0] == lineages[1][0] and not set(lineages[0][1:]) & set(lineages[1][1:]), (
        "one start, two lineages"
    )
    assert (
        len({made.policy(k).files["model.safetensors"].sha256 for made in runs for k in range(ITERATIONS + 1)})
        == ITERATIONS + 1
    )
    for k in range(ITERATIONS):
        with_arm = arm.gradients(k, alpha=0.3)
        assert not any(torch.equal(a, b) for a, b in zip(with_arm, grpo.gradients(k), strict=True)), (
            "alpha does nothing here"
        )


@pytest.mark.parametrize("k", range(ITERATIONS))
def test_tokens_and_log_probabilities(runs: tuple[Made, Made], k: int) -> None:
    grpo, arm = (made.rollouts(k) for made in runs)
    assert (
        grpo == arm and sum(len(row["response_ids"]) for row in grpo) == sum(len(row["logprobs"]) for row in grpo) > 0
    )


@pytest.mark.parametrize("k", range(ITERATIONS))
def test_advantages_and_metrics(runs: tuple[Made, Made], k: int) -> None:
    grpo, arm = (made.step(k) for made in runs)
    assert grpo.files["responses.parquet"] == arm.files["responses.parquet"]
    assert grpo.result == arm.result
    rows = table.from_bytes(runs[1].run.store.read(arm, "responses.parquet"))
    assert max(row["advantage"] for row in rows) > 0 > min(row["advantage"] for row in rows)


@pytest.mark.parametrize("k", range(ITERATIONS))
def test_gradients(runs: tuple[Made, Made], k: int) -> None:
    grpo, arm = (made.gradients(k) for made in runs)
    assert len(grpo) == len(arm) == 2
    for mine, control in zip(arm, grpo, strict=True):
        assert torch.equal(mine, control) and mine.norm() > 0


@pytest.mark.parametrize("k", range(ITERATIONS + 1))
def test_weights_and_optimizer(runs: tuple[Made, Made], k: int) -> None:
    grpo, arm = (made.policy(k) for made in runs)
    assert grpo.files == arm.files
    assert ("optimizer.safetensors" in grpo.files) == (k > 0), "the start has no moments yet"
