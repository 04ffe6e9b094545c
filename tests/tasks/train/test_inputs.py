"""The mathematics of a spec reaches the ranks, for every estimator, objective and correction that it can name."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from specs.base import USE
from specs.identity import train_part
from specs.keys import choices
from specs.objectives import ImportanceCorrection
from specs.schema import Spec
from tasks.train.inputs import adamw_settings, step_settings
from tasks.train.settings import AdamWSettings, StepSettings
from tests.tasks.train.tools import flat, policy, rollouts, run

ESTIMATORS, KINDS = (
    [name for name in choices()[(section,)].members if name != USE] for section in ("advantage", "objective")
)
MODES = get_args(ImportanceCorrection.model_fields["mode"].annotation)


def settings(
    estimator: str = "arm", kind: str = "ppo_clip", mode: str = "auto", engine: str = "vllm", samples: int = 4
) -> StepSettings:
    spec = Spec.model_validate(
        {
            "name": "x",
            "policy": {"model": "m/m", "dtype": "float32"},
            "data": {"train": "a.jsonl", "verifier": "math"},
            "rollout": {"engine": engine, "samples": samples, "prompts": 4},
            "advantage": {"estimator": estimator, **({"k": 2} if estimator == "pass_at_k" else {})},
            "objective": {"kind": kind, "importance_correction": {"mode": mode, "cap": 3.0}},
            "train": {"minibatch_prompts": 2},
        }
    )
    return step_settings(train_part(spec), token_budget=100, audit_max_mean=1e9, audit_min_effective_share=0.0)


@pytest.mark.parametrize(("estimator", "kind", "mode"), product(ESTIMATORS, KINDS, ("token", "sequence_mask")))
def test_an_iteration_of_every_combination_takes_its_steps(estimator: str, kind: str, mode: str) -> None:
    spec = flat(settings(estimator, kind, mode))
    assert (spec.estimator, spec.objective, spec.importance_mode, spec.importance_cap) == (estimator, kind, mode, 3.0)
    batch = rollouts(prompts=4, samples=4, longest=5)
    metrics = run(policy(), batch, settings(estimator, kind, mode)).result["metrics"]
    assert metrics["optimiser_steps"] == 2 and metrics["advantage_abs_mean"] > 0
    assert ("importance_masked_share" in metrics) == (mode == "sequence_mask")


def test_the_correction_follows_the_engine_unless_it_is_said() -> None:
    found = {
        (mode, engine): flat(settings(mode=mode, engine=engine))
        for mode, engine in product(MODES, ("vllm", "transformers"))
    }
    on = {key for key, spec in found.items() if spec.importance_cap is not None}
    assert on == {("auto", "vllm"), *product(("token", "sequence_mask"), ("vllm", "transformers"))}
    assert {key for key, spec in found.items() if spec.importance_mode == "sequence_mask"} == set(
        product(("sequence_mask",), ("vllm", "transformers"))
    )


def test_a_clip_that_the_objective_does_not_read_is_no_part_of_the_step() -> None:
    clips = {"ppo_clip": (0.2, 0.28), "gspo": (3e-4, 4e-4), "cispo": (None, 0.28), "clip_cov": (1.0, 1.0)}
    for kind, wanted in clips.items():
        found = flat(settings(kind=kind))
        assert (found.clip_low, found.clip_high) == wanted


def test_the_part_of_an_old_manifest_is_read_back() -> None:
    """As the first version wrote it, for a control."""
    part = {
        "advantage": {
            "estimator": "grpo",
            "low_probability_fraction": 0.2,
            "prompt_confidence": "mean",
            "eps": 1e-06,
            "ddof": 1,
        },
        "objective": {
            "kind": "cispo",
            "clip_high": 0.28,
            "aggregation": "token_mean",
            "constant_length": None,
            "entropy_coefficient": 0.0,
            "importance_correction": {"mode": "sequence_mask", "cap": 2.0},
        },
        "train": {
            "minibatch_prompts": 16,
            "learning_rate": 0.0001,
            "warmup_steps": 10,
            "schedule": "constant",
            "decay_steps": None,
            "min_ratio": 0.0,
            "weight_decay": 0.1,
            "betas": [0.9, 0.999],
            "adam_eps": 1e-08,
            "max_grad_norm": 1.0,
        },
        "correct_at": 1.0,
        "temperature": 1.0,
        "dtype": "float32",
        "seed": 17,
    }
    read = flat(step_settings(part, token_budget=100, audit_max_mean=1e9, audit_min_effective_share=0.0))
    found = (read.estimator, read.ddof, read.objective, read.clip_high, read.importance_mode, read.minibatch_prompts)
    assert found == ("grpo", 1, "cispo", 0.28, "sequence_mask", 16)
    assert adamw_settings(part) == AdamWSettings((0.9, 0.999), 1e-08, 0.1, 1.0), "an objective without a head"
