"""What a spec says of the mathematics reaches the ranks, for every estimator, objective and correction that it can name."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from specs.identity import train_part
from specs.schema import Advantage, ImportanceCorrection, Objective, Spec
from tasks.report.build import LABELS
from tasks.train.inputs import step_spec
from tasks.train.settings import StepSpec
from tests.tasks.train.tools import policy, rollouts, run

ESTIMATORS = get_args(Advantage.model_fields["estimator"].annotation)
KINDS = get_args(Objective.model_fields["kind"].annotation)
MODES = get_args(ImportanceCorrection.model_fields["mode"].annotation)


def settings(
    estimator: str = "arm", kind: str = "ppo_clip", mode: str = "auto", engine: str = "vllm", samples: int = 4
) -> StepSpec:
    spec = Spec.model_validate({
        "name": "x",
        "policy": {"model": "m/m", "dtype": "float32"},
        "data": {"train": "a.jsonl", "verifier": "math"},
        "rollout": {"engine": engine, "samples": samples, "prompts": 4},
        "advantage": {"estimator": estimator, "k": 2 if estimator == "pass_at_k" else None},
        "objective": {"kind": kind, "importance_correction": {"mode": mode, "cap": 3.0}},
        "train": {"minibatch_prompts": 2},
    })  # fmt: skip
    return step_spec(train_part(spec), token_budget=100, audit_max_mean=1e9, audit_min_effective_share=0.0)


@pytest.mark.parametrize(("estimator", "kind", "mode"), product(ESTIMATORS, KINDS, ("token", "sequence_mask")))
def test_an_iteration_of_every_combination_takes_its_steps(estimator: str, kind: str, mode: str) -> None:
    spec = settings(estimator, kind, mode)
    assert (spec.estimator, spec.objective, spec.importance_mode, spec.importance_cap) == (estimator, kind, mode, 3.0)
    metrics = run(policy(), rollouts(prompts=4, samples=4, longest=5), spec).result["metrics"]
    assert metrics["optimiser_steps"] == 2 and metrics["advantage_abs_mean"] > 0
    assert ("importance_masked_share" in metrics) == (mode == "sequence_mask")


def test_the_correction_follows_the_engine_unless_it_is_said() -> None:
    found = {
        (mode, engine): settings(mode=mode, engine=engine) for mode, engine in product(MODES, ("vllm", "transformers"))
    }
    on = {key for key, spec in found.items() if spec.importance_cap is not None}
    assert on == {("auto", "vllm"), *product(("token", "sequence_mask"), ("vllm", "transformers"))}
    assert {key for key, spec in found.items() if spec.importance_mode == "sequence_mask"} == set(
        product(("sequence_mask",), ("vllm", "transformers"))
    )


def test_a_clip_that_the_objective_does_not_read_is_no_part_of_the_step() -> None:
    assert [(settings(kind=kind).clip_low, settings(kind=kind).clip_high) for kind in KINDS] == [
        (0.2, 0.28),
        (3e-4, 4e-4),
        (0.0, 0.28),
    ]


def test_reports_have_a_label_for_every_estimator() -> None:
    assert set(LABELS) == set(ESTIMATORS)
