"""What an objective keeps beside the policy, through real ranks: trained, saved, restored, and not exported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, safe_open
from transformers import AutoModelForCausalLM

from specs.identity import train_part
from specs.load import load_spec
from tasks.engines.trainer import TrainerClient
from tasks.train.deepspeed_engine import SCALAR
from tasks.train.forward import PolicyModule
from tasks.train.inputs import adamw_settings, step_settings
from tasks.train.objectives.registry import head_of
from tests.specs.conftest import PUZZLE
from tests.tasks.train.test_deepspeed import BATCH, BETA, NEXT, apart, assert_identical, gradient_in, saved
from tests.tasks.train.tools import OPTIONS, changed, llama, run

OWN = "tests/tasks/train/plugins/own.py"
WAYS = [(1, 0), *(pytest.param((2, stage), marks=pytest.mark.slow) for stage in (2, 3))]
#: Names of the head's parameters in the optimizer's file.
HEAD = {f"objective/layers.{layer}.{kind}" for layer in (0, 2) for kind in ("weight", "bias")}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    llama(seed=3).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The training part of a spec whose objective asks for everything."""
    path = tmp_path_factory.mktemp("spec") / "x.yaml"
    path.write_text(PUZZLE + f"objective: {{use: '{OWN}:Everything', args: {{beta: 0.5, target: 1.5}}}}\n")
    return train_part(load_spec(path, ["train.weight_decay=0.1", "train.warmup_steps=0"], {}).spec)


