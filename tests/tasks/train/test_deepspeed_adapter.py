"""An adapter on real ranks: its gradient is plain torch's, whatever the ZeRO stage, and nothing else is kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import AutoModelForCausalLM

from specs.objectives import Kl, Reference
from specs.policy import Adapter
from tasks.checkpoint.adapter import adapter_name, inject, write_first_adapter
from tasks.checkpoint.merge import merge
from tasks.engines.trainer import TrainerClient
from tasks.train.forward import PolicyModule
from tests.tasks.train.test_deepspeed import (
    ADAMW,
    BATCH,
    CLIPPED,
    NEXT,
    STEP,
    STEPS,
    Trainers,
    apart,
    assert_identical,
    configured,
    gradient_in,
)
from tests.tasks.train.tools import OPTIONS, changed, llama, run

#: (ranks, ZeRO stage): without shards, with sharded frozen weights, and all the rest.
WAYS = [
    (1, 0),
    pytest.param(2, 3, marks=pytest.mark.slow),
    *(pytest.param(*way, marks=pytest.mark.proof) for way in ((1, 1), (1, 3), (2, 0), (2, 1), (2, 2))),
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    llama(seed=3).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def adapter(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("adapter")
    write_first_adapter(base, Adapter(rank=4, alpha=8.0), 7, "float32", folder)
    return folder


@pytest.fixture(scope="module")
def trainers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trainers]:
    folder = tmp_path_factory.mktemp("trainers")
    made = {ranks: TrainerClient(replace(OPTIONS, ranks=ranks), folder / f"{ranks}.log") for ranks in (1, 2)}
    yield made
    for trainer in made.values():
        trainer.stop()


def saved(trainer: TrainerClient, folder: Path, adapter: Path) -> dict[str, Tensor]:
    """All that the trainer writes: the adapter, and its optimizer state."""
    trainer.save(folder, optimizer=True)
    assert sorted(path.name for path in folder.iterdir()) == ["adapter_model.safetensors", "optimizer.safetensors"]
    shutil.copy(adapter / "adapter_config.json", folder)
    return load_file(folder / "adapter_model.safetensors") | load_file(folder / "optimizer.safetensors")


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _adapted(base: Path, adapter: Path) -> PolicyModule:
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, attn_implementation="sdpa")
    inject(model, adapter, torch.float32)
    return PolicyModule(model)


def plain_gradient(base: Path, adapter: Path) -> dict[str, Tensor]:
    module = _adapted(base, adapter)
    flat = run(module, BATCH, changed(STEP, token_budget=100_000)).engine.gradients[0]
    parts = flat.split([p.numel() for p in module.parameters()])
    return {
        own: part.reshape(p.shape)
        for (name, p), part in zip(module.named_parameters(), parts, strict=True)
        if (own := adapter_name(name.removeprefix("lm."))) is not None
    }


@pytest.mark.parametrize("ranks, stage", WAYS)
def test_the_gradient_is_that_of_plain_torch_and_the_adapter_goes_on_from_its_files(
    ranks: int, stage: int, trainers: Trainers, base: Path, adapter: Path, tmp_path: Path
) -> None:
    trainer = configured(trainers, ranks, stage)
    trainer.load("start", base, None, ADAMW, adapter)
    trainer.train("next", BATCH, STEP, 0)
    state = saved(trainer, tmp_path / "step", adapter)
    found, wanted = gradient_in(state), plain_gradient(base, adapter)
    assert apart(found, wanted) <= 1e-6
    assert any(gradient.any() for name, gradient in wanted.items() if "lora_B" in name)
    assert all("lora_" in name for name in state), "the base has neither master weights nor moments"

    trainer.load("start", base, None, CLIPPED, adapter)
    trainer.train("one", BATCH, STEPS, 0)
    middle = saved(trainer, tmp_path / "middle", adapter)
    trainer.train("two", NEXT, STEPS, 1)
    goal = saved(trainer, tmp_path / "goal", adapter)
    assert any(not torch.equal(middle[name], goal[name]) for name in goal)
    trainer.load("one", base, tmp_path / "middle", CLIPPED, tmp_path / "middle")
    assert_identical(saved(trainer, tmp_path / "loaded", adapter), middle)
    trainer.train("two", NEXT, STEPS, 1)
    assert_identical(saved(trainer, tmp_path / "found", adapter), goal)


@pytest.mark.parametrize("ranks, stage", WAYS)
@pytest.mark.parametrize("policy", ["base", "start"])
def test_a_reference_without_the_adapter_or_with_another(
    policy: str, ranks: int, stage: int, trainers: Trainers, base: Path, adapter: Path, tmp_path: Path
) -> None:
    """The KL of two steps' policy is that from the merged weights of its reference, which have no adapter."""
    plain = configured(trainers, 1, 0)
    plain.load("start", base, None, ADAMW, adapter)
    plain.train("one", BATCH, STEPS, 0)
    saved(plain, tmp_path / "one", adapter)
    plain.train("two", NEXT, STEPS, 1)
    saved(plain, tmp_path / "two", adapter)
    objective = STEP.objective.model_copy(update={"kl": Kl(coefficient=0.5), "reference": Reference(policy=policy)})
    step = replace(STEP, objective=objective)  # one step: a second one would follow AdamW on the ranks alone

    merge(base, tmp_path / "one", folder := _new(tmp_path / "merged"))
    whole = PolicyModule(AutoModelForCausalLM.from_pretrained(base if policy == "base" else folder))
    module = _adapted(base, tmp_path / "two")
    wanted = run(module, BATCH, step, reference=whole).result["metrics"]

    trainer = configured(trainers, ranks, stage)
    trainer.load("two", base, None, ADAMW, tmp_path / "two")
    if policy == "start":
        trainer.refer("one", base, tmp_path / "one")
    found = trainer.train("three", BATCH, step, 0, None if policy == "base" else "one")["metrics"]
    for name in ("reference_kl", "reference_kl_k1", "loss", "grad_norm"):
        assert found[name] == pytest.approx(wanted[name], rel=1e-4), name
    assert found["reference_kl"] > 1e-4


@pytest.mark.slow
@pytest.mark.turn
def test_bfloat16_keeps_float32_masters_of_the_adapter_alone(trainers: Trainers, base: Path, tmp_path: Path) -> None:
    narrow = tmp_path / "narrow"
    narrow.mkdir()
    write_first_adapter(base, Adapter(rank=4), 7, "bfloat16", narrow)
    trainer = configured(trainers, 1, 1, "bfloat16")
    trainer.load("start", base, None, CLIPPED, narrow)
    trainer.train("one", BATCH, STEPS, 0)
    state = saved(trainer, tmp_path / "saved", narrow)
    weights = load_file(tmp_path / "saved" / "adapter_model.safetensors")
    assert {tensor.dtype for tensor in weights.values()} == {torch.bfloat16}
    for name, tensor in weights.items():
        master = state[f"{name}/master"]
        assert master.dtype == torch.float32 and torch.equal(master.bfloat16(), tensor)