@pytest.fixture
def trainer(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[TrainerClient]:
    ranks, stage = request.param
    made = TrainerClient(replace(OPTIONS, ranks=ranks, zero_stage=stage), tmp_path / "log")
    yield made
    made.stop()


def scalars_in(folder: Path) -> dict[str, float]:
    with safe_open(folder / "optimizer.safetensors", framework="pt") as file:
        assert file.metadata().keys() == {"steps"}  # several are written in a random order
        names = [name for name in file.keys() if name.startswith(SCALAR)]  # noqa: SIM118
        return {name.removeprefix(SCALAR): file.get_tensor(name).item() for name in names}


@pytest.mark.parametrize("trainer", WAYS, indirect=True)
def test_head_and_scalars_are_trained_saved_restored_and_not_exported(
    trainer: TrainerClient, part: dict[str, Any], weights: Path, tmp_path: Path
) -> None:
    step = step_settings(part, token_budget=60, audit_max_mean=1e9, audit_min_effective_share=0.0)
    step = replace(step, minibatch_prompts=2, learning_rate=1e-3)
    adamw = replace(adamw_settings(part), betas=(BETA, 0.999), max_grad_norm=1e9)

    trainer.load("start", weights, None, adamw)
    first = trainer.train("first", BATCH, changed(step, minibatch_prompts=100), 0)["metrics"]
    state = saved(trainer, tmp_path / "first", weights)
    policy_names = set(load_file(weights / "model.safetensors"))
    assert set(load_file(tmp_path / "first" / "model.safetensors")) == policy_names, "the head is exported"
    assert {name.removesuffix("/master") for name in state if name.endswith("/master")} == policy_names | HEAD
    assert scalars_in(tmp_path / "first") == {"coefficient": first["objective_coefficient"]}

    lm = AutoModelForCausalLM.from_pretrained(weights, attn_implementation="sdpa")
    head = head_of(step.objective, lm.config.hidden_size, part["seed"])
    assert head is not None
    module = PolicyModule(lm, head)
    done = run(module, BATCH, changed(step, minibatch_prompts=100, token_budget=100_000))
    flat = done.engine.gradients[0].split([p.numel() for p in module.parameters()])
    wanted = {
        name.removeprefix("lm.").replace("head.layers", "objective/layers"): each.reshape(p.shape)
        for (name, p), each in zip(module.named_parameters(), flat, strict=True)
    }
    assert apart(gradient_in(state), wanted) <= 1e-5
    assert all(torch.linalg.norm(wanted[name]) > 0 for name in HEAD)

    trainer.load("start", weights, None, adamw)
    trainer.train("one", BATCH, step, 0)
    middle = saved(trainer, tmp_path / "middle", weights)
    two = trainer.train("two", NEXT, step, 1)
    after = saved(trainer, tmp_path / "after", weights)
    assert all(not torch.equal(middle[f"{name}/master"], after[f"{name}/master"]) for name in HEAD)
    assert scalars_in(tmp_path / "middle") != scalars_in(tmp_path / "after")

    trainer.load("one", tmp_path / "middle", tmp_path / "middle", adamw)
    assert_identical(saved(trainer, tmp_path / "loaded"), middle)
    assert scalars_in(tmp_path / "loaded") == scalars_in(tmp_path / "middle")
    again = trainer.train("two", NEXT, step, 1)
    assert_identical(saved(trainer, tmp_path / "again"), after)
    assert again["metrics"] == two["metrics"]

    # Another objective goes on from the policy and its moments, without what it does not know.
    trainer.load("two", tmp_path / "after", tmp_path / "after", replace(adamw, head=None))
    bare = saved(trainer, tmp_path / "bare")
    assert_identical(bare, {name: tensor for name, tensor in after.items() if not name.startswith("objective/")})
    trainer.train("three", BATCH, changed(step, objective="ppo_clip"), 2)
    trainer.save(tmp_path / "other", optimizer=True)
    assert scalars_in(tmp_path / "other") == {}
    with safe_open(tmp_path / "other" / "optimizer.safetensors", framework="pt") as file:
        assert file.metadata() == {"steps": "9"}


@pytest.mark.slow
@pytest.mark.turn
@pytest.mark.parametrize("trainer", WAYS, indirect=True)
def test_what_is_chosen_and_adapted_over_a_minibatch_is_that_of_one_rank_and_goes_on_from_a_checkpoint(
    trainer: TrainerClient, part: dict[str, Any], weights: Path, tmp_path: Path
) -> None:
    """Clip-Cov, high entropy alone and an entropy target: the same tokens and coefficients on every rank."""
    step = step_settings(part, token_budget=60, audit_max_mean=1e9, audit_min_effective_share=0.0)
    step = changed(
        replace(step, minibatch_prompts=2, learning_rate=1e-3),
        objective="clip_cov",
        covariance_share=0.1,
        covariance_low=0.1,
        high_entropy_share=0.4,
        entropy_target={"target": 30.0, "delta": 0.01, "min": 0.02, "max": 0.5},
    )
    adamw = replace(adamw_settings(part), betas=(BETA, 0.999), max_grad_norm=1e9, head=None)

    trainer.load("start", weights, None, adamw)
    whole = changed(step, minibatch_prompts=100)
    trainer.train("first", BATCH, whole, 0)
    state = saved(trainer, tmp_path / "first", weights)
    module = PolicyModule(AutoModelForCausalLM.from_pretrained(weights, attn_implementation="sdpa"))
    done = run(module, BATCH, changed(whole, token_budget=100_000))
    flat = done.engine.gradients[0].split([p.numel() for p in module.parameters()])
    wanted = {
        name.removeprefix("lm."): each.reshape(p.shape)
        for (name, p), each in zip(module.named_parameters(), flat, strict=True)
    }
    assert apart(gradient_in(state), wanted) <= 1e-5
    assert scalars_in(tmp_path / "first") == done.iteration.scalars

    trainer.load("start", weights, None, adamw)
    trainer.train("one", BATCH, step, 0)
    saved(trainer, tmp_path / "middle", weights)
    two = trainer.train("two", NEXT, step, 1)
    after = saved(trainer, tmp_path / "after", weights)
    assert scalars_in(tmp_path / "middle") != scalars_in(tmp_path / "after")

    trainer.load("one", tmp_path / "middle", tmp_path / "middle", adamw)
    again = trainer.train("two", NEXT, step, 1)
    assert_identical(saved(trainer, tmp_path / "again"), after)
    assert again["metrics"] == two["metrics"] and scalars_in(tmp_path / "again") == scalars_in(tmp_path / "after")
